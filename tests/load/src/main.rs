//! `load`: a deadline storm against a server of its own on this machine. `ops/soak storm` runs it.

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use load::{Options, run};
use testbed::Database;

/// Drives bidders and readers through the last minutes before a deadline, and checks every promise afterwards
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// How many bidders
    #[arg(long, default_value_t = 2_000)]
    bidders: usize,
    /// Over how many tenders they are spread
    #[arg(long, default_value_t = 2)]
    tenders: usize,
    /// How many readers
    #[arg(long, default_value_t = 20_000)]
    readers: usize,
    /// Connections that the readers share
    #[arg(long, default_value_t = 128)]
    connections: usize,
    /// Seconds that a reader thinks between two looks
    #[arg(long, default_value_t = 10.0)]
    think_s: f64,
    /// MiB of each bid's sealed part
    #[arg(long, default_value_t = 1)]
    part_mib: usize,
    /// Minutes before the deadline at which it begins
    #[arg(long, default_value_t = 2.0)]
    minutes: f64,
    /// MiB that the server may have resident
    #[arg(long, default_value_t = 1_024)]
    resident_mib_max: u64,
    /// sqlite, or postgres: a schema of its own on the server that KAIBIAO_TEST_POSTGRES names
    #[arg(long, default_value = "sqlite", value_parser = ["sqlite", "postgres"])]
    database: String,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let database = match arguments.database.as_str() {
        "postgres" => Database::postgres(),
        _ => Some(Database::Sqlite),
    };
    let Some(database) = database else {
        return ExitCode::FAILURE;
    };
    let report = run(&Options {
        bidders: arguments.bidders,
        tenders: arguments.tenders.max(1),
        readers: arguments.readers,
        connections: arguments.connections.max(1),
        think: Duration::from_secs_f64(arguments.think_s),
        part_bytes: arguments.part_mib << 20,
        window: Duration::from_secs_f64(arguments.minutes * 60.0),
        resident_mib_max: arguments.resident_mib_max,
        database,
        measures_bare: true,
    });
    print!("{report}");
    if report.tally.of("findings") == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
