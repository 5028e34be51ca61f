//! One server: database, log, keys, blobs, the writer and the jobs, behind one handle.

use std::sync::Arc;
use std::time::Duration;

use procedure::act::{Act, Role, RoleGranted};
use procedure::{Directory, Tender};
use record::chain::ChainId;
use record::log::checkpoint::SignedCheckpoint;
use record::log::receipt::TlogProof;
use record::statement::Envelope;
use record::{Digest, Identifier};
use store::{OpenMode, Store, StoreError, StoreOptions};

use crate::blob::{BlobError, Blobs};
use crate::check::{self, CheckError};
use crate::clock::{Clock, machine_ms};
use crate::config::Config;
use crate::export::{self, ExportError};
use crate::jobs::Jobs;
use crate::keys::{KeysError, PlatformKeys};
use crate::log::{self, LogError};
use crate::sequencer::{Admitted, Core, Rejection, Sequencer, SequencerError, Work};
use crate::states::{StateError, States, to_i64, to_u64};

/// A running server.
pub struct Node {
    /// Its configuration.
    pub config: Config,
    /// Content of documents and bids.
    pub blobs: Blobs,
    core: Arc<Core>,
    sequencer: Arc<Sequencer>,
    jobs: Arc<Jobs>,
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
        let blobs = Blobs::open(&config.data_dir.join("blobs"), config.quota_bytes)?;
        check::at_start(&store, &keys, &blobs)?;
        let states = States::new(&config.origin, &keys.root).into();
        let core = Arc::new(Core {
            store,
            states,
            keys,
            clock,
        });
        // A crash may have come between a commit and its checkpoint.
        if core.store.read(store::log::size)? > 0 {
            log::sign_checkpoint(&core.store, &core.keys, clock)?;
        }
        let jobs = Arc::new(Jobs::default());
        let wake = Arc::clone(&jobs);
        let interval = Duration::from_millis(config.batch_interval_ms);
        let sequencer = Arc::new(Sequencer::start(Arc::clone(&core), interval, move || {
            wake.wake()
        }));
        crate::platform::register(&core, &sequencer).map_err(NodeError::Platform)?;
        jobs.start(&core, &sequencer, config.noise_mean_s)
            .map_err(|error| NodeError::Start(error.to_string()))?;
        Ok(Arc::new(Node {
            config,
            blobs,
            core,
            sequencer,
            jobs,
        }))
    }

    /// Stops jobs and writer; what waits is finished first.
    pub fn stop(&self) {
        self.jobs.stop();
        self.sequencer.stop();
    }

    /// The database.
    pub fn store(&self) -> &Store {
        &self.core.store
    }

    /// The platform's keys.
    pub fn keys(&self) -> &PlatformKeys {
        &self.core.keys
    }

    /// Appends a statement to the chain that the request named; waits for integration and checkpoint.
    pub fn submit(
        &self,
        envelope: Envelope,
        chain: ChainId,
        request_id: &str,
    ) -> Result<Admitted, Rejection> {
        let work = Work::Statement {
            envelope: Box::new(envelope),
            chain,
        };
        let admitted = self.sequencer.submit(work, request_id)?;
        admitted.ok_or_else(|| Rejection::Internal(SequencerError::BatchFailed))
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
        let row = self.core.store.read(store::log::latest_checkpoint)?;
        Ok(row.as_ref().map(log::parse_checkpoint).transpose()?)
    }

    /// Proof of leaf `index` under the first checkpoint of at least `size` leaves.
    pub fn inclusion(&self, index: u64, size: u64) -> Result<TlogProof, NodeError> {
        let size = size.max(index.saturating_add(1));
        let row = self
            .core
            .store
            .read(|conn| store::log::checkpoint_at_or_after(conn, to_i64(size)))?;
        let row = row.ok_or(LogError::NoCheckpoint(size))?;
        let checkpoint = log::parse_checkpoint(&row)?;
        Ok(self
            .core
            .store
            .read(|conn| log::StoredNodes::new(conn).inclusion(index, &checkpoint))?)
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
        match export::public_bundle(&self.core, tender) {
            // The last batch is committed and its checkpoint is still to come: signing it here is the same.
            Err(ExportError::NotYetSigned) => {
                log::sign_checkpoint(&self.core.store, &self.core.keys, self.core.clock)?;
                export::public_bundle(&self.core, tender)
            }
            other => other,
        }
    }

    /// The trust file of this platform, as it says itself.
    pub fn trust_text(&self) -> String {
        let keys = &self.core.keys;
        let (alg, pk) = (
            keys.root.algorithm().as_str(),
            hex::encode(keys.root.bytes()),
        );
        format!("log {}\nquorum none\nroot {alg} {pk}\n", keys.log)
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
