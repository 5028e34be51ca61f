//! One server: database, log, keys, blobs, the writer and the jobs, behind one handle.

use std::sync::Arc;
use std::time::Duration;

use procedure::act::{Act, Role, RoleGranted};
use procedure::{Directory, Tender};
use record::chain::ChainId;
use record::log::checkpoint::SignedCheckpoint;
use record::log::receipt::{Receipt, TlogProof};
use record::statement::Envelope;
use record::{Digest, Identifier};
use store::{OpenMode, Store, StoreError, StoreOptions};

use crate::answers::Answers;
use crate::blob::{BlobError, Blobs};
use crate::check::{self, CheckError};
use crate::clock::{Clock, machine_ms};
use crate::config::Config;
use crate::export::{self, ExportError};
use crate::heartbeat::Heartbeat;
use crate::intake::Intake;
use crate::jobs::Jobs;
use crate::keys::{KeysError, PlatformKeys};
use crate::log::{self, LogError};
use crate::metrics::{Metrics, Standing};
use crate::position::Watch;
use crate::sequencer::{Admitted, Candidate, Core, Rejection, Sequencer, Waiting};
use crate::states::{StateError, States, to_i64, to_u64};
use crate::witnesses::{self, PolicyError, Witnesses, cosigned};

/// A running server.
pub struct Node {
    /// Its configuration.
    pub config: Config,
    /// Content of documents and bids.
    pub blobs: Blobs,
    /// Public answers, as long as the public part of the log stays as it is.
    pub answers: Answers,
    /// What requests under way may hold.
    pub intake: Arc<Intake>,
    core: Arc<Core>,
    sequencer: Arc<Sequencer>,
    jobs: Arc<Jobs>,
    watch: Watch,
    witnesses: Arc<Witnesses>,
    heart: Arc<Heartbeat>,
}

