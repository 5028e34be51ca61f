//! Recorded Korean tenders, played with their real prices: sealed, submitted, opened, ranked by the rule "lowest
//! price at or above estimated price x floor rate", and compared with the recorded first rank.
//!
//! The clock of the server is one for all, so tenders are played in waves: every tender of a wave takes a step,
//! then the clock moves for all of them.

mod cast;
mod tender;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use super::course::AT_ONCE;
use super::hall::Hall;
use super::narrator::Narrator;
use super::{DAY_MS, HOUR_MS, Scratch, run_tag, together};
use crate::failure::Failure;
use crate::koneps::{Comparison, RecordedTender};
use cast::Cast;
use tender::{Finding, Play};

/// Tenders that are played side by side.
const WAVE: usize = 24;

/// What is played.
#[derive(Clone, Debug)]
pub struct Options {
    /// At most so many tenders.
    pub limit: usize,
    /// These first.
    pub tenders: Vec<String>,
    /// Where bundles and the trust file are written to.
    pub export: Option<PathBuf>,
}

/// Plays the chosen tenders; a summary comes back. What did not come out as expected stands with the narrator.
///
/// # Errors
/// The play cannot go on, or a tender that was asked for is not in the file.
pub fn play(
    hall: &Hall,
    tell: &Narrator,
    recorded: &[RecordedTender],
    options: &Options,
) -> Result<Value, Failure> {
    let tag = run_tag()?;
    let scratch = Scratch::new(&tag)?;
    let chosen = choose(recorded, options)?;
    let (playable, skipped): (Vec<_>, Vec<_>) =
        chosen.into_iter().partition(|one| one.bids.len() >= 2);
    for one in &skipped {
        tell.say(format!(
            "{}: {} listed bid, and the law asks for two: not played",
            one.notice,
            one.bids.len()
        ));
    }

    tell.headline("主体登记", "Accounts", hall.now_ms()?);
    let working = tell.working("everybody registers");
    let cast = Cast::new(&tag, &playable)?;
    together(AT_ONCE, cast.actors(), |actor| actor.register(hall))?;
    let session = hall
        .client()
        .sign_in(cast.tenderee.keyring.signing_key()?)?;
    drop(working);
    tell.say(format!(
        "{} accounts for the bidders of {} tenders",
        cast.bidders(),
        playable.len()
    ));

    let mut findings = Vec::new();
    let mut left = playable.as_slice();
    while !left.is_empty() {
        let (wave, rest) = left.split_at(WAVE.min(left.len()));
        left = rest;
        let plays = wave
            .iter()
            .map(|one| Play::new(hall, &cast, &session, &scratch, &tag, one));
        let plays = plays.collect::<Result<Vec<_>, _>>()?;
        findings.extend(play_wave(hall, tell, &plays, options)?);
    }
    conclude(tell, &findings);
    Ok(json!({
        "format": "kaibiao-rehearsal/1",
        "kind": "koneps",
        "server": hall.client().server_address(),
        "origin": hall.anchors().origin,
        "tenders": findings,
        "skipped": skipped.iter().map(|one| &one.notice).collect::<Vec<_>>(),
        "expectations": tell.expectations(),
        "elapsed_ms": tell.elapsed_ms(),
    }))
}

/// The tenders that were asked for, then the first ones of the file, up to the limit.
fn choose<'a>(
    recorded: &'a [RecordedTender],
    options: &Options,
) -> Result<Vec<&'a RecordedTender>, Failure> {
    let mut chosen = Vec::new();
    for name in &options.tenders {
        let found = recorded.iter().find(|one| one.notice == *name);
        chosen.push(found.ok_or_else(|| {
            Failure::input("koneps-tender", format!("the file has no tender {name}"))
        })?);
    }
    let named: BTreeSet<&str> = options.tenders.iter().map(String::as_str).collect();
    let others = recorded
        .iter()
        .filter(|one| !named.contains(one.notice.as_str()));
    let room = options.limit.saturating_sub(chosen.len());
    chosen.extend(others.take(room));
    Ok(chosen)
}

/// Every tender of the wave takes every step; the clock moves between them.
fn play_wave(
    hall: &Hall,
    tell: &Narrator,
    plays: &[Play<'_>],
    options: &Options,
) -> Result<Vec<Finding>, Failure> {
    let step = |chinese: &str,
                english: &str,
                act: &(dyn Fn(&Play<'_>) -> Result<(), Failure> + Sync)| {
        tell.headline(chinese, english, hall.now_ms()?);
        let working = tell.working(&format!("{} tenders side by side", plays.len()));
        let done = AtomicUsize::new(0);
        together(WAVE, plays, |play| {
            act(play).map_err(|mut failure| {
                failure.message = format!("tender {}: {}", play.recorded.notice, failure.message);
                failure
            })?;
            let done = done.fetch_add(1, Ordering::Relaxed) + 1;
            working.now(format!("{done} of {} tenders", plays.len()));
            Ok(())
        })?;
        drop(working);
        tell.say(format!("{} tenders", plays.len()));
        Ok::<(), Failure>(())
    };
    let deadline_ms = hall.now_ms()? + 2 * DAY_MS;
    step("托管人与招标公告", "Trustees, notices", &|play| {
        play.announce(deadline_ms)
    })?;
    step("投标", "Recorded prices, sealed", &|play| play.bid())?;
    hall.advance_to(deadline_ms)?;
    step("开标", "Opening", &|play| play.open())?;
    step("确认与抽取", "Confirmations, draw", &|play| {
        play.draw()
    })?;
    hall.advance_to(hall.now_ms()? + HOUR_MS)?;
    step("评标", "Ranking", &|play| play.rank())?;
    hall.advance_to(hall.now_ms()? + 2 * HOUR_MS)?;
    step("中标", "Award", &|play| play.award())?;

    tell.headline("记录验证", "Records verified", hall.now_ms()?);
    let working = tell.working("fetching and verifying bundles");
    let findings = together(WAVE, plays, |play| play.verify(options.export.as_deref()))?;
    drop(working);
    let header = [
        "tender",
        ">bids",
        ">estimated",
        ">floor %",
        "recorded first",
        "ranked first",
        "comparison",
        "record",
    ];
    let rows: Vec<Vec<String>> = findings.iter().map(Finding::row).collect();
    tell.table(&header, &rows);
    Ok(findings)
}

fn conclude(tell: &Narrator, findings: &[Finding]) {
    let of = |comparison| {
        findings
            .iter()
            .filter(|one| one.comparison == comparison)
            .count()
    };
    tell.say("");
    tell.say(format!(
        "{} as recorded, {} tied, {} exceptions",
        of(Comparison::Alone),
        of(Comparison::Tied),
        of(Comparison::Exception)
    ));
    let expect = |what: &str, holds: fn(&Finding) -> bool| {
        let wrong: Vec<&str> = findings
            .iter()
            .filter(|one| !holds(one))
            .map(|one| one.notice.as_str())
            .collect();
        tell.expect(
            format!("{} tenders: {what}", findings.len()),
            wrong.is_empty(),
            wrong.join(", "),
        );
    };
    expect(
        "the recorded first rank comes out where the rule determines it, and nowhere else",
        Finding::follows_rule,
    );
    expect("every price is read out as it was recorded", |one| {
        one.read_out_as_recorded
    });
    expect(
        "the bundle holds under the trust file, here and in another process",
        Finding::is_verified,
    );
    expect("every receipt is of a statement in the bundle", |one| {
        one.dropped == 0 && one.receipts >= one.bids
    });
}
