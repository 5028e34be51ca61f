//! The budget of DESIGN section 7: a bundle of 1 000 bids within 10 s on one core. Run it with
//! `cargo test --release -p verification --test thousand -- --ignored --nocapture`.

#![expect(clippy::unwrap_used, reason = "tests may panic")]

use std::time::Instant;

use play::{Actor, Milestone, Play, Script, form_json};
use verification::{Options, verify};

#[test]
#[ignore = "measures time; meant for a release build"]
fn a_thousand_bids_within_ten_seconds() {
    // Three bid as the script says, the others at once.
    let mut play = Play::to(Script::plain("T-1"), Milestone::Announced);
    for number in 4..=1000_u32 {
        let bidder = Actor::new(&format!("b{number:04}"));
        play.world.register(&bidder);
        let price = format!("{}.00", 8_000_000 + 997 * number);
        play.bid(&bidder, &form_json(&price), "only");
    }
    play.go_to(Milestone::Confirmed);
    // They say nothing to the read-out.
    play.world.now_ms += play::HOUR_MS;
    play.go_to(Milestone::Awarded);
    let bytes = play.world.bundle(&play.tender);
    let options = Options {
        trust: Some(play.world.trust_file().parse().unwrap()),
        receipts: Vec::new(),
    };
    let begin = Instant::now();
    let report = verify(&bytes, &options);
    let took = begin.elapsed();
    println!("{} bytes, verified in {took:?}", bytes.len());
    assert_eq!(report.exit_code(), 0, "{}", report.render_text());
    assert!(took.as_secs() < 10, "{took:?}");
}
