//! The loop: a server, a tender under way, others who send, and `kill -9` at random moments.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use play::{Bidder, Script};
use record::log::receipt::Receipt;
use record::statement::Envelope;
use testbed::{Client, Course, Database, Evidence, ServerProcess, Setup, Step};

use crate::chance::Chance;
use crate::remains;
use crate::traffic::Traffic;

/// Kills between two complete audits with `check`; what is new is looked at after each.
const KILLS_PER_AUDIT: usize = 100;
/// How long anybody waits for the server: a complete audit of what it left takes a while.
const PATIENCE: Duration = Duration::from_secs(900);
/// How long a tender may stay at one step before it is killed there.
const CHANGE_AT_MOST: Duration = Duration::from_secs(10);
/// Receipts that are compared again after each kill: the newest.
const NEWEST: usize = 32;

/// What to do.
#[derive(Clone, Debug)]
pub struct Plan {
    /// How many times the server is killed.
    pub runs: usize,
    /// On which database.
    pub database: Database,
    /// Moments follow from it.
    pub seed: u64,
}

/// What was done and found.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// Kills.
    pub kills: usize,
    /// Of them while the server was starting.
    pub kills_at_start: usize,
    /// Kills by what was under way.
    pub by_step: BTreeMap<String, usize>,
    /// Tenders that reached the award.
    pub awarded: usize,
    /// Receipts that were handed out, each compared with the log at the end.
    pub receipts: usize,
    /// Statements whose first answer was lost and that were sent again.
    pub resent: usize,
    /// Uploads that were confirmed.
    pub uploads: usize,
    /// Checkpoints that were seen.
    pub checkpoints: usize,
    /// How long it took.
    pub seconds: u64,
    /// Everything that is wrong.
    pub findings: Vec<String>,
}

impl std::fmt::Display for Summary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(
            f,
            "{} kills ({} of them while starting) in {} s, {} tenders awarded, {} receipts ({} statements sent again), \
             {} checkpoints, {} uploads, {} findings",
            self.kills,
            self.kills_at_start,
            self.seconds,
            self.awarded,
            self.receipts,
            self.resent,
            self.checkpoints,
            self.uploads,
            self.findings.len()
        )?;
        for (step, count) in &self.by_step {
            writeln!(f, "  killed {count} times while {step}")?;
        }
        for finding in &self.findings {
            writeln!(f, "FINDING {finding}")?;
        }
        Ok(())
    }
}

/// What the threads share.
struct Stage<'a> {
    client: &'a Client,
    traffic: Traffic,
    /// What the tender's course is doing now.
    under_way: Mutex<&'static str>,
    awarded: AtomicUsize,
    last_tender: AtomicUsize,
}

/// Kills `plan.runs` times, lets the last tender come to its award, and audits everything. Ends at the first finding:
/// what comes after it says nothing.
///
/// # Panics
/// The server does not start.
pub fn run(plan: &Plan) -> Summary {
    let started = Instant::now();
    let mut server = ServerProcess::start(Setup::new(plan.database.clone()));
    let evidence = Evidence::new();
    let client = server
        .client()
        .with_evidence(&evidence)
        .with_patience(PATIENCE);
    let stage = Stage {
        client: &client,
        traffic: Traffic::default(),
        under_way: Mutex::new("beginning"),
        awarded: AtomicUsize::new(0),
        last_tender: AtomicUsize::new(usize::MAX),
    };
    let mut summary = Summary::default();
    std::thread::scope(|scope| {
        let course = scope.spawn(|| stage.tenders());
        let others = [
            scope.spawn(|| stage.traffic.register_accounts(&client, 1)),
            scope.spawn(|| stage.traffic.register_accounts(&client, 2)),
            scope.spawn(|| stage.traffic.upload_contents(&client, plan.seed)),
        ];
        kill_again_and_again(plan, &mut server, &stage, &mut summary);
        if !summary.findings.is_empty() {
            // Nobody shall wait for a server that cannot be believed.
            server.kill();
        }
        stage.last_tender.store(0, Ordering::Relaxed);
        stage.traffic.stop();
        let is_clean = summary.findings.is_empty();
        let mut ended = Vec::from(others.map(|other| ended(other, "a sender")));
        ended.push(self::ended(course, "the tender"));
        // After a finding the server is gone, and that they complain then says nothing.
        summary
            .findings
            .extend(ended.into_iter().flatten().filter(|_| is_clean));
    });
    if summary.findings.is_empty() {
        last_audit(plan, &mut server, &client, &mut summary);
    }
    if !summary.findings.is_empty() {
        eprintln!("--- end of the server's log ---\n{}", server.end_of_log());
    }
    summary.awarded = stage.awarded.load(Ordering::Relaxed);
    summary.resent = stage.traffic.resent.load(Ordering::Relaxed);
    summary.uploads = stage.traffic.uploads.load(Ordering::Relaxed);
    summary.receipts = evidence.count();
    summary.checkpoints = evidence.checkpoints().len();
    summary.seconds = started.elapsed().as_secs();
    summary
}

/// Waits for a thread; what it complained about if it panicked.
fn ended(thread: std::thread::ScopedJoinHandle<'_, ()>, who: &str) -> Option<String> {
    let panic = thread.join().err()?;
    let text = panic.downcast_ref::<String>().cloned();
    let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
    Some(format!("{who} did not go on: {}", text.unwrap_or_default()))
}

