//! The deadline storm: thousands of bidders submit in the last two minutes, ten times as many readers look on, and
//! afterwards every promise is checked.
//!
//! | to | look at |
//! |---|---|
//! | prepare tenders and sealed bids | `preparation` |
//! | do what a bidder does | `bidder` |
//! | do what a reader does | `reader` |
//! | check what was promised | `checks` |
//! | measure the bare machine | [`bare`] |
//!
//! The server is the program of operators, in a process of its own (crate `testbed`); all clients live in this one and
//! take their share of the same processors, so absolute numbers are low bounds.

pub mod bare;
mod bidder;
mod checks;
pub mod connection;
mod preparation;
mod reader;
mod tally;
mod watch;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use testbed::{Database, ServerProcess, Setup, audit_at_rest};

use crate::bidder::Bid;
use crate::preparation::Announced;
use crate::reader::Readers;
pub use crate::tally::{Durations, Tally};
use crate::watch::{Watch, cpu_seconds};

/// How big the storm is.
#[derive(Clone, Debug)]
pub struct Options {
    /// Who bids.
    pub bidders: usize,
    /// Over how many tenders they are spread.
    pub tenders: usize,
    /// Who looks on.
    pub readers: usize,
    /// Connections that readers share.
    pub connections: usize,
    /// How long a reader thinks between two looks.
    pub think: Duration,
    /// Size of each bid's sealed part.
    pub part_bytes: usize,
    /// How long before the deadline the storm begins.
    pub window: Duration,
    /// What the server may have resident at most, in MiB.
    pub resident_mib_max: u64,
    /// Where the server keeps its log.
    pub database: Database,
    /// Whether to measure the bare machine beside it.
    pub measures_bare: bool,
}

/// What came of it.
pub struct Report {
    /// Everything that was counted.
    pub tally: Arc<Tally>,
    /// Bids that count.
    pub counted: usize,
    /// From posting a manifest to its receipt, with all that was waited as told.
    pub receipts: Durations,
    /// Most acts admitted within five seconds, per second.
    pub acts_per_second: f64,
    /// Statements of a batch, on average.
    pub batch: usize,
    /// Answers to readers.
    pub reads: Durations,
    /// Answers to readers per second during the storm.
    pub reads_per_second: f64,
    /// Most that the server had resident, in MiB.
    pub resident_mib: u64,
    /// Processor seconds of the server during the storm, and how long that lasted.
    pub processor: (f64, Duration),
    /// Bare durable commits of the same database.
    pub commits: Option<bare::Commits>,
    /// Answers per second of the server after the storm and of a bare handler with the same bytes, by page.
    pub beside_bare: Vec<(String, f64, f64, usize)>,
}

/// Runs a storm and checks everything.
///
/// # Panics
/// The server does not start, or the preparation is refused.
pub fn run(options: &Options) -> Report {
    let parts = tempfile::tempdir().expect("a temporary directory");
    let mut server = ServerProcess::start(Setup {
        batch_interval_ms: 250,
        noise_mean_s: 60,
        environment: vec![("KAIBIAO_LOG".to_owned(), "warn".to_owned())],
        ..Setup::new(options.database.clone())
    });
    let process = server.process_id().expect("it runs");
    let client = server.client();
    let address: SocketAddr = server
        .url()
        .trim_start_matches("http://")
        .parse()
        .expect("an address");
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let tally = Arc::new(Tally::default());

    eprintln!("announces {} tenders", options.tenders);
    let tenders = preparation::announce(&client, options.tenders);
    eprintln!("registers {} bidders", options.bidders);
    runtime.block_on(preparation::register(address, options.bidders));
    eprintln!("seals their bids");
    let sealed = preparation::seal(&tenders, options.bidders, options.part_bytes, parts.path());
    preparation::set_clock(&client, &tenders, options.window);
    let now_ms = client.info()["time_ms"].as_u64().expect("a time");
    let plans: Vec<_> = sealed
        .into_iter()
        .map(|sealed| preparation::plan(sealed, &tenders, now_ms, parts.path()))
        .collect();

    eprintln!("the storm: {} s", options.window.as_secs_f64());
    let origin: Arc<str> = tenders[0].course.origin().into();
    let watch = Watch::start(process);
    let (began, cpu) = (Instant::now(), cpu_seconds(process));
    let until = began + options.window + Duration::from_secs(1);
    let readers = Arc::new(Readers::new(
        address,
        pages(&tenders),
        options.think,
        until,
        options.connections,
        Arc::clone(&tally),
    ));
    let bids = runtime.block_on(storm(
        plans,
        address,
        &origin,
        &readers,
        options.readers,
        &tally,
    ));
    let processor = (cpu_seconds(process) - cpu, began.elapsed());
    let reading = until - began;

    eprintln!("checks what was promised");
    checks::wait_for_closings(&client, &tenders);
    let paths: Vec<String> = tenders.iter().map(checks::path_of).collect();
    let mut counted = 0;
    for (tender, path) in tenders.iter().zip(&paths) {
        let own: Vec<&Bid> = bids
            .iter()
            .filter(|(posted, _)| posted == path)
            .map(|(_, bid)| bid)
            .collect();
        counted += checks::compare(&client, tender, &own, &tally);
    }
    let bids = Arc::new(bids);
    runtime.block_on(checks::receipts_hold(
        &client,
        address,
        Arc::clone(&bids),
        Arc::clone(&tally),
    ));
    let resident_mib = watch.peak_mib();
    drop(watch);
    if resident_mib > options.resident_mib_max {
        tally.find(format!(
            "{resident_mib} MiB were resident, {} are allowed",
            options.resident_mib_max
        ));
    }

    let mut beside_bare = Vec::new();
    if options.measures_bare {
        eprintln!("measures reads beside a bare handler");
        for page in pages(&tenders).into_iter().take(3) {
            let (ours, bare, bytes) =
                runtime.block_on(bare::beside_bare(address, &page, 32, bare::MEASURE));
            beside_bare.push((page, ours, bare, bytes));
        }
    }
    eprintln!("stops the server and checks what it keeps");
    if !server.stop().success() {
        tally.find("the server did not stop cleanly");
    }
    for finding in audit_at_rest(&server, &checks::uploads(&bids)).findings {
        tally.find(finding);
    }
    let (batch, acts_per_second) = rate(&bids, options.window);
    let bytes = bids
        .first()
        .map_or(16_384, |(_, bid)| bid.envelope.to_json().len());
    let commits = options.measures_bare.then(|| {
        eprintln!("measures bare durable commits");
        bare::commits(&fresh(&options.database), bytes, batch).expect("the bare database")
    });
    let took = bids.iter().filter(|(_, bid)| bid.receipt.is_some());
    let reads = Durations::new(readers.took());
    Report {
        counted,
        receipts: Durations::new(took.map(|(_, bid)| bid.took).collect()),
        acts_per_second,
        batch,
        reads_per_second: reads.count() as f64 / reading.as_secs_f64(),
        reads,
        resident_mib,
        processor,
        commits,
        beside_bare,
        tally,
    }
}

