//! Jobs: what is due, and noise. Deadlines are data: every tender's row carries `next_due_ms`; whatever is due is
//! said through the sequencer like any other statement, so that doing it twice, or on two nodes, changes nothing.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use procedure::act::{Act, RehearsalDealt};
use procedure::{Duty, rehearsal_context};
use record::chain::ChainId;
use record::log::leaf::random_salt;
use record::sealing::{FileKey, TrusteeKeys, deal};
use record::{Digest, Identifier};

use crate::closing;
use crate::heartbeat::Heartbeat;
use crate::sequencer::{Core, Rejection, Sequencer, Work, outcome_of};
use crate::states::to_i64;

/// Tenders of one look.
const DUE_MAX: i64 = 100;
/// Statements that one tender may owe in a row (pages of results, attempts of a draw).
const DUTIES_MAX: usize = 64;
/// Refusals after which a tender is left alone until the next look.
const REFUSALS_MAX: usize = 4;
/// How long to sleep at most: other nodes and the clock move without telling.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// The jobs' thread and its alarm clock.
pub struct Jobs {
    heart: Arc<Heartbeat>,
    alarm: Mutex<Alarm>,
    ring: Condvar,
    /// One run at a time: the demo clock's caller waits for a run of its own.
    running: Mutex<()>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Default)]
struct Alarm {
    woken: bool,
    stopped: bool,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Jobs {
    /// Jobs of the node with this heartbeat.
    pub fn new(heart: &Arc<Heartbeat>) -> Jobs {
        Jobs {
            heart: Arc::clone(heart),
            alarm: Mutex::default(),
            ring: Condvar::default(),
            running: Mutex::default(),
            thread: Mutex::default(),
        }
    }

    /// Starts the thread.
    pub fn start(
        self: &Arc<Self>,
        core: &Arc<Core>,
        sequencer: &Arc<Sequencer>,
        noise_mean_s: u64,
    ) -> std::io::Result<()> {
        let (jobs, core, sequencer) = (Arc::clone(self), Arc::clone(core), Arc::clone(sequencer));
        let thread = std::thread::Builder::new()
            .name("jobs".to_owned())
            .spawn(move || {
                let mut next_noise = noise_after(noise_mean_s);
                // Noise comes at its own moment, not at the next look: else its rhythm would tell it from acts.
                while jobs.sleep(next_noise) {
                    jobs.run_due(&core, &sequencer);
                    if next_noise.is_some_and(|moment| Instant::now() >= moment) {
                        if let Err(error) = sequencer.submit(Work::Noise, "job:noise") {
                            tracing::warn!(%error, "no noise");
                        }
                        next_noise = noise_after(noise_mean_s);
                    }
                }
            })?;
        *lock(&self.thread) = Some(thread);
        Ok(())
    }

    /// Something has changed: look now.
    pub fn wake(&self) {
        lock(&self.alarm).woken = true;
        self.ring.notify_all();
    }

    /// Ends the thread.
    pub fn stop(&self) {
        lock(&self.alarm).stopped = true;
        self.ring.notify_all();
        if let Some(thread) = lock(&self.thread).take()
            && thread.join().is_err()
        {
            tracing::error!("the jobs panicked");
        }
    }

    /// Sleeps until woken, until `moment` or for a while; false: stop.
    fn sleep(&self, moment: Option<Instant>) -> bool {
        let until = moment.map(|moment| moment.saturating_duration_since(Instant::now()));
        let longest = until.unwrap_or(LOOK_AGAIN).min(LOOK_AGAIN);
        let alarm = lock(&self.alarm);
        let waited = self
            .ring
            .wait_timeout_while(alarm, longest, |alarm| !alarm.woken && !alarm.stopped);
        let (mut alarm, _) = waited.unwrap_or_else(PoisonError::into_inner);
        alarm.woken = false;
        !alarm.stopped
    }

    /// Says everything that is due now.
    pub fn run_due(&self, core: &Core, sequencer: &Sequencer) {
        let _running = lock(&self.running);
        let due = core.store.read(|conn| {
            let now = core.clock.now_ms(conn)?;
            store::tender::due(conn, to_i64(now), DUE_MAX)
        });
        let due = match due {
            Ok(due) => due,
            Err(error) => {
                tracing::error!(%error, "cannot look for what is due");
                return;
            }
        };
        for row in due {
            match Identifier::new(row.id) {
                Ok(id) => self.settle(core, sequencer, &id),
                Err(error) => tracing::error!(%error, "a tender has no usable id"),
            }
        }
    }

    /// Says what one tender owes, until it owes nothing.
    fn settle(&self, core: &Core, sequencer: &Sequencer, id: &Identifier) {
        let mut refused = 0;
        for _ in 0..DUTIES_MAX {
            let work = match self.owed(core, id) {
                Ok(Some(work)) => work,
                Ok(None) => return,
                Err(error) => {
                    tracing::error!(%id, error, "a duty cannot be done");
                    return;
                }
            };
            let said = sequencer.submit(work, "job:duty");
            core.metrics.duty(outcome_of(&said));
            if let Err(error) = said {
                tracing::warn!(%id, %error, "a duty was refused");
                refused += 1;
                // Another node was quicker, or the moment has passed: the next look tells what is due now, and whoever
                // moved the demo clock waits for all of it.
                if refused > REFUSALS_MAX || !matches!(error, Rejection::Refused(_)) {
                    return;
                }
            }
        }
    }

    /// What one tender owes now.
    fn owed(&self, core: &Core, id: &Identifier) -> Result<Option<Work>, String> {
        let now = core
            .store
            .read(|conn| core.clock.now_ms(conn))
            .map_err(|error| error.to_string())?;
        let owed = core.with_tender(id, |tender, _| match tender.duty(now)? {
            Duty::Close => Some(Owed::Closing),
            Duty::Say(act) => Some(Owed::Work(Ok(say(core, tender, &act)))),
            Duty::Rehearse(set) => {
                let act = rehearsal(core, tender, set);
                Some(Owed::Work(act.map(|act| say(core, tender, &act))))
            }
        });
        match owed.map_err(|error| error.to_string())?.flatten() {
            Some(Owed::Closing) => closing::due(core, &self.heart, id),
            Some(Owed::Work(work)) => work.map(Some),
            None => Ok(None),
        }
    }
}

/// A duty, as far as the tender alone says it.
enum Owed {
    /// Closing, or the outage that the heartbeat knows of.
    Closing,
    /// This.
    Work(Result<Work, String>),
}

fn say(core: &Core, tender: &procedure::Tender, act: &Act) -> Work {
    let mut envelope = act.envelope();
    envelope.add_signature(&core.keys.act);
    Work::Statement {
        envelope: Box::new(envelope),
        chain: ChainId::Tender(tender.id().clone()),
    }
}

/// Deals an envelope that every trustee of `set` has to open before the notice.
fn rehearsal(core: &Core, tender: &procedure::Tender, set: Digest) -> Result<Act, String> {
    let keys = match tender.stage() {
        procedure::Stage::Draft(preparation) => preparation
            .sets
            .get(&set)
            .map(|prepared| prepared.keys.clone()),
        _ => None,
    };
    let keys: TrusteeKeys = keys.ok_or("no such trustee set")?;
    let nonce = random_salt().map_err(|_| "no randomness")?;
    let mut body = RehearsalDealt {
        tender: tender.id().clone(),
        trustee_set: set,
        signature_key: hex::encode(core.keys.act.public().bytes()),
        recovery: core.keys.recovery.public().clone(),
        nonce: hex::encode(&nonce.0[..16]),
        key_block: String::new(),
    };
    let origin = core.keys.log.name().as_str();
    let context = rehearsal_context(&body, origin, &core.keys.account)
        .map_err(|refusal| refusal.to_string())?;
    let key = FileKey::generate().map_err(|error| error.to_string())?;
    let block =
        deal(&key, &context.digest(), &body.recovery, &keys).map_err(|error| error.to_string())?;
    body.key_block = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, block);
    Ok(body.into())
}

