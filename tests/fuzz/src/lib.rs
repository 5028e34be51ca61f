//! What the fuzzer runs: one function per parser, and what must hold of whatever it accepts.
//!
//! A target takes any bytes. It panics if a property is broken; else it says whether the bytes got through
//! ([`Reached`]), so that a test can show that the seeds reach what they are for.
//!
//! The same functions run in two places: under cargo-fuzz (`fuzz/`, long, `ops/soak fuzz`), and in this package's
//! test over the committed corpora (`fuzz/corpus/`) and over seeds that a played tender gives today (`ops/test`).
//!
//! To add a target: a function in the file of its subject, a line in [`TARGETS`], seeds in [`seeds()`], and a
//! binary of three lines under `fuzz/fuzz_targets/`.

mod admission;
mod bundles;
mod choices;
mod edit;
mod evaluating;
mod log;
mod requests;
mod sealed;
mod seeds;
mod statements;
mod tables;

pub use seeds::seeds;

/// How far an input came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reached {
    /// What it was meant for: it parsed, was admitted, was answered.
    Accepted,
    /// A refusal, and everything is as it was.
    Refused,
}

impl Reached {
    fn of<T, E>(result: &Result<T, E>) -> Reached {
        if result.is_ok() {
            Reached::Accepted
        } else {
            Reached::Refused
        }
    }
}

/// One thing to fuzz.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Its name: also that of the binary and of the corpus.
    pub name: &'static str,
    /// Runs it once.
    ///
    /// # Panics
    /// If a property is broken: that is the finding.
    pub run: fn(&[u8]) -> Reached,
}

/// Every target.
pub const TARGETS: &[Target] = &[
    Target {
        name: "admission",
        run: admission::admission,
    },
    Target {
        name: "bundle",
        run: bundles::bundle,
    },
    Target {
        name: "bundle_edits",
        run: bundles::bundle_edits,
    },
    Target {
        name: "case",
        run: evaluating::case,
    },
    Target {
        name: "checkpoint",
        run: log::checkpoint,
    },
    Target {
        name: "envelope",
        run: statements::envelope,
    },
    Target {
        name: "http",
        run: requests::http,
    },
    Target {
        name: "json",
        run: statements::json,
    },
    Target {
        name: "key_block",
        run: sealed::key_block,
    },
    Target {
        name: "part",
        run: sealed::part,
    },
    Target {
        name: "proof",
        run: log::proof,
    },
    Target {
        name: "rules",
        run: evaluating::rules,
    },
    Target {
        name: "sheet",
        run: tables::sheet,
    },
    Target {
        name: "statement",
        run: statements::statement,
    },
    Target {
        name: "trust",
        run: log::trust,
    },
    Target {
        name: "witness",
        run: log::witness,
    },
];

/// Runs a target by its name.
///
/// # Panics
/// If a property is broken, or there is no such target.
pub fn run(name: &str, input: &[u8]) -> Reached {
    let target = TARGETS.iter().find(|target| target.name == name);
    (target
        .unwrap_or_else(|| panic!("there is no target {name}"))
        .run)(input)
}
