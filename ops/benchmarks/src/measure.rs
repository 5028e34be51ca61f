//! Time in turns, memory in children.

use std::process::Command;
use std::time::{Duration, Instant};

use crate::Failure;

/// First argument of a child process.
pub const CHILD: &str = "--child";

/// Runs both in turns and gives the shortest time of each: what the machine can do when nobody disturbs it.
pub fn in_turns<A, B>(
    turns: u32,
    mut ours: impl FnMut() -> A,
    mut bare: impl FnMut() -> B,
) -> (Duration, Duration) {
    let mut best = (Duration::MAX, Duration::MAX);
    for _ in 0..turns {
        best.0 = best.0.min(time(&mut ours));
        best.1 = best.1.min(time(&mut bare));
    }
    best
}

/// Time of one run; the result is kept alive, so that it is really computed.
pub fn time<T>(work: impl FnOnce() -> T) -> Duration {
    let start = Instant::now();
    let result = work();
    let elapsed = start.elapsed();
    std::hint::black_box(result);
    elapsed
}

/// What a child used.
pub struct Used {
    /// Wall time of the whole process, start included.
    pub elapsed: Duration,
    /// Peak of its resident memory in KiB; none where the system does not say.
    pub peak_kib: Option<u64>,
}

/// Does a piece of work in a process of its own.
pub fn in_child(work: &[&str]) -> Result<Used, Failure> {
    let start = Instant::now();
    let lines = lines_of_child(work)?;
    let elapsed = start.elapsed();
    let peak_kib = lines.last().and_then(|line| line.trim().parse().ok());
    Ok(Used { elapsed, peak_kib })
}

/// Does a piece of work in a process of its own, and gives what it prints.
pub fn lines_of_child(work: &[&str]) -> Result<Vec<String>, Failure> {
    let output = Command::new(std::env::current_exe()?)
        .arg(CHILD)
        .args(work)
        .output()?;
    if !output.status.success() {
        return Err(format!(
            "{work:?} failed: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        )
        .into());
    }
    let text = String::from_utf8(output.stdout)?;
    Ok(text.lines().map(str::to_owned).collect())
}

/// The last thing that a child says: its peak of resident memory, in KiB.
pub fn report_child() -> Result<(), Failure> {
    println!(
        "{}",
        peak_kib().map_or_else(String::new, |kib| kib.to_string())
    );
    Ok(())
}

/// Peak of this process's resident memory so far, in KiB; none where the system does not say.
pub fn peak_kib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    peak?.trim().trim_end_matches(" kB").parse().ok()
}