/// The random moment of the next noise: whatever came before, it is as likely in any second as in any other. So a
/// batch can never be told from noise by when it comes, only a great many of them by their number.
fn noise_after(mean_s: u64) -> Option<Instant> {
    if mean_s == 0 {
        return None;
    }
    Instant::now().checked_add(memoryless(
        random_salt().ok()?.0,
        Duration::from_secs(mean_s),
    ))
}

/// An exponentially distributed time with this mean, drawn from random bytes.
fn memoryless(random: [u8; 32], mean: Duration) -> Duration {
    let [a, b, c, d, e, f, ..] = random;
    let drawn = u64::from_be_bytes([0, 0, a, b, c, d, e, f]);
    // In (0, 1], so that the logarithm is finite: at most 33 times the mean.
    let uniform = (drawn + 1) as f64 / (1_u64 << 48) as f64;
    mean.mul_f64(-uniform.ln())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use record::Digest;

    #[test]
    fn noise_forgets_when_it_came_last() {
        let mean = Duration::from_secs(60);
        let draws = 20_000_u32;
        let waits: Vec<Duration> = (0..draws)
            .map(|number| super::memoryless(Digest::sha256(&number.to_be_bytes()).0, mean))
            .collect();
        let share = |from_s: u64, to_s: u64| {
            let in_it = |wait: &&Duration| (from_s..to_s).contains(&wait.as_secs());
            let later = waits.iter().filter(|wait| wait.as_secs() >= from_s).count();
            waits.iter().filter(in_it).count() as f64 / later as f64
        };
        // Of those who have waited so long already, as many are over within the next half minute as at the beginning.
        let expected = 1.0 - (-0.5_f64).exp();
        for from_s in [0, 30, 60, 90, 120] {
            let found = share(from_s, from_s + 30);
            assert!(
                (found - expected).abs() < 0.03,
                "{found} from {from_s} s on"
            );
        }
        let sum: Duration = waits.iter().sum();
        assert!((sum / draws).abs_diff(mean) < Duration::from_secs(2));
    }
}
