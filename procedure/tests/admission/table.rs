//! The table of situation x statement kind: what is admitted, what is refused and with which code.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use play::{Actor, DAY_MS, Milestone, Play, Script, World, form_json, id};
use procedure::act::*;
use procedure::{Code, Stage};
use record::Digest;
use record::sealing::EnvelopeKind;

/// A statement that could be made, well-formed and by the right signer, and what it is called in the table.
struct Row {
    name: &'static str,
    act: Act,
    signers: Vec<Actor>,
}

fn at(milestone: Milestone) -> Play {
    let mut world = World::demo();
    for newcomer in ["newcomer", "trustee-9"] {
        world.register(&Actor::new(newcomer));
    }
    let mut play = Play::in_world(world, Script::plain("T-1"));
    play.go_to(milestone);
    play
}

fn later(mut play: Play, time_ms: impl Fn(&Play) -> u64) -> Play {
    play.world.now_ms = time_ms(&play);
    play
}

/// The situations, in the order of a tender's life. The name begins with the stage.
fn situations() -> Vec<(&'static str, Play)> {
    let mut dealt = at(Milestone::Rehearsed);
    let Stage::Draft(preparation) = dealt.stage() else {
        panic!("a draft")
    };
    let set = *preparation.sets.keys().next().expect("a set");
    let (again, platform) = (
        play::rehearsal(&dealt.world, &dealt.tender, &set),
        dealt.world.platform().clone(),
    );
    dealt.world.must(again, &[&platform]);

    let mut unannounced = at(Milestone::Rehearsed);
    let notice = unannounced.notice();
    unannounced.tenderee_says(notice);

    let mut closed = at(Milestone::Submitted);
    let (bidder, manifest) = (closed.actor("b1"), closed.manifest("b1"));
    closed.world.must(
        BidWithdrawn {
            tender: closed.tender.clone(),
            manifest,
        },
        &[&bidder],
    );
    closed.close();

    let mut failed = closed.clone();
    failed.world.do_duties(&failed.tender.clone());

    let mut pending = at(Milestone::Opened);
    pending.object("b1", Matter::Opening);

    let mut one_failed = at(Milestone::Frozen);
    one_failed.world.now_ms += DAY_MS;
    one_failed.world.do_duty(&one_failed.tender.clone());
    let mut second = at(Milestone::Frozen);
    second.fail_attempt();
    let mut released = at(Milestone::Frozen);
    released.release_contributions();

    let mut terminated = at(Milestone::Submitted);
    let body = termination(&terminated, TerminationCause::MajorChange);
    terminated.tenderee_says(body);

    vec![
        ("draft: a rehearsal is under way", dealt),
        (
            "draft: the trustees have rehearsed",
            at(Milestone::Rehearsed),
        ),
        ("announced: the draw is not announced yet", unannounced),
        (
            "announced: one millisecond before the deadline",
            at(Milestone::Submitted),
        ),
        (
            "announced: at the deadline",
            later(at(Milestone::Submitted), |play| {
                play.bidding().notice.deadline_ms
            }),
        ),
        ("closed: fewer bidders than the minimum", closed),
        ("opening: nothing is released", at(Milestone::Closed)),
        ("opening: everything is released", at(Milestone::Released)),
        (
            "opening: the window is over",
            later(at(Milestone::Closed), |play| {
                let Stage::Opening(opening) = play.stage() else {
                    panic!("stage opening")
                };
                opening.window_end_ms()
            }),
        ),
        (
            "opened: bidders may confirm and object",
            at(Milestone::Opened),
        ),
        ("opened: an objection is pending", pending),
        ("opened: everybody has confirmed", at(Milestone::Confirmed)),
        (
            "drawing: contributions are to be released",
            at(Milestone::Frozen),
        ),
        ("drawing: contributions are released", released),
        (
            "drawing: the window is over",
            later(at(Milestone::Frozen), |play| {
                play.stage()
                    .drawing()
                    .and_then(|drawing| drawing.release_end_ms())
                    .expect("a window")
            }),
        ),
        ("drawing: the attempt has failed", one_failed),
        ("drawing: a second attempt collects", second.clone()),
        (
            "drawing: the second attempt has collected",
            later(second, |play| {
                let drawing = play.stage().drawing().expect("a draw");
                drawing.collection_end_ms(drawing.last().expect("an attempt"))
            }),
        ),
        ("drawn: the draw may be objected to", at(Milestone::Drawn)),
        (
            "drawn: the window is over",
            later(at(Milestone::Drawn), |play| {
                play.stage().drawn().expect("drawn").objection_end_ms()
            }),
        ),
        ("evaluation", at(Milestone::Recorded)),
        ("evaluated", at(Milestone::Evaluated)),
        ("candidates: published", at(Milestone::Published)),
        (
            "candidates: publicity is over",
            later(at(Milestone::Published), |play| {
                play.world.now_ms + 2 * DAY_MS
            }),
        ),
        ("awarded", at(Milestone::Awarded)),
        ("failed", failed),
        ("terminated", terminated),
    ]
}

