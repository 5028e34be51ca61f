//! A well-formed statement of every kind, as it could be made in a situation.

use std::collections::BTreeMap;

use play::{Actor, DAY_MS, MINUTE_MS, Milestone, Play, form_json, id};
use procedure::Stage;
use procedure::act::*;
use record::Digest;
use record::sealing::EnvelopeKind;

use super::situations::termination;
use super::{Row, at};

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
                further: Vec::new(),
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

fn outage_rows(play: &Play, reference: &Play) -> Vec<Row> {
    let platform = play.world.platform().clone();
    let announced = play.stage().bidding().map_or(reference, |_| play);
    let until_ms = announced.bidding().deadline_ms;
    let outage = announced.outage(&[NotServing {
        from_ms: until_ms - MINUTE_MS,
        until_ms,
    }]);
    let resumed = Resumed {
        tender: play.tender.clone(),
        outage: Digest::ZERO,
        deadline_ms: until_ms,
    };
    vec![
        row("outage", outage, &[&platform]),
        row("resumed", owed_or(play, resumed), &[&platform]),
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
            excluded_list: None,
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
        unresolved_list: None,
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
        removed_list: None,
        missing_list: None,
    };
    let record = match play.stage().drawn() {
        Some(drawn) => drawn.opening_record(&tender),
        None => OpeningRecord {
            tender: tender.clone(),
            closing: Digest::ZERO,
            results: Vec::new(),
            benchmark_set: Digest::ZERO,
            draw_result: Digest::ZERO,
            results_list: None,
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
            places_list: None,
        },
    };
    let candidates = match play.stage() {
        Stage::Evaluated(_) => play.candidates(),
        _ => Candidates {
            tender: tender.clone(),
            report: Digest::ZERO,
            candidates: vec![place.clone()],
            publicity_until_ms: play.world.now_ms + DAY_MS,
            candidates_list: None,
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

pub fn rows(play: &Play, reference: &Play) -> Vec<Row> {
    let phases = [
        draft_rows(play, reference),
        bidding_rows(play, reference),
        release_rows(play, reference),
        outage_rows(play, reference),
        opening_rows(play, reference),
        drawing_rows(play),
        award_rows(play),
    ];
    phases.into_iter().flatten().collect()
}
