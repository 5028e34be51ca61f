//! The draw: announcement, contributors, contributions, attempts, seed, outcome.

use play::Actor;
use procedure::act::{Act, DrawnValue};
use record::sealing::EnvelopeKind;
use record::{Digest, Identifier};

use super::{BOTH, OPERATOR, refused};
use crate::{Bench, Forged, Forgery, Holder, Line, Verdict, stock};

/// The plain record with another result of the draw, signed by the platform.
fn result(change: impl FnOnce(&mut procedure::act::DrawResult)) -> Forged {
    let play = stock::plain();
    let act = |act: &mut Act| match act {
        Act::DrawResult(body) => change(body),
        _ => panic!("a result is a result"),
    };
    Bench::of(play)
        .rewrite("draw-result", &[play.world.platform()], act)
        .forged()
}

fn announce(change: impl FnOnce(&mut procedure::act::DrawAnnounce)) -> Forged {
    let play = stock::plain();
    let act = |act: &mut Act| match act {
        Act::DrawAnnounce(body) => change(body),
        _ => panic!("an announcement is one"),
    };
    Bench::of(play)
        .rewrite("draw-announce", &[play.world.platform()], act)
        .forged()
}

/// The eventful record with its benchmark set bent where it stands, under the log as it is.
fn set(
    play: &'static play::Play,
    change: impl FnOnce(&mut procedure::act::BenchmarkSet),
) -> Forged {
    let act = |act: &mut Act| match act {
        Act::BenchmarkSet(body) => change(body),
        _ => panic!("a set is a set"),
    };
    Bench::of(play)
        .rewrite("benchmark-set", &[&play.tenderee()], act)
        .forged()
}