fn termination(play: &Play, cause: TerminationCause) -> TenderTerminated {
    TenderTerminated {
        tender: play.tender.clone(),
        cause,
        reason: "规划调整".into(),
    }
}

/// What the platform owes in this situation, if it is of the kind that `sample` shows; otherwise `sample`.
fn owed_or(play: &Play, sample: impl Into<Act>) -> Act {
    let sample = sample.into();
    play.world
        .owed(&play.tender)
        .filter(|owed| owed.kind() == sample.kind())
        .unwrap_or(sample)
}

fn draft_rows(play: &Play, reference: &Play) -> Vec<Row> {
    let tender = play.tender.clone();
    let (tenderee, platform) = (play.tenderee(), play.world.platform().clone());
    let newcomer = Actor::new("trustee-9");
    let set = TrusteeSet {
        threshold: 3,
        ..play.trustee_set()
    };
    let first_set = reference.bidding().notice.trustee_set;
    let rehearsal = match play.stage() {
        Stage::Draft(_) => play::rehearsal(&play.world, &tender, &first_set),
        _ => play::rehearsal(&at(Milestone::Rehearsed).world, &tender, &first_set),
    };
    let mut notice = reference.bidding().notice.clone();
    notice.deadline_ms = notice.deadline_ms.max(play.world.now_ms + DAY_MS);
    notice.opening_ms = notice.deadline_ms;
    notice.publicity_days += 1;
    let created = TenderCreated {
        tender: tender.clone(),
        project: id("P-2"),
        title: "另一标段".into(),
        tenderee: tenderee.id().clone(),
    };
    let key = newcomer.hpke().public().clone();
    let trustee_key = TrusteeKey {
        tender,
        trustee: newcomer.id().clone(),
        key,
    };
    vec![
        row("tender-created", created, &[&tenderee]),
        row("trustee-key", trustee_key, &[&newcomer]),
        Row {
            name: "trustee-set",
            act: set.into(),
            signers: play.set_signers(),
        },
        row("rehearsal-dealt", rehearsal, &[&platform]),
        row("notice", notice, &[&tenderee]),
    ]
}

fn row(name: &'static str, act: impl Into<Act>, signers: &[&Actor]) -> Row {
    Row {
        name,
        act: act.into(),
        signers: signers.iter().map(|actor| (*actor).clone()).collect(),
    }
}

