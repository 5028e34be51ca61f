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

use crate::sequencer::{Core, Sequencer, Work};
use crate::states::to_i64;

/// Tenders of one look.
const DUE_MAX: i64 = 100;
/// Statements that one tender may owe in a row (pages of results, attempts of a draw).
const DUTIES_MAX: usize = 64;
/// How long to sleep at most: other nodes and the clock move without telling.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// The jobs' thread and its alarm clock.
#[derive(Default)]
pub struct Jobs {
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
                while jobs.sleep() {
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

    /// Sleeps until woken or for a while; false: stop.
    fn sleep(&self) -> bool {
        let alarm = lock(&self.alarm);
        let waited = self
            .ring
            .wait_timeout_while(alarm, LOOK_AGAIN, |alarm| !alarm.woken && !alarm.stopped);
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
                Ok(id) => settle(core, sequencer, &id),
                Err(error) => tracing::error!(%error, "a tender has no usable id"),
            }
        }
    }
}

/// Says what one tender owes, until it owes nothing.
fn settle(core: &Core, sequencer: &Sequencer, id: &Identifier) {
    for _ in 0..DUTIES_MAX {
        let duty = core
            .store
            .read(|conn| core.clock.now_ms(conn))
            .map_err(|error| error.to_string());
        let duty = duty.and_then(|now| {
            let duty = core.with_tender(id, |tender, _| {
                tender.duty(now).map(|duty| work(core, tender, duty))
            });
            duty.map_err(|error| error.to_string())
        });
        let work = match duty {
            Ok(Some(Some(Ok(work)))) => work,
            Ok(Some(None) | None) => return,
            Ok(Some(Some(Err(error)))) | Err(error) => {
                tracing::error!(%id, error, "a duty cannot be done");
                return;
            }
        };
        if let Err(error) = sequencer.submit(work, "job:duty") {
            // Another node was quicker, or the moment has passed: the next look tells.
            tracing::warn!(%id, %error, "a duty was refused");
            return;
        }
    }
}

fn work(core: &Core, tender: &procedure::Tender, duty: Duty) -> Result<Work, String> {
    let act = match duty {
        Duty::Close => return Ok(Work::Close(tender.id().clone())),
        Duty::Say(act) => *act,
        Duty::Rehearse(set) => rehearsal(core, tender, set)?,
    };
    let mut envelope = act.envelope();
    envelope.add_signature(&core.keys.act);
    Ok(Work::Statement {
        envelope: Box::new(envelope),
        chain: ChainId::Tender(tender.id().clone()),
    })
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

/// A random moment between half and one and a half times the mean from now.
fn noise_after(mean_s: u64) -> Option<Instant> {
    if mean_s == 0 {
        return None;
    }
    let salt = random_salt().ok()?;
    let [a, b, ..] = salt.0;
    let spread = u64::from(u16::from_be_bytes([a, b]));
    let wait_ms = mean_s * 500 + mean_s * 1_000 * spread / 65_536;
    Some(Instant::now() + Duration::from_millis(wait_ms))
}
