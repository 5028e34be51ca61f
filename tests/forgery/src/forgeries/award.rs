//! Credit, evaluation, candidates, award.

use procedure::act::{Act, Award, EvaluationReport};
use record::{Digest, Identifier};

use super::{BOTH, refused};
use crate::{Bench, Forged, Forgery, Holder, Line, signed, stock};

/// The plain record with the act of one kind bent where it stands, under the log as it is: everything in front
/// of it can be followed, so that the check that answers for it is asked.
fn in_place(play: &'static play::Play, kind: &str, change: impl FnOnce(&mut Act)) -> Forged {
    let bench = Bench::with_log_key(play);
    let mut bundle = bench.bundle.clone();
    let entry = bundle
        .entries
        .iter_mut()
        .rfind(|one| one.envelope.kind() == kind);
    let entry = entry.expect("there is one");
    let mut act = Act::read(&entry.envelope)
        .expect("our kind")
        .expect("its form");
    let before = act.clone();
    change(&mut act);
    assert_ne!(before, act, "nothing was changed");
    entry.envelope = signed(&act, &[play.tenderee().key()]);
    bench.presented(bundle.write().expect("the parts fit together"))
}

/// The same logged anew from there on: only the log's key and the tenderee's are needed.
fn relogged(play: &'static play::Play, kind: &str, change: impl FnOnce(&mut Act)) -> Forged {
    let bench = Bench::with_log_key(play);
    let place = bench.last(kind);
    let bench = bench.rewrite_at(place, &[&play.tenderee()], change);
    super::history::relogged_from(&bench, place)
}

fn report(change: impl FnOnce(&mut EvaluationReport)) -> Forged {
    relogged(stock::plain(), "evaluation-report", |act| match act {
        Act::EvaluationReport(body) => change(body),
        _ => panic!("a report is a report"),
    })
}

fn award(change: impl FnOnce(&mut Award)) -> Forged {
    relogged(stock::plain(), "award", |act| match act {
        Act::Award(body) => change(body),
        _ => panic!("an award is an award"),
    })
}

fn credit(change: impl FnOnce(&mut procedure::act::CreditSnapshot)) -> Forged {
    let play = stock::plain();
    let act = |act: &mut Act| match act {
        Act::CreditSnapshot(body) => change(body),
        _ => panic!("a snapshot is one"),
    };
    Bench::of(play)
        .rewrite("credit-snapshot", &[&play.credit_source()], act)
        .forged()
}

const WITH_SOURCE: &[Holder] = &[Holder::Log, Holder::Platform, Holder::CreditSource];
const LOG_AND_TENDEREE: &[Holder] = &[Holder::Log, Holder::Tenderee];