fn bidding_rows(play: &Play, reference: &Play) -> Vec<Row> {
    let tender = play.tender.clone();
    let (tenderee, bidder, newcomer) = (play.tenderee(), play.actor("b1"), Actor::new("newcomer"));
    let (platform, source) = (play.world.platform().clone(), play.credit_source());
    let attempts = play
        .stage()
        .drawing()
        .map_or(0, |drawing| drawing.attempts.len() as u32);
    let failed = play
        .stage()
        .drawing()
        .and_then(|drawing| drawing.last())
        .is_some_and(|last| last.failed.is_some());
    let announced = play.stage().bidding().unwrap_or(reference.bidding());
    let next_attempt = attempts + u32::from(failed || attempts == 0);
    let announcement = play::announcement(&announced.notice, announced.notice_id, next_attempt);
    let attempt = attempts.max(1);
    let contribution = |who: &Actor| reference.contribution(who, attempt, "table").0;
    vec![
        row("draw-announce", announcement, &[&platform]),
        row(
            "credit-committed",
            CreditCommitted {
                tender: tender.clone(),
                snapshot: Digest::ZERO,
            },
            &[&source],
        ),
        row(
            "bid-manifest, first",
            reference
                .seal(&newcomer, &form_json("9000000"), "table")
                .manifest,
            &[&newcomer],
        ),
        row(
            "bid-manifest, replacing",
            reference
                .seal(&bidder, &form_json("9000000"), "table")
                .manifest,
            &[&bidder],
        ),
        row(
            "bid-withdrawn",
            BidWithdrawn {
                tender,
                manifest: reference.manifest("b1"),
            },
            &[&bidder],
        ),
        row(
            "draw-contribution, tenderee",
            contribution(&tenderee),
            &[&tenderee],
        ),
        row(
            "draw-contribution, bidder",
            contribution(&bidder),
            &[&bidder],
        ),
    ]
}

fn release_rows(play: &Play, reference: &Play) -> Vec<Row> {
    let (bidder, trustee) = (play.actor("b1"), play.trustee(1));
    let tender = play.tender.clone();
    let manifest = reference.manifest("b1");
    let shares = vec![ReleasedShare {
        envelope: manifest,
        share: None,
    }];
    let release = |kind| ShareRelease {
        tender: tender.clone(),
        slot: 1,
        kind,
        shares: shares.clone(),
    };
    let rehearsal = match play.stage() {
        Stage::Draft(_) => play.rehearsal_release(1),
        _ => release(EnvelopeKind::Rehearsal),
    };
    let key = |keys: &BTreeMap<Digest, record::sealing::FileKey>| Digest(*keys[&manifest].bytes());
    let open = |kind, key| BidOpened {
        tender: tender.clone(),
        envelope: manifest,
        kind,
        key,
    };
    let opening = open(EnvelopeKind::Opening, key(&reference.opening_keys));
    let contrib = open(EnvelopeKind::Contrib, key(&reference.contrib_keys));
    vec![
        row("share-release, rehearsal", rehearsal, &[&trustee]),
        row(
            "share-release, opening",
            release(EnvelopeKind::Opening),
            &[&trustee],
        ),
        row(
            "share-release, contrib",
            release(EnvelopeKind::Contrib),
            &[&trustee],
        ),
        row("bid-opened, opening", opening, &[&bidder]),
        row("bid-opened, contrib", contrib, &[&bidder]),
    ]
}