/// The server cannot start or cannot answer.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The log in memory.
    #[error(transparent)]
    State(#[from] StateError),
    /// The tree or a checkpoint.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The keys.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The blobs.
    #[error(transparent)]
    Blobs(#[from] BlobError),
    /// What is stored disagrees with itself.
    #[error(transparent)]
    Check(#[from] CheckError),
    /// The platform could not register itself.
    #[error("the platform's own account could not be set up: {0}")]
    Platform(Rejection),
    /// A role is to be granted, but the root key is not here.
    #[error(
        "the root key is not in the data directory; put keys/root.key back for as long as you grant"
    )]
    NoRootKey,
    /// A role is not granted.
    #[error("the role is not granted: {0}")]
    Grant(Rejection),
    /// The witness policy.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// A witness contradicts.
    #[error(transparent)]
    Witnesses(#[from] witnesses::StartError),
    /// A thread cannot be started.
    #[error("cannot start: {0}")]
    Start(String),
}

/// Opens the database of a configuration.
pub fn open_store(config: &Config, mode: OpenMode) -> Result<Store, StoreError> {
    Store::open(
        &config.database,
        &StoreOptions {
            mode,
            ..StoreOptions::default()
        },
    )
}

impl Node {
    /// Opens everything, refuses to start on a log that disagrees with itself, and starts the writer and the jobs.
    pub fn open(config: Config) -> Result<Arc<Node>, NodeError> {
        // Keys first: on a fresh machine it is their absence that says what to do.
        let keys = PlatformKeys::load(&config.data_dir, &config.origin)?;
        let store = open_store(&config, OpenMode::Existing)?;
        let clock = if config.demo {
            Clock::Simulated
        } else {
            Clock::System
        };
        let blobs = Blobs::open(&config.blobs, config.quota_bytes)?;
        check::at_start(&store, &keys, &blobs)?;
        let wait = Duration::from_millis(config.witness_wait_ms);
        let witnesses = Witnesses::new(config.witnesses.as_deref(), &keys, wait)?;
        // Before the first signature: a restored database does not know what it had signed.
        witnesses::compare(&witnesses, &store, &keys)?;
        let states = States::new(&config.origin, &keys.root);
        let core = Arc::new(Core {
            keys_met: states.keys_met(),
            store,
            states: states.into(),
            keys,
            clock,
            position: Arc::default(),
            metrics: Metrics::default(),
        });
        // A crash may have come between a commit and its checkpoint.
        if core.store.read(store::log::size)? > 0 {
            log::sign_checkpoint(&core.store, &core.keys, clock)?;
        }
        let heart = Arc::new(Heartbeat::default());
        let jobs = Arc::new(Jobs::new(&heart));
        let (wake, signed) = (Arc::clone(&jobs), Arc::clone(&witnesses));
        let interval = Duration::from_millis(config.batch_interval_ms);
        let sequencer = Arc::new(Sequencer::start(Arc::clone(&core), interval, move || {
            wake.wake();
            signed.wake();
        }));
        crate::platform::register(&core, &sequencer).map_err(NodeError::Platform)?;
        jobs.start(&core, &sequencer, config.noise_mean_s)
            .map_err(|error| NodeError::Start(error.to_string()))?;
        witnesses
            .start(&core)
            .map_err(|error| NodeError::Start(error.to_string()))?;
        let watch = Watch::start(core.store.clone(), Arc::clone(&core.position))?;
        Ok(Arc::new(Node {
            config,
            blobs,
            answers: Answers::default(),
            intake: Arc::default(),
            core,
            sequencer,
            jobs,
            watch,
            witnesses,
            heart,
        }))
    }

    /// From here on this node serves: it listens. Until then it closes no tender, because it cannot know whether the
    /// platform was serving before the deadline.
    pub fn begin_serving(&self) -> Result<(), NodeError> {
        let started = self.heart.start(&self.core);
        started.map_err(|error| NodeError::Start(error.to_string()))?;
        self.jobs.wake();
        Ok(())
    }

    /// Stops jobs and writer; what waits is finished first.
    pub fn stop(&self) {
        self.heart.stop();
        self.jobs.stop();
        self.sequencer.stop();
        self.watch.stop();
        self.witnesses.stop();
    }

    /// The database.
    pub fn store(&self) -> &Store {
        &self.core.store
    }

    /// The platform's keys.
    pub fn keys(&self) -> &PlatformKeys {
        &self.core.keys
    }

    /// Appends a statement to the chain that the request named; waits for integration and checkpoint, and holds this
    /// thread meanwhile.
    pub fn submit(
        &self,
        envelope: Envelope,
        chain: ChainId,
        request_id: &str,
    ) -> Result<Admitted, Rejection> {
        let admitted = self
            .offer(envelope, chain, request_id)?
            .admitted_blocking()?;
        self.witnesses
            .settled_blocking(admitted.receipt.proof.index + 1);
        Ok(self.under_cosigned(admitted))
    }

    /// Puts a statement into the queue; whoever waits for it holds no thread.
    ///
    /// # Errors
    /// At once, when too many wait.
    pub fn offer(
        &self,
        envelope: Envelope,
        chain: ChainId,
        request_id: &str,
    ) -> Result<Waiting, Rejection> {
        let book = &self.core.keys_met;
        let candidate = Candidate::new(envelope, chain, book);
        self.sequencer.offer(candidate, book, request_id)
    }

    /// What was admitted, with a receipt under a checkpoint that a quorum of witnesses has cosigned, if they do so
    /// within the configured time; otherwise as it is. Holds no thread meanwhile.
    pub async fn witnessed(self: Arc<Self>, admitted: Admitted) -> Admitted {
        if self.witnesses.trust().witnesses().is_empty() {
            return admitted;
        }
        self.witnesses
            .settled(admitted.receipt.proof.index + 1)
            .await;
        let kept = admitted.clone();
        let node = Arc::clone(&self);
        tokio::task::spawn_blocking(move || node.under_cosigned(admitted))
            .await
            .unwrap_or(kept)
    }

    /// The receipt under the first checkpoint that a quorum has cosigned: it is the one that says most about when.
    /// Without one, the checkpoint that it has, with the lines that exist.
    fn under_cosigned(&self, admitted: Admitted) -> Admitted {
        if self.witnesses.trust().witnesses().is_empty() {
            return admitted;
        }
        let proof = &admitted.receipt.proof;
        let (index, signed) = (proof.index, proof.checkpoint.checkpoint().size);
        let again = self.core.store.read(|conn| -> Result<_, LogError> {
            let checkpoint = self.witnesses.covering(conn, index + 1)?;
            let checkpoint = match checkpoint {
                Some(checkpoint) => checkpoint,
                None => {
                    let row = store::log::checkpoint_of_size(conn, to_i64(signed))?;
                    cosigned::with_lines(conn, &row.ok_or(LogError::NoCheckpoint(signed))?)?
                }
            };
            log::StoredNodes::new(conn).inclusion(index, &checkpoint)
        });
        match again {
            Ok(proof) => {
                let receipt = Receipt {
                    proof,
                    ..admitted.receipt
                };
                Admitted {
                    receipt,
                    ..admitted
                }
            }
            Err(error) => {
                // The receipt is good as it is.
                tracing::warn!(%error, "no cosignatures on a receipt");
                admitted
            }
        }
    }

    /// The witnesses.
    pub fn witnesses(&self) -> &Witnesses {
        &self.witnesses
    }

    /// Why nothing is signed, if nothing is.
    pub fn halt(&self) -> Result<Option<witnesses::halt::Halt>, StoreError> {
        self.core.store.read(witnesses::halt::read)
    }

    /// Whether a statement that comes now would be refused whatever it says, because too many wait.
    pub fn is_full(&self) -> bool {
        self.sequencer.is_full()
    }

    /// How far the public part of the log is; at least as far as when this was called. `None`: the database does not
    /// say.
    pub async fn public_position(&self) -> Option<u64> {
        self.watch.confirmed().await
    }

    /// Gives an account a role. Needs the root key in the data directory.
    pub fn grant(&self, account: &Identifier, role: Role) -> Result<Admitted, NodeError> {
        let root = self
            .core
            .keys
            .root_secret
            .as_ref()
            .ok_or(NodeError::NoRootKey)?;
        let body = RoleGranted {
            account: account.clone(),
            role,
        };
        let mut envelope = Act::from(body).envelope();
        envelope.add_signature(root);
        self.submit(envelope, ChainId::Platform, "grant")
            .map_err(NodeError::Grant)
    }

    /// The procedure's clock, UTC milliseconds; simulated in demo mode.
    pub fn now_ms(&self) -> Result<u64, StoreError> {
        self.core.store.read(|conn| self.core.clock.now_ms(conn))
    }

    /// Real time, for sessions.
    pub fn real_now_ms(&self) -> u64 {
        machine_ms()
    }

    /// Looks at accounts, keys and roles.
    pub fn with_directory<T>(&self, look: impl FnOnce(&Directory) -> T) -> Result<T, NodeError> {
        let mut states = self.core.states();
        self.core.store.read(|conn| -> Result<(), StateError> {
            let size = to_u64(store::log::size(conn)?);
            states.catch_up(conn, size)
        })?;
        Ok(look(states.directory()))
    }

    /// Looks at a tender; `None` if there is no such tender.
    pub fn with_tender<T>(
        &self,
        id: &Identifier,
        look: impl FnOnce(&Tender, &Directory) -> T,
    ) -> Result<Option<T>, NodeError> {
        Ok(self.core.with_tender(id, look)?)
    }

    /// Moves the demo clock, and returns when the jobs that became due have run.
    pub fn advance_clock(&self, now_ms: u64) -> Result<u64, StoreError> {
        self.core
            .store
            .write(|conn| self.core.clock.advance(conn, now_ms))?;
        self.jobs.run_due(&self.core, &self.sequencer);
        self.now_ms()
    }

    /// The latest signed checkpoint.
    pub fn latest_checkpoint(&self) -> Result<Option<SignedCheckpoint>, NodeError> {
        Ok(self.core.store.read(|conn| -> Result<_, LogError> {
            let row = store::log::latest_checkpoint(conn)?;
            row.map(|row| cosigned::with_lines(conn, &row)).transpose()
        })?)
    }

    /// The latest checkpoint that a quorum of witnesses has cosigned; where none is asked for, the latest.
    pub fn latest_witnessed(&self) -> Result<Option<SignedCheckpoint>, NodeError> {
        if !self.witnesses.is_asked_for() {
            return self.latest_checkpoint();
        }
        Ok(self
            .core
            .store
            .read(|conn| cosigned::newest(conn, self.witnesses.trust(), cosigned::LOOK_MAX))?)
    }

    /// Proof of leaf `index` under the first checkpoint of at least `size` leaves.
    pub fn inclusion(&self, index: u64, size: u64) -> Result<TlogProof, NodeError> {
        let size = size.max(index.saturating_add(1));
        Ok(self.core.store.read(|conn| {
            let row = store::log::checkpoint_at_or_after(conn, to_i64(size))?;
            let row = row.ok_or(LogError::NoCheckpoint(size))?;
            let checkpoint = cosigned::with_lines(conn, &row)?;
            log::StoredNodes::new(conn).inclusion(index, &checkpoint)
        })?)
    }

    /// Proof that the log of `to` leaves continues that of `from` leaves.
    pub fn consistency(&self, from: u64, to: u64) -> Result<Vec<Digest>, NodeError> {
        let latest = self
            .latest_checkpoint()?
            .map_or(0, |checkpoint| checkpoint.checkpoint().size);
        if from > to || to > latest {
            return Err(LogError::NoCheckpoint(to).into());
        }
        Ok(log::consistency(&self.core.store, from, to)?)
    }

    /// The public bundle of a tender.
    pub fn bundle(&self, tender: &Identifier) -> Result<Vec<u8>, ExportError> {
        let export = || export::public_bundle(&self.core, &self.witnesses, tender);
        match export() {
            // The last batch is committed and its checkpoint is still to come: signing it here is the same.
            Err(ExportError::NotYetSigned) => {
                log::sign_checkpoint(&self.core.store, &self.core.keys, self.core.clock)?;
                export()
            }
            other => other,
        }
    }

    /// What is counted.
    pub fn metrics(&self) -> &Metrics {
        &self.core.metrics
    }

    /// What is counted, and how things stand now, as OpenMetrics text. A database that does not answer shows as such.
    pub fn metrics_text(&self) -> String {
        let (queue_statements, queue_bytes) = self.sequencer.load();
        let stored = self.core.store.read(|conn| -> Result<_, StoreError> {
            let checkpoint = store::log::latest_checkpoint(conn)?;
            let size = checkpoint.as_ref().map_or(0, |checkpoint| checkpoint.size);
            let made_ms = checkpoint.map_or(0, |checkpoint| to_u64(checkpoint.made_ms));
            let (blobs, blob_bytes) = store::blob::stored(conn)?;
            Ok(Standing {
                is_database_up: true,
                log_leaves: to_u64(store::log::size(conn)?),
                checkpoint_age_ms: self.core.clock.now_ms(conn)?.saturating_sub(made_ms),
                cosignatures: store::log::cosignatures(conn, size)?.len() as u64,
                is_log_halted: witnesses::halt::read(conn)?.is_some(),
                blobs: to_u64(blobs),
                blob_bytes: to_u64(blob_bytes),
                ..Standing::default()
            })
        });
        self.metrics().text(&Standing {
            queue_statements,
            queue_bytes,
            is_quorum_missing: self.witnesses.health().is_quorum_missing,
            ..stored.unwrap_or_default()
        })
    }

    /// The trust file of this platform, as it says itself.
    pub fn trust_text(&self) -> String {
        self.witnesses.trust().to_string()
    }
}

impl Core {
    /// Looks at a tender in memory, brought up to the log's end.
    pub fn with_tender<T>(
        &self,
        id: &Identifier,
        look: impl FnOnce(&Tender, &Directory) -> T,
    ) -> Result<Option<T>, StateError> {
        let mut states = self.states();
        let found = self.store.read(|conn| -> Result<bool, StateError> {
            let size = to_u64(store::log::size(conn)?);
            states.catch_up(conn, size)?;
            Ok(states.tender(conn, id)?.is_some())
        })?;
        Ok(if found {
            states
                .in_memory(id)
                .map(|tender| look(tender, states.directory()))
        } else {
            None
        })
    }
}
