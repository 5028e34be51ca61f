//! Verifying whole bundles, each in a process of its own: time and peak memory.

use play::{Actor, Bidder, Milestone, Play, Script, form_json};
use verification::{Options, Verdict, verify};

use crate::measure::in_child;
use crate::table::{Row, duration, memory};
use crate::{Failure, Size};

/// Bundles of tenders with 100 and 1 000 bidders.
pub fn rows(size: Size) -> Result<Vec<Row>, Failure> {
    let mut rows = Vec::new();
    let directory = tempfile::tempdir()?;
    for bidders in size.pick([100, 1_000], [4, 12]) {
        let play = awarded(bidders);
        let (bundle, trust) = (
            directory.path().join("bundle.zip"),
            directory.path().join("trust.txt"),
        );
        let bytes = play.world.bundle(&play.tender);
        std::fs::write(&bundle, &bytes)?;
        std::fs::write(&trust, play.world.trust_file())?;
        drop(play);
        let used = in_child(&[
            "verify",
            &bundle.to_string_lossy(),
            &trust.to_string_lossy(),
        ])?;
        let what = format!(
            "verify {bidders} bids, a bundle of {} MiB",
            bytes.len() >> 20
        );
        let budgeted = bidders == 1_000;
        let mut row = Row::note(what, duration(used.elapsed));
        row.bare = format!("peak {}", memory(used.peak_kib));
        if budgeted {
            row.comes_to = duration(used.elapsed);
            row.budget = "< 10 s".to_owned();
            row.kept = Some(used.elapsed.as_secs() < 10);
        }
        rows.push(row);
    }
    Ok(rows)
}

/// A tender with that many plain bidders, played to the award.
fn awarded(bidders: usize) -> Play {
    let price =
        |number: usize| format!("{}.{:02}", 9_000_000 + number * 613 % 900_000, number % 100);
    let all: Vec<Bidder> = (1..=bidders)
        .map(|number| Bidder::new(&format!("b{number:05}"), &price(number)))
        .collect();
    let mut play = Play::to(
        Script::plain("T-BENCH").with_bidders(all),
        Milestone::Announced,
    );
    // The script lets an hour pass between two bids, which a thousand bidders do not have.
    let all = std::mem::take(&mut play.script.bidders);
    for bidder in &all {
        play.world.now_ms += play::SECOND_MS;
        play.bid(&Actor::new(&bidder.name), &form_json(&bidder.price), "bid");
    }
    play.go_to(Milestone::Submitted);
    play.script.bidders = all;
    play.go_to(Milestone::Awarded);
    play
}

/// What the child does: read, verify, and insist that everything holds.
pub fn verify_files(bundle: &str, trust: &str) -> Result<(), Failure> {
    let options = Options {
        trust: Some(std::fs::read_to_string(trust)?.parse()?),
        receipts: Vec::new(),
    };
    let report = verify(&std::fs::read(bundle)?, &options);
    if report.verdict == Verdict::Holds {
        Ok(())
    } else {
        Err(report.render_text().into())
    }
}