/// A database of the same kind with nothing in it.
fn fresh(database: &Database) -> Database {
    match database {
        Database::Postgres(_) => Database::postgres().expect("it was there before"),
        other => other.clone(),
    }
}

/// What readers look at: the list, the tenders, their statements, and the log.
fn pages(tenders: &[Announced]) -> Vec<String> {
    let first = tenders[0].course.tender.as_str();
    let mut pages = vec![
        "/api/v1/tenders?order=announced".to_owned(),
        format!("/api/v1/tenders/{first}"),
        format!("/api/v1/tenders/{first}/statements"),
        "/api/v1/log/checkpoint".to_owned(),
        "/".to_owned(),
    ];
    for tender in &tenders[1..] {
        pages.push(format!("/api/v1/tenders/{}", tender.course.tender));
    }
    pages
}

async fn storm(
    plans: Vec<bidder::Plan>,
    address: SocketAddr,
    origin: &Arc<str>,
    readers: &Arc<Readers>,
    count: usize,
    tally: &Arc<Tally>,
) -> Vec<(String, Bid)> {
    let mut looking = tokio::task::JoinSet::new();
    for number in 0..count {
        looking.spawn(Arc::clone(readers).read(number));
    }
    let mut bidding = tokio::task::JoinSet::new();
    for plan in plans {
        let (origin, tally) = (Arc::clone(origin), Arc::clone(tally));
        bidding.spawn(async move {
            let path = plan.path.clone();
            (path, bidder::bid(plan, address, origin, tally).await)
        });
    }
    let bids = bidding.join_all().await;
    looking.join_all().await;
    bids
}

/// How many statements a batch had on average, and the most per second over five seconds (or a shorter storm).
fn rate(bids: &[(String, Bid)], window: Duration) -> (usize, f64) {
    let mut times: Vec<u64> = bids
        .iter()
        .filter_map(|(_, bid)| Some(bid.receipt.as_ref()?.admitted_ms))
        .collect();
    times.sort_unstable();
    let mut batches = times.clone();
    batches.dedup();
    let span_ms = 5_000
        .min(u64::try_from(window.as_millis()).unwrap_or(5_000))
        .max(1);
    // Ascending, so those within a span from one on stand behind it.
    let within = |first: usize| {
        let end = times[first] + span_ms;
        times.partition_point(|time| *time < end) - first
    };
    let most = (0..times.len()).map(within).max();
    let batch = times.len().div_ceil(batches.len().max(1));
    (batch, most.unwrap_or(0) as f64 * 1_000.0 / span_ms as f64)
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (what, count) in self.tally.counts() {
            writeln!(f, "  {count:>8}  {what}")?;
        }
        let (cpu, took) = self.processor;
        writeln!(f, "bids that count      {}", self.counted)?;
        writeln!(f, "receipts             {}", self.receipts)?;
        writeln!(
            f,
            "acts                 {:.0}/s over the busiest 5 s, {} to a batch",
            self.acts_per_second, self.batch
        )?;
        if let Some(commits) = self.commits {
            writeln!(
                f,
                "bare durable commits {:.0}/s, or {:.0} rows/s with {} to a commit: acts come to {:.2} and {:.3}",
                commits.single,
                commits.grouped_rows,
                self.batch,
                self.acts_per_second / commits.single,
                self.acts_per_second / commits.grouped_rows
            )?;
        }
        writeln!(
            f,
            "reads in the storm   {:.0}/s of {}, {}",
            self.reads_per_second,
            self.reads.count(),
            self.reads
        )?;
        for (page, ours, bare, bytes) in &self.beside_bare {
            writeln!(
                f,
                "reads after it       {ours:.0}/s beside {bare:.0}/s of a bare handler ({:.2}), {bytes} bytes, {page}",
                ours / bare
            )?;
        }
        writeln!(
            f,
            "server               {} MiB resident at most, {cpu:.1} s of processor in {:.1} s",
            self.resident_mib,
            took.as_secs_f64()
        )?;
        for finding in self.tally.findings() {
            writeln!(f, "FINDING  {finding}")?;
        }
        Ok(())
    }
}
