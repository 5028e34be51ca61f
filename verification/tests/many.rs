//! Tenders with more bidders than a statement has lines: their lists are named by count and root, and the verifier
//! computes them again.

#![expect(clippy::unwrap_used, reason = "tests may panic")]

use play::{Actor, Bidder, Milestone, Play, SECOND_MS, Script, form_json};
use procedure::Stage;
use procedure::act::{Act, Ties};
use record::bundle::{Bundle, NamedHead, RecordHead, RecordHeadBody};
use record::chain::{ChainHead, ChainId, name_ends};
use record::list::LINES_MAX;
use record::statement::STATEMENT_BYTES_MAX;
use verification::{Options, Report, verify};

/// As few keys as there can be, and no credit: what is not looked at here and takes time.
fn small(script: Script) -> Script {
    Script {
        trustees: 2,
        threshold: 2,
        commits_credit: false,
        ..script
    }
}

/// A tender with so many bidders at these prices, up to the milestone.
fn crowd(script: Script, milestone: Milestone) -> Play {
    let mut play = Play::to(script, Milestone::Announced);
    // The script lets an hour pass between two bids.
    let bidders = std::mem::take(&mut play.script.bidders);
    for bidder in &bidders {
        play.bid(&Actor::new(&bidder.name), &form_json(&bidder.price), "bid");
    }
    play.world.now_ms += SECOND_MS;
    play.go_to(Milestone::Submitted);
    play.script.bidders = bidders;
    play.go_to(milestone);
    play
}

fn bidders(count: usize, price: impl Fn(usize) -> String) -> Vec<Bidder> {
    (1..=count)
        .map(|number| Bidder::new(&format!("b{number:05}"), &price(number)))
        .collect()
}

fn report(play: &Play, bundle: &Bundle) -> Report {
    let options = Options {
        trust: Some(play.world.trust_file().parse().unwrap()),
        receipts: Vec::new(),
    };
    verify(&bundle.write().unwrap(), &options)
}

#[track_caller]
fn fails(report: &Report, check: &str, code: &str) {
    let found = &report.check(check).unwrap().findings;
    let text = report.render_text();
    assert!(found.iter().any(|one| one.code == code), "{text}");
}

/// The one act of a kind on the tender's chain.
fn act<T>(play: &Play, pick: impl Fn(Act) -> Option<T>) -> T {
    let chain = ChainId::Tender(play.tender.clone());
    let entries = play.world.log().chain(&chain);
    let mut found = entries.filter_map(|entry| pick(Act::read(&entry.envelope)?.ok()?));
    found.next().unwrap()
}

/// The record head that an attacker with the log's key signs for what is left.
fn with_new_head(play: &Play, mut bundle: Bundle) -> Bundle {
    let old = bundle.head.body().clone();
    let chains = record::chain::by_chain(bundle.entries.iter().map(|entry| &entry.opening));
    let ends = chains.iter().map(|(chain, openings)| {
        let ChainHead { seq, head } = record::chain::check(openings.iter().copied()).unwrap();
        NamedHead {
            chain: chain.clone(),
            seq,
            head,
        }
    });
    let (chains, accounts) = name_ends(ends.collect(), |end| &end.chain);
    let body = RecordHeadBody {
        chains,
        accounts,
        ..old
    };
    bundle.head = RecordHead::sign(body, play.world.log().key()).unwrap();
    bundle
}

