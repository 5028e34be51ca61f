//! `bench`: Kaibiao beside bare baselines of the same work, one run, one table. Run it with `ops/bench`.
//!
//! Speed in absolute numbers says more about the machine than about the program, so every budget that can be is a
//! ratio of two measurements taken in turns. Peak memory is measured in a process of its own (`/proc/self/status`).
//!
//! | row | file |
//! |---|---|
//! | sealing, memory | `sealing.rs` |
//! | admission | `admission.rs` |
//! | reads | `reads.rs` |
//! | evaluation | `evaluating/` |
//! | simulation | `simulating.rs` |
//! | verification | `verifying.rs` |
//! | draw | `drawing.rs` |
//! | many | `many.rs`: a tender of 10 000 bids |

mod admission;
mod drawing;
mod evaluating;
mod many;
mod measure;
mod reads;
mod sealing;
mod served;
mod simulating;
mod table;
mod verifying;

use std::process::ExitCode;

use table::Row;

/// What goes wrong in a benchmark is not handled, only said.
type Failure = Box<dyn std::error::Error>;

/// How much is measured.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Size {
    /// What the budgets speak of.
    Full,
    /// Enough to see that everything runs.
    Quick,
}

impl Size {
    /// One of two numbers.
    fn pick<T>(self, full: T, quick: T) -> T {
        match self {
            Size::Full => full,
            Size::Quick => quick,
        }
    }
}

/// A benchmark: its name on the command line and what it measures.
type Benchmark = (&'static str, fn(Size) -> Result<Vec<Row>, Failure>);

const BENCHMARKS: [Benchmark; 9] = [
    ("sealing", sealing::rows),
    ("memory", sealing::memory_rows),
    ("admission", admission::rows),
    ("reads", reads::rows),
    ("evaluation", evaluating::rows),
    ("simulation", simulating::rows),
    ("verification", verifying::rows),
    ("draw", drawing::rows),
    ("many", many::rows),
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match arguments.split_first() {
        Some((child, rest)) if child == measure::CHILD => in_child(rest),
        _ => run(&arguments),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<(), Failure> {
    let size = if arguments.iter().any(|argument| argument == "--quick") {
        Size::Quick
    } else {
        Size::Full
    };
    let named: Vec<&String> = arguments
        .iter()
        .filter(|argument| *argument != "--quick")
        .collect();
    let known = |name: &str| BENCHMARKS.iter().any(|(benchmark, _)| *benchmark == name);
    if let Some(unknown) = named.iter().find(|name| !known(name)) {
        let names = BENCHMARKS.map(|(name, _)| name).join(" ");
        return Err(format!(
            "there is no benchmark {unknown}; there are: {names}, and the option --quick"
        )
        .into());
    }
    let mut rows = Vec::new();
    for (name, benchmark) in BENCHMARKS {
        if named.is_empty() || named.iter().any(|one| *one == name) {
            eprintln!("measures {name} ...");
            rows.extend(benchmark(size)?);
        }
    }
    print!("{}", table::render(&rows));
    if size == Size::Quick {
        println!("\nQuick run: sizes are small and the numbers mean nothing.");
    }
    Ok(())
}

/// What a child process does: one piece of work whose peak memory is wanted.
fn in_child(arguments: &[String]) -> Result<(), Failure> {
    let work: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match work.as_slice() {
        ["stream", mebibytes] => sealing::stream(mebibytes.parse()?),
        ["verify", bundle, trust] => verifying::verify_files(bundle, trust),
        ["many", bids, bundle, trust] => many::play_through(bids.parse()?, bundle, trust),
        _ => Err("unknown work for a child process".into()),
    }?;
    measure::report_child()
}
