//! The threads: one for each witness, and one that says which checkpoint is next.
//!
//! All witnesses are asked for the same checkpoint, or under load each would cosign other sizes and no size would ever
//! have a quorum. A round ends when a quorum has cosigned, when everybody has answered, or after [`ROUND_MAX`]; then the
//! newest checkpoint is next, and those in between are covered by it. Who is slow joins the round that runs when she is
//! done. Several nodes of one platform do this each for itself: the newest checkpoint wins, and the same line is
//! stored once.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use record::log::checkpoint::SignedCheckpoint;
use record::trust::TrustedWitness;
use store::StoreError;

use super::cosigned;
use super::halt::{self, Halt};
use super::visit::{Visit, Visitor, agent};
use super::{Last, Witnesses, stored_name};
use crate::log::{self, LogError};
use crate::sequencer::Core;
use crate::states::{to_i64, to_u64};

/// A round that has no quorum by then makes room for the newest checkpoint.
const ROUND_MAX: Duration = Duration::from_secs(2);
/// How often the newest checkpoint is looked for: other nodes sign without telling.
const LOOK_AGAIN: Duration = Duration::from_millis(200);
/// Sizes in which a new quorum is looked for: those of this round, and of other nodes' rounds at the same time.
const LOOK_NEW: i64 = 8;
/// After a failure a witness is asked again, first soon, then ever more seldom.
const RETRY_MIN: Duration = Duration::from_secs(1);
const RETRY_MAX: Duration = Duration::from_secs(10);

impl Witnesses {
    /// Starts the threads. Without witnesses there are none.
    pub fn start(self: &Arc<Self>, core: &Arc<Core>) -> std::io::Result<()> {
        if self.trust.witnesses().is_empty() {
            return Ok(());
        }
        let mut threads = vec![];
        for witness in self.trust.witnesses() {
            let (witnesses, core, witness) = (Arc::clone(self), Arc::clone(core), witness.clone());
            let name = format!("witness {}", witness.name);
            let work = move || witnesses.serve(&core, &witness);
            threads.push(std::thread::Builder::new().name(name).spawn(work)?);
        }
        let (witnesses, core) = (Arc::clone(self), Arc::clone(core));
        let lead = move || witnesses.lead(&core);
        threads.push(
            std::thread::Builder::new()
                .name("witness rounds".to_owned())
                .spawn(lead)?,
        );
        super::lock(&self.threads).extend(threads);
        Ok(())
    }

    /// Says which checkpoint is next, until told to stop.
    fn lead(&self, core: &Core) {
        let mut begun = Instant::now();
        while self.sleep() {
            if let Err(error) = self.look(core, &mut begun) {
                tracing::warn!(%error, "the state of cosignatures cannot be read");
            }
        }
    }

    fn sleep(&self) -> bool {
        let state = self.state();
        let waited = self
            .changed
            .wait_timeout_while(state, LOOK_AGAIN, |state| !state.woken && !state.stopped);
        let (mut state, _) = waited.unwrap_or_else(std::sync::PoisonError::into_inner);
        state.woken = false;
        !state.stopped
    }

    fn look(&self, core: &Core, begun: &mut Instant) -> Result<(), LogError> {
        // What other nodes were given counts as well. After the start, far back; then only what is new.
        let look = if self.witnessed() == 0 {
            cosigned::LOOK_MAX
        } else {
            LOOK_NEW
        };
        let (newest, witnessed) = core.store.read(|conn| -> Result<_, LogError> {
            let newest = store::log::latest_checkpoint(conn)?.map_or(0, |row| to_u64(row.size));
            let witnessed = if self.is_asked_for() {
                cosigned::newest(conn, &self.trust, look)?
            } else {
                None
            };
            Ok((newest, witnessed.map(|one| one.checkpoint().size)))
        })?;
        if let Some(size) = witnessed {
            self.witnessed.send_if_modified(|at| {
                let is_later = size > *at;
                *at = size.max(*at);
                is_later
            });
        }
        let mut state = self.state();
        if self.witnessed() >= state.target && state.target > 0 && state.is_late {
            state.is_late = false;
            tracing::info!("there is a quorum of witnesses again");
        }
        let answered = |name: &str| match state.last.get(name) {
            Some(Last::Holds(size) | Last::Failed(size)) => *size >= state.target,
            Some(Last::Contradicts(_)) => true,
            None => false,
        };
        let all = self.trust.witnesses();
        let over = begun.elapsed() >= ROUND_MAX
            || (self.is_asked_for() && self.witnessed() >= state.target)
            || all.iter().all(|witness| answered(&witness.name));
        if newest > state.target && over {
            state.target = newest;
            *begun = Instant::now();
            drop(state);
            self.changed.notify_all();
        }
        Ok(())
    }

