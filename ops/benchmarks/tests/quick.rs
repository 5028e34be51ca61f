//! The benchmarks run: a quick pass prints every row of the table.

use std::process::Command;

#[test]
fn a_quick_run_prints_the_whole_table() {
    let output = Command::new(env!("CARGO_BIN_EXE_bench"))
        .arg("--quick")
        .output()
        .unwrap();
    let (table, errors) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{errors}");
    for row in [
        "seal 4 MiB",
        "open 4 MiB",
        "peak memory",
        "admit 32",
        "admit 16 bid manifests",
        "newest page of the list at 2000 tenders",
        "evaluate 200 bids, jiangsu-1",
        "evaluate 200 bids, floor-rate-lowest",
        "recompute the recorded Korean tenders",
        "simulate openings of 30 bids",
        "verify 12 bids",
        "draw 7 of",
        "40 bids: admit the manifests",
        "40 bids: verify the bundle",
    ] {
        assert!(
            table.lines().any(|line| line.starts_with(row)),
            "{row} is missing in\n{table}"
        );
    }
}

#[test]
fn an_unknown_name_is_refused() {
    let output = Command::new(env!("CARGO_BIN_EXE_bench"))
        .arg("nonsense")
        .output()
        .unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("admission"));
}
