//! A tender of 10 000 bids (DESIGN section 6), step by step in a process of its own: how long each step takes and how
//! much memory the process had needed by then. There is no budget for it: the rows say that it works and what it
//! costs, beside the same steps with a tenth of the bids, so that anything that is not linear shows.
//!
//! Each bidder registers, seals and signs before the clock runs: `admit` is what the platform does.

use std::time::{Duration, Instant};

use play::{Actor, Bidder, Milestone, Play, SECOND_MS, Script, form_json};
use procedure::act::Act;
use record::statement::Envelope;

use crate::measure::{in_child, lines_of_child};
use crate::table::{Row, duration, hundredths, memory, ratio};
use crate::{Failure, Size};

/// One row a step, 10 000 bids beside 1 000.
pub fn rows(size: Size) -> Result<Vec<Row>, Failure> {
    let (most, least) = size.pick((10_000, 1_000), (40, 4));
    let directory = tempfile::tempdir()?;
    let few = steps(least, directory.path())?;
    let many = steps(most, directory.path())?;
    let row = |(many, few): (&Step, &Step)| {
        // Per bid, with a tenth of the bids: 1.00 is linear.
        let each = |step: &Step, bids: usize| step.took.as_nanos() / bids as u128;
        Row {
            bare: format!("{} for {least}", duration(few.took)),
            comes_to: ratio(hundredths(each(few, least), each(many, most))),
            ..Row::note(
                format!("{most} bids: {}, peak {}", many.what, memory(many.peak_kib)),
                duration(many.took),
            )
        }
    };
    Ok(many.iter().zip(&few).map(row).collect())
}

/// What a child says about one step.
struct Step {
    what: String,
    took: Duration,
    peak_kib: Option<u64>,
}

/// Plays the tender in one child and verifies its bundle in another one.
fn steps(bids: usize, directory: &std::path::Path) -> Result<Vec<Step>, Failure> {
    let (bundle, trust) = (directory.join("bundle.zip"), directory.join("trust.txt"));
    let (bundle, trust) = (bundle.to_string_lossy(), trust.to_string_lossy());
    let lines = lines_of_child(&["many", &bids.to_string(), &bundle, &trust])?;
    let mut steps = lines
        .iter()
        .filter_map(|line| step_of(line))
        .collect::<Vec<Step>>();
    let used = in_child(&["verify", &bundle, &trust])?;
    steps.push(Step {
        what: "verify the bundle".to_owned(),
        took: used.elapsed,
        peak_kib: used.peak_kib,
    });
    Ok(steps)
}

/// `step <nanoseconds> <peak in KiB> <what>`.
fn step_of(line: &str) -> Option<Step> {
    let mut words = line.strip_prefix("step ")?.splitn(3, ' ');
    let nanoseconds: u64 = words.next()?.parse().ok()?;
    let peak_kib = words.next()?.parse().ok();
    Some(Step {
        what: words.next()?.to_owned(),
        took: Duration::from_nanos(nanoseconds),
        peak_kib,
    })
}

/// What the child does: the whole tender in memory, then its bundle.
pub fn play_through(bids: usize, bundle: &str, trust: &str) -> Result<(), Failure> {
    let price =
        |number: usize| format!("{}.{:02}", 9_000_000 + number * 613 % 900_000, number % 100);
    let bidders: Vec<Bidder> = (1..=bids)
        .map(|number| Bidder::new(&format!("b{number:05}"), &price(number)))
        .collect();
    let mut play = Play::to(
        Script::plain("T-MANY").with_bidders(bidders.clone()),
        Milestone::Announced,
    );
    admit(&mut play, &bidders)?;
    // The script's own way of submitting lets an hour pass between two bids; there is nothing left to submit.
    let all = std::mem::take(&mut play.script.bidders);
    play.go_to(Milestone::Submitted);
    play.script.bidders = all;
    let mut step = |what: &str, milestone: Milestone| {
        let begin = Instant::now();
        play.go_to(milestone);
        say(what, begin.elapsed());
    };
    step("close", Milestone::Closed);
    step("open (3 trustees release)", Milestone::Released);
    step("publish the results", Milestone::Opened);
    step("confirm the read-out", Milestone::Confirmed);
    step("freeze the benchmark set", Milestone::Frozen);
    step("draw (3 trustees release)", Milestone::Drawn);
    step("sign the opening record", Milestone::Recorded);
    step("evaluate", Milestone::Evaluated);
    step("award", Milestone::Awarded);
    let begin = Instant::now();
    let bytes = play.world.bundle(&play.tender);
    say(
        &format!("export {} MiB", bytes.len() >> 20),
        begin.elapsed(),
    );
    std::fs::write(bundle, bytes)?;
    std::fs::write(trust, play.world.trust_file())?;
    Ok(())
}

/// Seals and signs outside the clock, admits inside it.
fn admit(play: &mut Play, bidders: &[Bidder]) -> Result<(), Failure> {
    let mut took = Duration::ZERO;
    for bidder in bidders {
        play.world.now_ms += SECOND_MS;
        let actor = Actor::new(&bidder.name);
        let sealed = play.seal(&actor, &form_json(&bidder.price), "bid");
        let mut envelope: Envelope = Act::from(sealed.manifest).envelope();
        envelope.add_signature(actor.key());
        let begin = Instant::now();
        let manifest = play.world.admit_envelope(envelope)?;
        took += begin.elapsed();
        play.manifests.insert(actor.id().clone(), manifest);
        play.opening_keys.insert(manifest, sealed.opening_key);
        play.contrib_keys.insert(manifest, sealed.contrib_key);
    }
    say("admit the manifests", took);
    Ok(())
}

fn say(what: &str, took: Duration) {
    let peak = crate::measure::peak_kib().map_or_else(|| "-".to_owned(), |kib| kib.to_string());
    println!("step {} {peak} {what}", took.as_nanos());
}
