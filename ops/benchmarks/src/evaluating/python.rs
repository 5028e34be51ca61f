//! The reference in Python, timed by itself in a process of its own.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use evaluation::Case;

use crate::Failure;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/reference/evaluate.py");

/// What the script says of a case.
pub struct Timed {
    /// The shortest of its runs, reading and writing left out.
    pub elapsed: Duration,
    /// Its winner.
    pub winner: Option<String>,
    /// Its benchmark.
    pub benchmark: Option<String>,
}

/// Whether there is a `python3` to run it.
pub fn is_there() -> bool {
    let version = Command::new("python3").arg("--version").output();
    version.is_ok_and(|output| output.status.success())
}

/// Has the script evaluate a case so many times.
pub fn evaluate(case: &Case, runs: u32) -> Result<Timed, Failure> {
    let mut child = Command::new("python3")
        .args(["-B", SCRIPT, "--time", &runs.to_string(), "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut input = child
        .stdin
        .take()
        .ok_or("the child has no standard input")?;
    input.write_all(&serde_json::to_vec(case)?)?;
    drop(input);
    let output = child.wait_with_output()?;
    if !output.status.success() {
        return Err(format!("{SCRIPT} failed").into());
    }
    let said: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    let seconds = said["seconds"].as_f64().ok_or("the script gave no time")?;
    let text = |name: &str| said[name].as_str().map(str::to_owned);
    Ok(Timed {
        elapsed: Duration::from_secs_f64(seconds),
        winner: text("winner"),
        benchmark: text("benchmark"),
    })
}