impl Stage<'_> {
    fn under_way(&self) -> &'static str {
        *self.under_way.lock().expect("nobody panics here")
    }

    /// Waits until the tender comes to its next step: short steps shall be met as often as long ones.
    fn wait_for_a_change(&self) {
        let (before, end) = (self.under_way(), Instant::now() + CHANGE_AT_MOST);
        while self.under_way() == before && Instant::now() < end {
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// One tender after the other, each to its award.
    fn tenders(&self) {
        for number in 1.. {
            if number > self.last_tender.load(Ordering::Relaxed) {
                break;
            }
            let name = format!("T-{number}");
            let bidders = (1..=5).map(|place| Bidder::new(&format!("b{place}"), &price(place)));
            let script = Script::plain(&name).with_bidders(bidders.collect());
            let mut course = Course::new(self.client.clone(), script);
            course = course.with_attachments(vec![vec![7; 40_000]]);
            while course.reached() != Some(Step::Awarded) {
                *self.under_way.lock().expect("nobody panics here") = under_way(course.reached());
                course.step();
            }
            self.awarded.fetch_add(1, Ordering::Relaxed);
        }
        *self.under_way.lock().expect("nobody panics here") = "nothing but others' acts came";
    }
}

fn price(place: u64) -> String {
    format!("{}.00", 8_800_000 + place * 130_000)
}

fn under_way(reached: Option<Step>) -> &'static str {
    match reached {
        None => "accounts were made",
        Some(Step::Draft) => "the rehearsal and the notice came",
        Some(Step::Announced) => "bids were submitted",
        Some(Step::Submitted) => "it was closed",
        Some(Step::Closed) => "shares were released and results read out",
        Some(Step::Opened) => "the set was frozen and the draw was on",
        Some(Step::Drawn | Step::Awarded) => "it was evaluated and awarded",
    }
}

fn kill_again_and_again(
    plan: &Plan,
    server: &mut ServerProcess,
    stage: &Stage<'_>,
    summary: &mut Summary,
) {
    let mut chance = Chance::new(plan.seed);
    let mut looked_at = BTreeSet::new();
    while summary.kills < plan.runs && summary.findings.is_empty() {
        if chance.once_in(2) {
            stage.wait_for_a_change();
            std::thread::sleep(chance.between_ms(0, 60));
        } else {
            std::thread::sleep(chance.between_ms(5, 350));
        }
        let under_way = stage.under_way();
        server.kill();
        summary.kills += 1;
        *summary.by_step.entry(under_way.to_owned()).or_default() += 1;
        let half = remains::findings(server, &plan.database, &mut looked_at);
        summary.findings.extend(half);
        if summary.kills.is_multiple_of(KILLS_PER_AUDIT) {
            let rest = testbed::audit_at_rest(server, &stage.client.evidence().uploads());
            summary.findings.extend(rest.findings);
        }
        if summary.kills < plan.runs && chance.once_in(8) {
            server.start_and_kill_after(chance.between_ms(0, 120));
            summary.kills += 1;
            summary.kills_at_start += 1;
        }
        if let Err(log) = server.try_start() {
            let kills = summary.kills;
            let finding = format!("after kill {kills} it does not start:\n{log}");
            summary.findings.push(finding);
            return;
        }
        summary.findings.extend(stage.traffic.complaints());
        summary.findings.extend(newest_hold(stage.client));
    }
}

/// The newest receipts, posted again, stand where they stood.
fn newest_hold(client: &Client) -> Vec<String> {
    let receipts = client.evidence().receipts();
    let newest = &receipts[receipts.len().saturating_sub(NEWEST)..];
    std::thread::scope(|scope| {
        let asked: Vec<_> = newest
            .iter()
            .map(|(envelope, receipt)| scope.spawn(|| holds(client, envelope, receipt)))
            .collect();
        let answers = asked.into_iter().map(|one| one.join());
        answers
            .filter_map(|answer| answer.unwrap_or_else(|_| Some("an answer was no receipt".into())))
            .collect()
    })
}

fn holds(client: &Client, envelope: &Envelope, receipt: &Receipt) -> Option<String> {
    let what = format!("{} {}", envelope.kind(), receipt.statement_id);
    let (stood, now) = match client.post(envelope) {
        Err(failure) => return Some(format!("{what}: {failure}")),
        Ok(again) if again.is_new => return Some(format!("{what} was lost")),
        Ok(again) => (receipt, again.receipt),
    };
    let (place, place_now) = (stood.proof.index, now.proof.index);
    let same = stood.leaf() == now.leaf() && place == place_now;
    (!same).then(|| format!("{what} stood at index {place}, now at {place_now}"))
}

fn last_audit(plan: &Plan, server: &mut ServerProcess, client: &Client, summary: &mut Summary) {
    let all = testbed::audit(client);
    summary.findings.extend(all.findings);
    server.kill();
    let half = remains::findings(server, &plan.database, &mut BTreeSet::new());
    summary.findings.extend(half);
    let rest = testbed::audit_at_rest(server, &client.evidence().uploads());
    summary.findings.extend(rest.findings);
}