    /// Asks one witness for whatever is next, until told to stop.
    fn serve(&self, core: &Core, witness: &TrustedWitness) {
        let mut visitor = Visitor {
            store: &core.store,
            keys: &core.keys,
            witness,
            agent: agent(),
            held: 0,
        };
        let (mut done, mut retry) = (0, Retry::default());
        while let Some(size) = self.next(done, &mut retry) {
            let last = match self.turn(core, &mut visitor, size) {
                Ok(last) => last,
                Err(error) => {
                    tracing::warn!(witness = %witness.name, %error, "no cosignature could be asked for");
                    Last::Failed(size)
                }
            };
            if let Last::Failed(_) = last {
                retry.failed();
            } else {
                retry = Retry::default();
            }
            done = size;
            let mut state = self.state();
            state.note(&witness.name, last);
            state.woken = true;
            drop(state);
            self.changed.notify_all();
        }
    }

    /// The next size to ask for: a new round's, or the same again after a failure. `None`: stop.
    fn next(&self, done: u64, retry: &mut Retry) -> Option<u64> {
        let mut state = self.state();
        loop {
            if state.stopped {
                return None;
            }
            // A witness that fails is not asked more often because there is more to cosign.
            let now = Instant::now();
            let is_due = retry.at.is_none_or(|at| now >= at);
            if is_due && (state.target > done || (retry.at.is_some() && state.target > 0)) {
                return Some(state.target);
            }
            let wait = retry
                .at
                .map_or(RETRY_MAX, |at| at.saturating_duration_since(now));
            let wait = wait.clamp(Duration::from_millis(1), RETRY_MAX);
            let waited = self.changed.wait_timeout(state, wait);
            (state, _) = waited.unwrap_or_else(std::sync::PoisonError::into_inner);
        }
    }

    fn turn(&self, core: &Core, visitor: &mut Visitor<'_>, size: u64) -> Result<Last, LogError> {
        let row = core
            .store
            .read(|conn| store::log::checkpoint_of_size(conn, to_i64(size)))?
            .ok_or(LogError::NoCheckpoint(size))?;
        let checkpoint: SignedCheckpoint = log::parse_checkpoint(&row)?;
        let name = &visitor.witness.name;
        match visitor.visit(&checkpoint) {
            Visit::Cosigned(line) => {
                core.store
                    .write(|conn| store::log::keep_cosignature(conn, &line))?;
                Ok(Last::Holds(size))
            }
            Visit::Ahead(held) => Ok(Last::Holds(held)),
            Visit::Failed(reason) => {
                tracing::warn!(witness = %name, size, reason, "no cosignature");
                Ok(Last::Failed(size))
            }
            Visit::Contradicts(reason) => {
                tracing::error!(witness = %name, reason, "a witness knows this log differently");
                self.contradicted(core, visitor, &reason)?;
                // Next time she is asked afresh: she, or the log, may have been mended.
                visitor.held = 0;
                Ok(Last::Contradicts(reason))
            }
        }
    }

    /// Stops the signing if it has to be stopped (see [`super::halt`]).
    fn contradicted(
        &self,
        core: &Core,
        visitor: &Visitor<'_>,
        reason: &str,
    ) -> Result<(), StoreError> {
        let name = visitor.witness.name.as_str();
        let (was_compared, others) = {
            let state = self.state();
            let was_compared = state.compared.contains(name);
            let contradicting: BTreeSet<&str> = state
                .last
                .iter()
                .filter(|(_, last)| matches!(last, Last::Contradicts(_)))
                .map(|(name, _)| name.as_str())
                .chain([name])
                .collect();
            let all = self.trust.witnesses().iter().map(|one| one.name.as_str());
            let others: Vec<&str> = all.filter(|one| !contradicting.contains(one)).collect();
            (was_compared, self.trust.is_quorum(others))
        };
        let why = if !was_compared {
            "at the first comparison since the start"
        } else if !others {
            "and the others are no quorum"
        } else if visitor.proves() {
            "and shows a checkpoint with this log's own signature"
        } else {
            return Ok(());
        };
        tracing::error!(
            witness = name,
            why,
            "THE LOG IS HALTED: nothing is signed any more"
        );
        let halt = Halt {
            witness: stored_name(visitor.witness),
            reason: format!("{reason}, {why}"),
        };
        core.store.write(|conn| halt::put(conn, &halt))
    }
}

/// When a witness that failed is asked again.
#[derive(Default)]
struct Retry {
    at: Option<Instant>,
    wait: Duration,
}

impl Retry {
    fn failed(&mut self) {
        self.wait = (self.wait * 2).clamp(RETRY_MIN, RETRY_MAX);
        self.at = Some(Instant::now() + self.wait);
    }
}