fn opening_rows(play: &Play, reference: &Play) -> Vec<Row> {
    let tender = play.tender.clone();
    let (tenderee, platform, bidder) = (
        play.tenderee(),
        play.world.platform().clone(),
        play.actor("b1"),
    );
    let manifest = reference.manifest("b1");
    let page = match play.stage() {
        Stage::Opening(opening) => opening.next_page(&tender, &opening.results()),
        _ => OpeningResults {
            tender: tender.clone(),
            page: 1,
            pages: 1,
            results: Vec::new(),
        },
    };
    let matter = match play.stage() {
        Stage::Drawn(_) => Matter::Draw,
        Stage::Candidates(_) => Matter::Candidates,
        _ => Matter::Opening,
    };
    let pending = play
        .state()
        .objections()
        .keys()
        .next()
        .copied()
        .unwrap_or(Digest::ZERO);
    let answer = ObjectionAnswered {
        tender: tender.clone(),
        objection: pending,
        upheld: false,
        text: "否".into(),
    };
    let set = match play.stage() {
        Stage::Opened(opened) => opened.benchmark_set(&tender).1,
        _ => BenchmarkSet {
            tender: tender.clone(),
            included: 3,
            excluded: Vec::new(),
        },
    };
    let confirmed = ReadOutConfirmed {
        tender,
        manifest,
        agrees: true,
    };
    let confirmed = ReadOutConfirmed {
        agrees: !matches!(play.stage(), Stage::Opened(_)),
        ..confirmed
    };
    let mut objection = play.objection("b1", matter);
    objection.text = "另一异议。".into();
    vec![
        row("closing", play.world.closing(&play.tender), &[&platform]),
        row("opening-results", page, &[&platform]),
        row("read-out-confirmed", confirmed, &[&bidder]),
        row("objection", objection, &[&bidder]),
        row("objection-answered", answer, &[&tenderee]),
        row("benchmark-set", set, &[&tenderee]),
    ]
}

fn drawing_rows(play: &Play) -> Vec<Row> {
    let tender = play.tender.clone();
    let platform = play.world.platform().clone();
    let attempt = play
        .stage()
        .drawing()
        .map_or(1, |drawing| drawing.attempts.len() as u32);
    let reason = DrawFailure::TooFewShares;
    let failed = DrawFailed {
        tender: tender.clone(),
        attempt,
        reason,
        unresolved: Vec::new(),
    };
    let result = DrawResult {
        tender: tender.clone(),
        draw: id("benchmark"),
        attempt,
        announce: Digest::ZERO,
        counted: 0,
        removed: Vec::new(),
        missing: Vec::new(),
        seed: Digest::ZERO,
        method: "jiangsu-1".into(),
        parameters: BTreeMap::new(),
    };
    let record = match play.stage().drawn() {
        Some(drawn) => drawn.opening_record(&tender),
        None => OpeningRecord {
            tender: tender.clone(),
            closing: Digest::ZERO,
            results: Vec::new(),
            benchmark_set: Digest::ZERO,
            draw_result: Digest::ZERO,
        },
    };
    vec![
        row("draw-close", DrawClose { tender, attempt }, &[&platform]),
        row("draw-failed", owed_or(play, failed), &[&platform]),
        row("draw-result", owed_or(play, result), &[&platform]),
        Row {
            name: "opening-record",
            act: record.into(),
            signers: play.record_signers(),
        },
    ]
}

fn award_rows(play: &Play) -> Vec<Row> {
    let tender = play.tender.clone();
    let (tenderee, platform) = (play.tenderee(), play.world.platform().clone());
    let (supervisor, source) = (play.supervisor(), play.credit_source());
    let place = Place {
        rank: 1,
        bidder: id("b3"),
        price: "8875000.00".into(),
    };
    let report = match play.stage() {
        Stage::Evaluation(_) => play.report(),
        _ => EvaluationReport {
            tender: tender.clone(),
            result: Digest::ZERO,
            benchmark: None,
            ranked: 3,
            places: vec![place.clone()],
            competition_note: None,
        },
    };
    let candidates = match play.stage() {
        Stage::Evaluated(_) => play.candidates(),
        _ => Candidates {
            tender: tender.clone(),
            report: Digest::ZERO,
            candidates: vec![place.clone()],
            publicity_until_ms: play.world.now_ms + DAY_MS,
        },
    };
    let award = match play.stage() {
        Stage::Candidates(_) => play.award_body(),
        _ => Award {
            tender: tender.clone(),
            winner: place.bidder,
            price: place.price,
            reason: None,
        },
    };
    let failed = TenderFailed {
        tender,
        failure: Failure::FewerThanMinimum,
    };
    let (changed, ordered) = (
        TerminationCause::MajorChange,
        TerminationCause::SupervisorOrder,
    );
    vec![
        row("credit-snapshot", play.credit_snapshot(), &[&source]),
        row("evaluation-report", report, &[&tenderee]),
        row("candidates", candidates, &[&tenderee]),
        row("award", award, &[&tenderee]),
        row("tender-failed", owed_or(play, failed), &[&platform]),
        row(
            "tender-terminated, change",
            termination(play, changed),
            &[&tenderee],
        ),
        row(
            "tender-terminated, order",
            termination(play, ordered),
            &[&tenderee, &supervisor],
        ),
    ]
}

