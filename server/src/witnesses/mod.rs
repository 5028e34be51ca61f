//! Log witnesses: machines of others that remember this log's tree and cosign what only adds to it (C2SP
//! `tlog-witness`, protocol section 6).
//!
//! | module | what it does |
//! |---|---|
//! | [`visit`] | one conversation with one witness: ask, learn its size, ask again |
//! | [`rounds`] | the threads: one for each witness, and one that says which checkpoint is next |
//! | [`start`] | before this server signs anything: is any witness ahead of it? |
//! | [`halt`] | when a witness shows that this log was rolled back or forked: nothing is signed any more |
//! | [`cosigned`] | checkpoints with the cosignatures that exist |
//!
//! Cosignatures never decide anything here. They come after the commit and after the log's own signature, outside
//! every lock and transaction; a receipt waits for them a little (`witness_wait_ms`) and then goes out without. Nobody
//! is refused because a witness is away, and no deadline moves.

pub mod cosigned;
pub mod halt;
mod rounds;
mod start;
mod visit;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use record::log::checkpoint::{SignedCheckpoint, TextError};
use record::trust::{Quorum, Trust, TrustedLog, TrustedWitness};
use store::Conn;
use tokio::sync::watch;

use crate::keys::PlatformKeys;
use crate::log::LogError;

pub use start::{StartError, compare};

/// A note has at most 64 lines, one of which is the log's; more witnesses than this serve nobody.
const WITNESSES_MAX: usize = 32;

/// The policy file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// It cannot be read.
    #[error("cannot read the witness policy {path}: {source}")]
    Unreadable {
        /// Its path.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is not a policy.
    #[error("the witness policy is wrong: {0}")]
    Malformed(#[from] TextError),
    /// It names another log.
    #[error("the witness policy names the log {found}, this server's is {own}")]
    OtherLog {
        /// The log of the file.
        found: String,
        /// This server's.
        own: String,
    },
    /// A witness has no address.
    #[error("witness {0} has no address in the policy: add its URL at the end of its line")]
    NoAddress(String),
    /// There are too many.
    #[error("at most {WITNESSES_MAX} witnesses are asked")]
    TooMany,
}

/// The witnesses of this log, as its policy file names them.
pub struct Witnesses {
    /// Own log, witnesses, quorum, own root key: what `/trust` proposes.
    trust: Trust,
    /// How long a receipt waits for the quorum.
    wait: Duration,
    state: Mutex<State>,
    changed: Condvar,
    /// The largest size that a whole quorum has cosigned.
    witnessed: watch::Sender<u64>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

/// What the threads tell each other.
#[derive(Default)]
struct State {
    /// Size of the checkpoint that is to be cosigned now.
    target: u64,
    /// A new checkpoint may be there: look.
    woken: bool,
    stopped: bool,
    /// A receipt waited in vain, and no quorum came since: the next ones do not wait.
    is_late: bool,
    /// By name: how the last visit ended.
    last: BTreeMap<String, Last>,
    /// Names of those who agreed at least once since the start.
    compared: BTreeSet<String>,
}

/// How the last visit of a witness ended.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Last {
    /// It holds this size.
    Holds(u64),
    /// It was asked for this size and gave nothing.
    Failed(u64),
    /// It holds what does not fit to this log.
    Contradicts(String),
}

impl State {
    fn note(&mut self, name: &str, last: Last) {
        if matches!(last, Last::Holds(_)) {
            self.compared.insert(name.to_owned());
        }
        self.last.insert(name.to_owned(), last);
    }
}

/// How the witnesses are, for those who watch over the server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Health {
    /// The policy asks for a quorum, and the last round had none.
    pub is_quorum_missing: bool,
    /// Witnesses that hold what does not fit to this log, with what they said.
    pub contradictions: Vec<(String, String)>,
}

impl Witnesses {
    /// Reads the policy: `witness`, `group` and `quorum` lines. A `log` line is not needed; if there is one, it must be
    /// this log's. Without a file nobody is asked.
    pub fn new(
        policy: Option<&Path>,
        keys: &PlatformKeys,
        wait: Duration,
    ) -> Result<Arc<Witnesses>, PolicyError> {
        let own = TrustedLog {
            key: keys.log.clone(),
            url: None,
        };
        let roots = vec![keys.root.clone()];
        let trust = match policy {
            None => Trust::new(vec![own], vec![], vec![], Quorum::None, roots)?,
            Some(path) => {
                let text =
                    std::fs::read_to_string(path).map_err(|source| PolicyError::Unreadable {
                        path: path.to_owned(),
                        source,
                    })?;
                let policy: Trust = text.parse()?;
                check(&policy, keys)?;
                Trust::new(
                    vec![own],
                    policy.witnesses().to_vec(),
                    policy.groups().to_vec(),
                    policy.quorum().clone(),
                    roots,
                )?
            }
        };
        Ok(Arc::new(Witnesses {
            trust,
            wait,
            state: Mutex::default(),
            changed: Condvar::new(),
            witnessed: watch::Sender::new(0),
            threads: Mutex::default(),
        }))
    }

