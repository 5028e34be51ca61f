//! `crash`: kills a server again and again and audits what is left.

use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use crash::kill::{self, Plan};
use testbed::Database;

/// Kills a kaibiao-server (built beside this program) with SIGKILL at random moments while tenders are under way, and
/// demands after each death that every receipt still holds and nothing is half there
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// How many times the server is killed
    #[arg(long, default_value_t = 500)]
    runs: usize,
    /// On which database; postgres needs KAIBIAO_TEST_POSTGRES (ops/postgres run sets it)
    #[arg(long, value_enum, default_value = "sqlite")]
    database: Which,
    /// Moments and contents follow from it
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Which {
    Sqlite,
    Postgres,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let (name, database) = match arguments.database {
        Which::Sqlite => ("SQLite", Some(Database::Sqlite)),
        Which::Postgres => ("PostgreSQL", Database::postgres()),
    };
    let Some(database) = database else {
        return ExitCode::from(2);
    };
    let summary = kill::run(&Plan {
        runs: arguments.runs,
        database,
        seed: arguments.seed,
    });
    print!("crash on {name}, seed {}: {summary}", arguments.seed);
    if summary.findings.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