pub(super) const ROWS: &[Forgery] = &[
    Forgery {
        name: "hidden failure",
        story: "a second attempt is announced, and the record does not say that the first one failed",
        keys: OPERATOR,
        make: || {
            Bench::of(stock::eventful())
                .drop(|line| line.kind() == "draw-failed")
                .forged()
        },
        verdict: refused("V9", "attempt-without-failure"),
    },
    Forgery {
        name: "hidden attempt",
        story: "the first attempt, whose result did not suit, is left out",
        keys: OPERATOR,
        make: || {
            Bench::of(stock::eventful())
                .drop(|line| matches!(line.act(), Act::DrawAnnounce(body) if body.attempt == 1))
                .forged()
        },
        verdict: refused("V9", "attempt-hidden"),
    },
    Forgery {
        name: "redraw without failure",
        story: "the platform says that an attempt failed which everybody could open",
        keys: OPERATOR,
        make: || {
            let play = stock::plain();
            let failed = Bench::of(stock::eventful());
            let mut act = failed.lines[failed.first("draw-failed")].act();
            if let Act::DrawFailed(body) = &mut act {
                body.unresolved.clear();
            }
            let bench = Bench::of(play);
            let place = bench.first("draw-result");
            bench
                .insert(place, Line::new(&act, &[play.world.platform().key()], 0))
                .forged()
        },
        verdict: refused("V9", "result-mismatch"),
    },
    Forgery {
        name: "drawn twice",
        story: "a second result is appended behind the first",
        keys: OPERATOR,
        make: || {
            let play = stock::plain();
            let bench = Bench::of(play);
            let place = bench.first("draw-result");
            let mut act = bench.lines[place].act();
            if let Act::DrawResult(body) = &mut act {
                body.seed = Digest::sha256(b"better");
            }
            bench
                .insert(
                    place + 1,
                    Line::new(&act, &[play.world.platform().key()], 0),
                )
                .forged()
        },
        verdict: refused("V9", "stage-mismatch"),
    },
    Forgery {
        name: "another seed",
        story: "the result names a seed of the platform's choice",
        keys: OPERATOR,
        make: || result(|body| body.seed = Digest::ZERO),
        verdict: refused("V9", "seed-differs"),
    },
    Forgery {
        name: "another parameter than drawn",
        story: "the seed gives one K, the result says another",
        keys: OPERATOR,
        make: || {
            result(|body| {
                let chosen = DrawnValue::Decimal("0.95".to_owned());
                body.parameters = [("K".to_owned(), chosen)].into();
            })
        },
        verdict: refused("V9", "outcome-differs"),
    },
    Forgery {
        name: "another method than drawn",
        story: "the seed gives one method, the result says the other one",
        keys: OPERATOR,
        make: || {
            result(|body| {
                let other = if body.method == "jiangsu-1" {
                    "jiangsu-2"
                } else {
                    "jiangsu-1"
                };
                body.method = other.to_owned();
            })
        },
        verdict: refused("V9", "outcome-differs"),
    },
    Forgery {
        name: "another shortlist than drawn",
        story: "the other way of shortlisting is applied",
        keys: OPERATOR,
        make: || {
            let play = stock::shortlisted();
            Bench::of(play)
                .rewrite("draw-result", &[play.world.platform()], |act| {
                    let Act::DrawResult(body) = act else { return };
                    let Some(DrawnValue::Index(index)) = body.parameters.get_mut("shortlist")
                    else {
                        panic!("a shortlist is drawn")
                    };
                    *index = 1 - *index;
                })
                .forged()
        },
        verdict: refused("V9", "outcome-differs"),
    },
    Forgery {
        name: "contribution not counted",
        story: "the result counts one contribution less",
        keys: OPERATOR,
        make: || result(|body| body.counted -= 1),
        verdict: refused("V9", "counted-set-differs"),
    },
    Forgery {
        name: "contribution removed",
        story: "the result removes a contribution that could be opened",
        keys: OPERATOR,
        make: || {
            result(|body| {
                body.removed = vec![stock::plain().manifest("b1")];
                body.counted -= 1;
            })
        },
        verdict: refused("V9", "counted-set-differs"),
    },
    Forgery {
        name: "missing contributor hidden",
        story: "the witness's contribution is left out, and the result does not list the witness as missing",
        keys: OPERATOR,
        make: || {
            let play = stock::plain();
            let witness = Actor::new("witness-1");
            Bench::of(play)
                .drop(|line| matches!(line.act(), Act::DrawContribution(body) if body.contributor == *witness.id()))
                .forged()
        },
        verdict: refused("V9", "missing-differs"),
    },
    Forgery {
        name: "contributor accused",
        story: "the result lists a bidder as missing who contributed",
        keys: OPERATOR,
        make: || result(|body| body.missing = vec![Identifier::new("b1").expect("well-formed")]),
        verdict: refused("V9", "missing-differs"),
    },
    Forgery {
        name: "padded pool of contributors",
        story: "a puppet without a seat contributes, to be the last to choose",
        keys: BOTH,
        make: || {
            let play = stock::plain_submitted();
            let puppet = Actor::new("credit-source");
            let (body, _) = play.contribution(&puppet, 1, "puppet");
            let bench = Bench::of(stock::plain());
            let place = bench.first("closing");
            bench
                .insert(place, Line::new(&body.into(), &[puppet.key()], 0))
                .forged()
        },
        verdict: refused("V2", "signer-not-allowed"),
    },
    Forgery {
        name: "seed from other contributions",
        story: "the tenderee exchanges its contribution for another one",
        keys: BOTH,
        make: || {
            let play = stock::plain_submitted();
            let tenderee = play.tenderee();
            let (other, _) = play.contribution(&tenderee, 1, "other");
            let mut bench = Bench::of(stock::plain());
            let place = bench.place_of(
                |act| matches!(act, Act::DrawContribution(body) if body.contributor == *tenderee.id()),
            );
            bench.lines[place].envelope = crate::signed(&other.into(), &[tenderee.key()]);
            bench.forged()
        },
        verdict: refused("V7", "envelope-unknown"),
    },
    Forgery {
        name: "contribution used twice",
        story: "the tenderee's contribution to the first attempt is submitted again for the second",
        keys: BOTH,
        make: || {
            let play = stock::eventful();
            let tenderee = play.tenderee();
            let bench = Bench::of(play);
            let own = |number: u32| {
                bench.place_of(|act| {
                    matches!(act, Act::DrawContribution(body)
                        if body.contributor == *tenderee.id() && body.attempt == number)
                })
            };
            let (first, second) = (own(1), own(2));
            let Act::DrawContribution(old) = bench.lines[first].act() else {
                panic!("a contribution is one")
            };
            let again = |act: &mut Act| {
                if let Act::DrawContribution(body) = act {
                    body.envelope = old.envelope;
                }
            };
            bench.rewrite_at(second, &[&tenderee], again).forged()
        },
        verdict: refused("V9", "contribution-reused"),
    },
    Forgery {
        name: "benchmark set with one bid less",
        story: "a bid is kept out of the mean",
        keys: BOTH,
        make: || {
            set(stock::plain(), |body| {
                body.included -= 1;
                body.excluded.push(procedure::act::Exclusion {
                    bidder: Identifier::new("b1").expect("well-formed"),
                    reason: procedure::act::ExclusionReason::NotValid,
                });
            })
        },
        verdict: refused("V8", "benchmark-set-differs"),
    },
    Forgery {
        name: "benchmark set with one bid more",
        story: "a bid above the control price is smuggled into the mean",
        keys: BOTH,
        make: || {
            set(stock::eventful(), |body| {
                body.excluded.pop();
                body.included += 1;
            })
        },
        verdict: refused("V8", "benchmark-set-differs"),
    },
    Forgery {
        name: "set frozen after the contributions were seen",
        story: "the benchmark set is frozen when the seed is known already",
        keys: BOTH,
        make: || {
            let bench = Bench::of(stock::plain());
            let from = bench.first("benchmark-set");
            let is_contribution = |act: &Act| matches!(act, Act::ShareRelease(body) if body.kind == EnvelopeKind::Contrib);
            let to = bench.place_of(is_contribution);
            bench.move_before(from, to + 1).forged()
        },
        verdict: refused("V9", "contribution-released-early"),
    },
    Forgery {
        name: "changed announcement",
        story: "the announcement leaves out a method of the notice",
        keys: OPERATOR,
        make: || {
            announce(|body| {
                body.methods.pop();
            })
        },
        verdict: refused("V9", "announcement-mismatch"),
    },
    Forgery {
        name: "announcement without witnesses",
        story: "the announcement takes the witnesses' seat away",
        keys: OPERATOR,
        make: || {
            announce(|body| {
                body.contributors.pop();
            })
        },
        verdict: refused("V9", "announcement-mismatch"),
    },
    Forgery {
        name: "announcement of another notice",
        story: "the draw is announced under a notice with another deadline",
        keys: OPERATOR,
        make: || {
            announce(|body| body.notice = Digest::sha256(b"the notice with the other deadline"))
        },
        verdict: refused("V9", "announcement-mismatch"),
    },
    Forgery {
        name: "announced when bids were in",
        story: "the draw is announced after the first bid",
        keys: OPERATOR,
        make: || {
            let bench = Bench::of(stock::plain());
            let (from, to) = (bench.first("draw-announce"), bench.first("bid-manifest"));
            bench.move_before(from, to + 1).forged()
        },
        verdict: refused("V9", "announced-late"),
    },
    Forgery {
        name: "attempt never closed",
        story: "the second attempt is drawn without its contributions having been fixed",
        keys: OPERATOR,
        make: || {
            Bench::of(stock::eventful())
                .drop(|line| line.kind() == "draw-close")
                .forged()
        },
        verdict: refused("V9", "draw-not-closed"),
    },
    Forgery {
        name: "result without announcement",
        story: "the result names an announcement that is not in the record",
        keys: OPERATOR,
        make: || result(|body| body.announce = Digest::sha256(b"another announcement")),
        verdict: refused("V9", "draw-not-announced"),
    },
    Forgery {
        name: "witnesses who are puppets",
        story: "the tenderee names its own people as witnesses, so that more contributions are its own",
        keys: &[Holder::Log, Holder::Platform, Holder::Tenderee],
        make: || {
            let play = stock::plain();
            Bench::of(play).presented(play.world.bundle(&play.tender))
        },
        verdict: Verdict::Undetectable {
            reason: "witnesses are whom the notice names; one honest contribution is enough for the seed, whoever else contributes",
            who: "who knows them: their names stand in the notice from the first day",
        },
    },
];