    /// Log, witnesses, quorum and root key of this platform.
    pub fn trust(&self) -> &Trust {
        &self.trust
    }

    /// Whether anybody has to cosign.
    pub fn is_asked_for(&self) -> bool {
        *self.trust.quorum() != Quorum::None
    }

    /// A new checkpoint may be there.
    pub fn wake(&self) {
        if !self.trust.witnesses().is_empty() {
            self.state().woken = true;
            self.changed.notify_all();
        }
    }

    /// Waits until a quorum has cosigned a checkpoint of at least `size` leaves, at most as long as is configured, and
    /// not at all when the last receipt waited in vain. Holds no thread.
    pub async fn settled(&self, size: u64) {
        if self.waits_for(size) {
            let mut witnessed = self.witnessed.subscribe();
            let reached = witnessed.wait_for(|at| *at >= size);
            if tokio::time::timeout(self.wait, reached).await.is_err() {
                self.gave_up(size);
            }
        }
    }

    /// The same, holding this thread; not for asynchronous code.
    pub fn settled_blocking(&self, size: u64) {
        const LOOK_AGAIN: Duration = Duration::from_millis(5);
        if self.waits_for(size) {
            let until = std::time::Instant::now() + self.wait;
            while *self.witnessed.borrow() < size {
                if std::time::Instant::now() >= until {
                    return self.gave_up(size);
                }
                std::thread::sleep(LOOK_AGAIN);
            }
        }
    }

    fn waits_for(&self, size: u64) -> bool {
        self.is_asked_for() && *self.witnessed.borrow() < size && !self.state().is_late
    }

    fn gave_up(&self, size: u64) {
        let mut state = self.state();
        if *self.witnessed.borrow() < size && !state.is_late {
            state.is_late = true;
            tracing::warn!(
                size,
                "no quorum of witnesses in time; receipts go out without until there is one"
            );
        }
    }

    /// The first checkpoint of at least `size` leaves that a whole quorum has cosigned, as far as it is found at once.
    pub fn covering(
        &self,
        conn: &mut Conn,
        size: u64,
    ) -> Result<Option<SignedCheckpoint>, LogError> {
        if !self.is_asked_for() {
            return Ok(None);
        }
        let first = cosigned::at_or_after(conn, &self.trust, size)?;
        if first.is_some() || self.witnessed() < size {
            return Ok(first);
        }
        cosigned::newest(conn, &self.trust, cosigned::LOOK_MAX)
    }

    /// The largest size that a whole quorum has cosigned; 0 if none.
    pub fn witnessed(&self) -> u64 {
        *self.witnessed.borrow()
    }

    /// How they are.
    pub fn health(&self) -> Health {
        let state = self.state();
        let contradiction = |(name, last): (&String, &Last)| match last {
            Last::Contradicts(what) => Some((name.clone(), what.clone())),
            _ => None,
        };
        Health {
            is_quorum_missing: self.is_asked_for() && state.is_late,
            contradictions: state.last.iter().filter_map(contradiction).collect(),
        }
    }

    /// Ends the threads. A visit under way may still take as long as its time limit.
    pub fn stop(&self) {
        self.state().stopped = true;
        self.changed.notify_all();
        let threads = std::mem::take(&mut *lock(&self.threads));
        for thread in threads {
            if thread.join().is_err() {
                tracing::error!("a thread for witnesses panicked");
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn check(policy: &Trust, keys: &PlatformKeys) -> Result<(), PolicyError> {
    if let Some(other) = policy.logs().iter().find(|log| log.key != keys.log) {
        return Err(PolicyError::OtherLog {
            found: other.key.to_string(),
            own: keys.log.to_string(),
        });
    }
    if let Some(silent) = policy.witnesses().iter().find(|one| one.url.is_none()) {
        return Err(PolicyError::NoAddress(silent.name.clone()));
    }
    if policy.witnesses().len() > WITNESSES_MAX {
        return Err(PolicyError::TooMany);
    }
    Ok(())
}

/// Under which name a witness's cosignatures are stored: her name and key id, which do not change with the policy.
fn stored_name(witness: &TrustedWitness) -> String {
    format!("{}+{:08x}", witness.key.name(), witness.key.short_id())
}