fn rows(play: &Play, reference: &Play) -> Vec<Row> {
    let phases = [
        draft_rows(play, reference),
        bidding_rows(play, reference),
        release_rows(play, reference),
        opening_rows(play, reference),
        drawing_rows(play),
        award_rows(play),
    ];
    phases.into_iter().flatten().collect()
}

/// Code of the refusal; `None`: admitted.
fn verdict(play: &Play, row: &Row) -> Option<Code> {
    let mut world = play.world.clone();
    let signers: Vec<&Actor> = row.signers.iter().collect();
    let before = world.tender(&play.tender).clone();
    let code = world
        .admit(row.act.clone(), &signers)
        .err()
        .map(|refusal| refusal.code);
    assert_eq!(
        code.is_some(),
        before == *world.tender(&play.tender),
        "{}",
        row.name
    );
    code
}

fn table() -> (String, BTreeSet<&'static str>) {
    let reference = at(Milestone::Submitted);
    let mut matrix: BTreeMap<usize, (&'static str, String)> = BTreeMap::new();
    let mut kinds = BTreeSet::new();
    let mut legend = String::new();
    let mut details = String::new();
    for (number, (name, play)) in situations().into_iter().enumerate() {
        assert!(
            name.starts_with(play.stage().name()),
            "{name}: {}",
            play.stage().name()
        );
        let _ = writeln!(legend, "{:>4}  {name}", number + 1);
        let mut refused: BTreeMap<Code, Vec<&str>> = BTreeMap::new();
        let mut admitted = Vec::new();
        for (place, row) in rows(&play, &reference).iter().enumerate() {
            kinds.insert(row.act.kind());
            let verdict = verdict(&play, row);
            let mark = if verdict.is_none() { "  x" } else { "  ." };
            matrix
                .entry(place)
                .or_insert_with(|| (row.name, String::new()))
                .1
                .push_str(mark);
            match verdict {
                None => admitted.push(row.name),
                Some(code) => refused.entry(code).or_default().push(row.name),
            }
        }
        let _ = write!(
            details,
            "\n({}) {name}\n    admitted: {}\n",
            number + 1,
            admitted.join("; ")
        );
        for (code, names) in refused {
            let _ = writeln!(
                details,
                "    {} ({} {})\n        {}",
                code.as_str(),
                code.zh(),
                code.en(),
                names.join("; ")
            );
        }
    }
    let columns = matrix
        .values()
        .next()
        .map_or(0, |(_, marks)| marks.len() / 3);
    let mut text = format!(
        "Situations\n{legend}\nWho may say what (x admitted, . refused)\n{:28}",
        ""
    );
    (1..=columns).for_each(|column| {
        let _ = write!(text, "{column:>3}");
    });
    text.push('\n');
    for (name, marks) in matrix.values() {
        let _ = writeln!(text, "{name:28}{marks}");
    }
    let _ = write!(text, "\nWhy not{details}");
    (text, kinds)
}

#[test]
fn what_may_be_said_when() {
    let (text, kinds) = table();
    // Accounts, keys and roles stand on chains of their own, whatever becomes of a tender.
    let elsewhere = [
        "account-registered",
        "key-registered",
        "key-revoked",
        "role-granted",
    ];
    let missing: Vec<_> = Act::KINDS
        .iter()
        .filter(|kind| !kinds.contains(*kind) && !elsewhere.contains(kind))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
    insta::assert_snapshot!(text);
}