/// Nearly everybody asks for more than the control price, and nearly nobody contributes to a second attempt.
#[test]
fn long_lists_are_named_by_their_roots_and_computed_again() {
    let count = LINES_MAX + 5;
    let price = |number: usize| match number {
        1..=3 => format!("{}.00", 9_000_000 + number),
        _ => "10000000.01".to_owned(),
    };
    let script = Script::plain("T-1").with_bidders(bidders(count, price));
    let mut play = crowd(small(script), Milestone::Frozen);
    play.fail_attempt();
    for who in [
        play.tenderee(),
        play.actor("b00001"),
        play.actor("witness-1"),
    ] {
        play.contribute(&who, 2, "again");
    }
    play.close_collection();
    play.release_contributions();
    play.world.do_duty(&play.tender.clone()).unwrap();
    let Stage::Drawn(drawn) = play.stage() else {
        panic!("stage {}", play.stage().name())
    };
    let members = drawn.drawing.members.len();
    let end_ms = drawn.objection_end_ms();
    let record = drawn.opening_record(&play.tender);
    play.world.wait_until(end_ms);
    let signers = play.record_signers();
    play.world.must(record, &signers.iter().collect::<Vec<_>>());
    let body = play.report();
    play.tenderee_says(body);

    let closing = act(&play, |act| match act {
        Act::Closing(body) => Some(body),
        _ => None,
    });
    let signed = play.world.tender(&play.tender).signers().len();
    assert_eq!(closing.chains.len(), 2);
    // Everybody who signs does so before closing.
    assert_eq!(closing.accounts.unwrap().count, signed as u64);
    let set = act(&play, |act| match act {
        Act::BenchmarkSet(body) => Some(body),
        _ => None,
    });
    assert_eq!((members, set.included, set.excluded.len()), (3, 3, 0));
    assert_eq!(set.excluded_list.unwrap().count, count as u64 - 3);
    let failed = act(&play, |act| match act {
        Act::DrawFailed(body) => Some(body),
        _ => None,
    });
    assert_eq!(failed.unresolved_list.unwrap().count, count as u64 + 2);
    let result = act(&play, |act| match act {
        Act::DrawResult(body) => Some(body),
        _ => None,
    });
    assert_eq!(result.missing_list.unwrap().count, count as u64 - 1);
    assert_eq!((result.removed.len(), result.removed_list), (0, None));

    let good = play.world.bundle_parts(&play.tender);
    assert!(good.head.body().accounts.is_some());
    assert!(good.head.envelope().body.len() < STATEMENT_BYTES_MAX);
    let held = report(&play, &good);
    assert_eq!(held.exit_code(), 0, "{}", held.render_text());

    // A key that is left out: the record head's root does not fit any more, nor does that of closing where an
    // attacker with the log's key signs a new head.
    let mut cut = good.clone();
    let account = ChainId::Account(play.actor("b00777").id().clone());
    cut.entries.retain(|entry| entry.opening.chain != account);
    let bent = report(&play, &cut);
    assert_eq!(bent.exit_code(), 1);
    fails(&bent, "V2", "chain-cut");
    let bent = report(&play, &with_new_head(&play, cut));
    assert_eq!(bent.exit_code(), 1);
    fails(&bent, "V2", "closing-end-differs");
}

/// Everybody asks the same price, and ties are reported, not drawn.
#[test]
fn a_first_place_of_many_is_named_by_its_root_and_one_of_them_wins() {
    let count = LINES_MAX + 1;
    let all = bidders(count, |_| "9000000.00".to_owned());
    let mut script = Script::plain("T-1").with_bidders(all);
    script.rules = play::rules(&["jiangsu-3"]);
    script.rules.ties = Ties::Report;
    let mut play = crowd(small(script), Milestone::Evaluated);
    let body = play.report_said();
    assert_eq!((body.ranked as usize, body.places.len()), (count, 0));
    assert_eq!(body.places_list.unwrap().count, count as u64);
    let candidates = play.candidates();
    assert_eq!(candidates.candidates_list, body.places_list);
    play.go_to(Milestone::Awarded);
    let bundle = play.world.bundle_parts(&play.tender);
    let held = report(&play, &bundle);
    assert_eq!(held.exit_code(), 0, "{}", held.render_text());
    let Stage::Awarded(awarded) = play.stage() else {
        panic!("stage {}", play.stage().name())
    };
    assert_eq!(awarded.place.rank, 1);
}