pub(super) const ROWS: &[Forgery] = &[
    Forgery {
        name: "changed credit",
        story: "a friend gets a better credit value when prices are known",
        keys: WITH_SOURCE,
        make: || credit(|body| body.values[0].value = "100".to_owned()),
        verdict: refused("V10", "credit-swapped"),
    },
    Forgery {
        name: "credit of one bidder left out",
        story: "the snapshot forgets a bidder, who then has the value for nobody knows",
        keys: WITH_SOURCE,
        make: || {
            credit(|body| {
                body.values.pop();
            })
        },
        verdict: refused("V10", "credit-swapped"),
    },
    Forgery {
        name: "two credit commitments",
        story: "the source commits twice, to choose later",
        keys: WITH_SOURCE,
        make: || {
            let play = stock::plain();
            let source = play.credit_source();
            let bench = Bench::of(play);
            let place = bench.first("closing");
            let mut act = bench.lines[bench.first("credit-committed")].act();
            if let Act::CreditCommitted(body) = &mut act {
                body.snapshot = Digest::sha256(b"the other one");
            }
            bench
                .insert(place, Line::new(&act, &[source.key()], 0))
                .forged()
        },
        verdict: refused("V10", "credit-committed"),
    },
    Forgery {
        name: "credit not opened",
        story: "the snapshot is left out, so that everybody would have the same value",
        keys: &[Holder::Log],
        make: || {
            let bench = Bench::with_log_key(stock::plain());
            let place = bench.first("credit-snapshot");
            let bench = bench.drop(|line| line.kind() == "credit-snapshot");
            super::history::relogged_from(&bench, place)
        },
        verdict: refused("V10", "credit-missing"),
    },
    Forgery {
        name: "report with another result",
        story: "the report names the digest of another evaluation",
        keys: LOG_AND_TENDEREE,
        make: || report(|body| body.result = Digest::ZERO),
        verdict: refused("V10", "evaluation-differs"),
    },
    Forgery {
        name: "wrong rounding",
        story: "the benchmark is rounded down instead of half up",
        keys: LOG_AND_TENDEREE,
        make: || {
            report(|body| {
                let benchmark = body.benchmark.as_mut().expect("there is one");
                let last = benchmark.pop().expect("it has digits");
                benchmark.push(if last == '0' { '1' } else { '0' });
            })
        },
        verdict: refused("V10", "benchmark-differs"),
    },
    Forgery {
        name: "other places",
        story: "first and second change places in the report",
        keys: LOG_AND_TENDEREE,
        make: || {
            report(|body| {
                let (first, second) = (body.places[0].clone(), body.places[1].clone());
                (body.places[0].bidder, body.places[0].price) = (second.bidder, second.price);
                (body.places[1].bidder, body.places[1].price) = (first.bidder, first.price);
            })
        },
        verdict: refused("V10", "places-differ"),
    },
    Forgery {
        name: "fewer ranked",
        story: "the report says that two bids have a rank, and three have",
        keys: LOG_AND_TENDEREE,
        make: || report(|body| body.ranked -= 1),
        verdict: refused("V10", "ranking-differs"),
    },
    Forgery {
        name: "price in the report",
        story: "the first place gets another price",
        keys: LOG_AND_TENDEREE,
        make: || report(|body| body.places[0].price = "9999999.00".to_owned()),
        verdict: refused("V10", "places-differ"),
    },
    Forgery {
        name: "report exchanged in the bundle",
        story: "another report stands where the log names the first one",
        keys: &[Holder::Tenderee],
        make: || {
            in_place(stock::plain(), "evaluation-report", |act| {
                if let Act::EvaluationReport(body) = act {
                    body.places.swap(0, 1);
                }
            })
        },
        verdict: refused("V4", "entry-other-statement"),
    },
    Forgery {
        name: "draw among equals turned",
        story: "the lot fell on one of equals, and the report says another one",
        keys: LOG_AND_TENDEREE,
        make: || {
            relogged(stock::fixed_price(), "evaluation-report", |act| {
                let Act::EvaluationReport(body) = act else {
                    return;
                };
                let (first, second) =
                    (body.places[0].bidder.clone(), body.places[1].bidder.clone());
                (body.places[0].bidder, body.places[1].bidder) = (second, first);
            })
        },
        verdict: refused("V10", "places-differ"),
    },
    Forgery {
        name: "other candidates",
        story: "the published candidates are not those of the report",
        keys: LOG_AND_TENDEREE,
        make: || {
            relogged(stock::plain(), "candidates", |act| {
                if let Act::Candidates(body) = act {
                    body.candidates.remove(0);
                }
            })
        },
        verdict: refused("V10", "candidates-mismatch"),
    },
    Forgery {
        name: "candidates of another report",
        story: "the candidates name a report that is not in the record",
        keys: LOG_AND_TENDEREE,
        make: || {
            relogged(stock::plain(), "candidates", |act| {
                if let Act::Candidates(body) = act {
                    body.report = Digest::ZERO;
                }
            })
        },
        verdict: refused("V10", "candidates-mismatch"),
    },
    Forgery {
        name: "award to another",
        story: "the second candidate wins",
        keys: LOG_AND_TENDEREE,
        make: || {
            award(|body| {
                let others = ["b1", "b2", "b3"].into_iter();
                let other = others.map(|name| Identifier::new(name).expect("well-formed"));
                let winner = body.winner.clone();
                body.winner = other
                    .into_iter()
                    .find(|one| *one != winner)
                    .expect("three bid");
            })
        },
        verdict: refused("V10", "winner-mismatch"),
    },
    Forgery {
        name: "award at another price",
        story: "the winner is paid more than it bid",
        keys: LOG_AND_TENDEREE,
        make: || award(|body| body.price = "9999999.00".to_owned()),
        verdict: refused("V10", "winner-mismatch"),
    },
    Forgery {
        name: "award without a report",
        story: "the report is left out",
        keys: LOG_AND_TENDEREE,
        make: || {
            let bench = Bench::with_log_key(stock::plain());
            let place = bench.first("evaluation-report");
            let bench = bench.drop(|line| line.kind() == "evaluation-report");
            super::history::relogged_from(&bench, place)
        },
        verdict: refused("V10", "stage-mismatch"),
    },
    Forgery {
        name: "opening record of other statements",
        story: "the opening record names another result of the draw",
        keys: BOTH,
        make: || {
            let play = stock::plain();
            let bench = Bench::with_log_key(play);
            let place = bench.first("opening-record");
            let bench = bench.rewrite_at(place, &[&play.tenderee()], |act| {
                if let Act::OpeningRecord(body) = act {
                    body.draw_result = Digest::ZERO;
                }
            });
            super::history::relogged_from(&bench, place)
        },
        verdict: refused("V9", "result-mismatch"),
    },
    Forgery {
        name: "tender ended after the prices were seen",
        story: "the tenderee ends the tender for a major change when the wrong bidder leads",
        keys: LOG_AND_TENDEREE,
        make: || {
            let play = stock::plain();
            let tenderee = play.tenderee();
            let body = procedure::act::TenderTerminated {
                tender: play.tender.clone(),
                cause: procedure::act::TerminationCause::MajorChange,
                reason: "规模调整".to_owned(),
            };
            let mut bench = Bench::with_log_key(play);
            let place = bench.first("award");
            bench.lines.truncate(place);
            let at_ms = bench.lines[place - 1].time_ms;
            bench
                .lines
                .push(Line::new(&body.into(), &[tenderee.key()], at_ms));
            super::history::relogged_from(&bench, place)
        },
        verdict: refused("V4", "shares-released"),
    },
];
