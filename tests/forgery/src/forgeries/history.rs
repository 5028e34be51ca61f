//! What a patient attacker can do: history written anew so that every statement could have been admitted.

use play::{Actor, HOUR_MS, Milestone, Play, Script, World, form_json};
use procedure::act::{Act, KeyRevoked, TenderTerminated, TerminationCause};
use record::Digest;
use record::sealing::EnvelopeKind;

use super::BOTH;
use crate::{Bench, Forged, Forgery, Holder, Line, Verdict, rewritten, stock};

/// The record logged as it was up to `place`, with other leaves from there on: for what stands behind `closing`.
pub(super) fn relogged_from(bench: &Bench, place: usize) -> Forged {
    let before = bench.lines[..place].iter().map(|line| line.envelope.id());
    let genuine = bench.bundle.entries.iter().take(place);
    assert!(
        genuine.map(|entry| entry.envelope.id()).eq(before),
        "the beginning is as it was"
    );
    bench.presented(bench.behind(place).write().expect("the parts fit together"))
}

/// An absent bidder revokes its stolen key before the deadline.
fn with_revocation() -> &'static Play {
    static RECORD: std::sync::LazyLock<Play> = std::sync::LazyLock::new(|| {
        let mut script = Script::plain("T-1");
        script.bidders[2].conduct = play::Conduct::Absent;
        let mut play = Play::in_world(World::new("kaibiao.test/etender"), script);
        play.go_to(Milestone::Submitted);
        let (older, newer) = (Actor::new("b3"), Actor::with_key("b3", 2));
        play.world.register_key(&older, &newer);
        let revocation = KeyRevoked {
            account: older.id().clone(),
            key_id: older.key().public().id(),
            reason: "stolen".to_owned(),
        };
        play.world.must(revocation, &[&newer]);
        play.go_to(Milestone::Awarded);
        play
    });
    &RECORD
}

/// The record without the revocation; with the platform's key `closing` fits.
pub(super) fn without_revocation(platform: Option<()>) -> Forged {
    let play = with_revocation();
    match platform {
        Some(()) => Bench::of(play)
            .drop(|line| line.kind() == "key-revoked")
            .forged(),
        None => {
            let bench = Bench::with_log_key(play);
            let mut bundle = bench.bundle.clone();
            bundle
                .entries
                .retain(|entry| entry.envelope.kind() != "key-revoked");
            let bundle = super::log::shortened(&bench, &bundle);
            bench.presented(bundle.write().expect("the parts fit together"))
        }
    }
}

/// The witness contributes behind b1's bid. The platform drops that contribution, and keeps b1's leaf.
pub(super) fn dropped_behind_a_receipt() -> Forged {
    static BOTH_LOGS: std::sync::LazyLock<[Play; 2]> = std::sync::LazyLock::new(|| {
        let mut honest = stock::announced().clone();
        let witness = Actor::new("witness-1");
        let mut dropping = honest.clone();
        for play in [&mut honest, &mut dropping] {
            play.bid(&Actor::new("b1"), &form_json("9520000.00"), "early");
        }
        honest.contribute(&witness, 1, "second");
        [honest, dropping].map(|mut play| {
            play.script.bidders.remove(0);
            play.script
                .bidders
                .push(play::Bidder::new("b4", "9000000.00"));
            play.world.register(&Actor::new("b4"));
            play.go_to(Milestone::Submitted);
            play
        })
    });
    let [honest, dropping] = &*BOTH_LOGS;
    let mut forged = dropping.clone();
    forged.go_to(Milestone::Opened);
    Forged {
        bundle: forged.world.bundle(&forged.tender),
        trust: stock::trust(honest),
        receipts: vec![honest.world.log().receipt(&honest.manifest("b1"))],
    }
}

/// The plain record with its lines bent by `bend`, derived anew; the receipt of this kind and signer was kept.
fn anew(play: &'static Play, kind: &str, who: &str, bend: impl FnOnce(Bench) -> Bench) -> Forged {
    let bench = bend(Bench::of(play));
    rewritten(play, &bench.lines, vec![stock::receipt(play, kind, who)])
}

/// The notice changed by the tenderee after the fact.
fn notice(kind: &str, who: &str, change: impl FnOnce(&mut procedure::act::Notice)) -> Forged {
    let play = stock::plain();
    anew(play, kind, who, |bench| {
        bench.rewrite("notice", &[&play.tenderee()], |act| match act {
            Act::Notice(body) => change(body),
            _ => panic!("a notice is a notice"),
        })
    })
}

/// A friend bids when all prices are known, opens its bid itself, and stands in the log before the deadline.
fn late_bid_dated_back() -> Forged {
    let play = stock::plain();
    let friend = Actor::new("b4");
    let sealed = stock::plain_submitted().seal(&friend, &form_json("9100000.00"), "late");
    let manifest = Act::from(sealed.manifest.clone()).envelope().id();
    let opened = procedure::act::BidOpened {
        tender: play.tender.clone(),
        envelope: manifest,
        kind: EnvelopeKind::Opening,
        key: Digest(*sealed.opening_key.bytes()),
    };
    let contributed = procedure::act::BidOpened {
        kind: EnvelopeKind::Contrib,
        key: Digest(*sealed.contrib_key.bytes()),
        ..opened.clone()
    };
    let confirmed = procedure::act::ReadOutConfirmed {
        tender: play.tender.clone(),
        manifest,
        agrees: true,
    };
    let says = |act: Act| Line::new(&act, &[friend.key()], 0);
    anew(play, "read-out-confirmed", "b3", |bench| {
        let first = |act: &Act| matches!(act, Act::ShareRelease(body) if body.kind == EnvelopeKind::Opening);
        let last_bid = bench.last("bid-manifest");
        let registered = bench.first("tender-created");
        let opening = bench.place_of(first);
        let confirmation = bench.last("read-out-confirmed");
        let contribution = bench.first("draw-result");
        bench
            .insert(contribution, says(contributed.into()))
            .insert(confirmation, says(confirmed.into()))
            .insert(opening, says(opened.into()))
            .insert(last_bid + 1, says(sealed.manifest.into()))
            .insert(registered, says(friend.registration().into()))
    })
}

const CHAINED: &str = "everything behind the change follows from it and is signed anew; bids name the documents and the trustees, not the notice";
const BIDDER: &str = "any bidder's: the hidden half of her leaf chains everything in front of it";
const LATER: &str = "anybody's for a statement that came later";

pub(super) const ROWS: &[Forgery] = &[
    Forgery {
        name: "late bid dated back",
        story: "a friend bids when all prices are known; the log says that it came before the deadline",
        keys: &[
            Holder::Log,
            Holder::Platform,
            Holder::Tenderee,
            Holder::Bidder,
        ],
        make: late_bid_dated_back,
        verdict: Verdict::RefusedWithReceipt {
            check: "V4",
            code: "receipt-differs",
            owner: LATER,
            reason: "without witnesses the times are the log's word; the report shows that no trustee knew the bid",
        },
    },
    Forgery {
        name: "late bid dated back, as the report shows it",
        story: "the same, without a receipt",
        keys: &[
            Holder::Log,
            Holder::Platform,
            Holder::Tenderee,
            Holder::Bidder,
        ],
        make: late_bid_dated_back,
        verdict: Verdict::Told {
            words: "no trustee released a share of the bid of b4",
            reason: "trustees who did not know a bid and trustees who passed it over look the same",
        },
    },
    Forgery {
        name: "moved deadline",
        story: "the deadline in the notice is moved by an hour after the fact",
        keys: BOTH,
        make: || {
            notice("bid-manifest", "b1", |body| {
                body.deadline_ms -= HOUR_MS;
                body.opening_ms -= HOUR_MS;
            })
        },
        verdict: Verdict::RefusedWithReceipt {
            check: "V4",
            code: "receipt-differs",
            owner: BIDDER,
            reason: CHAINED,
        },
    },
    Forgery {
        name: "changed rule set",
        story: "the tenderee finds rules under which its friend wins, when all prices are known",
        keys: BOTH,
        make: || notice("bid-manifest", "b1", |body| body.rules.methods.truncate(1)),
        verdict: Verdict::RefusedWithReceipt {
            check: "V4",
            code: "receipt-differs",
            owner: BIDDER,
            reason: CHAINED,
        },
    },
    Forgery {
        name: "changed control price",
        story: "the control price is moved below a competitor's price",
        keys: BOTH,
        make: || {
            notice("bid-manifest", "b1", |body| {
                body.rules.control_price = Some("9300000.00".parse().expect("an amount"));
            })
        },
        verdict: Verdict::RefusedWithReceipt {
            check: "V4",
            code: "receipt-differs",
            owner: BIDDER,
            reason: CHAINED,
        },
    },
    Forgery {
        name: "seed ground through the notice",
        story: "with all contributions open, the tenderee words a particular of the notice until the draw suits",
        keys: BOTH,
        make: || {
            notice("bid-manifest", "b1", |body| {
                body.particulars
                    .insert("place".to_owned(), "宿迁市 公共资源交易中心".to_owned());
            })
        },
        verdict: Verdict::RefusedWithReceipt {
            check: "V4",
            code: "receipt-differs",
            owner: BIDDER,
            reason: CHAINED,
        },
    },
    Forgery {
        name: "swapped order of two bids",
        story: "two bids change places in the log",
        keys: BOTH,
        make: || {
            anew(stock::plain(), "bid-manifest", "b3", |mut bench| {
                let places = bench.places("bid-manifest");
                let (first, second) = (
                    bench.lines[places[0]].clone(),
                    bench.lines[places[1]].clone(),
                );
                bench.lines[places[0]] = Line {
                    time_ms: first.time_ms,
                    ..second.clone()
                };
                bench.lines[places[1]] = Line {
                    time_ms: second.time_ms,
                    ..first
                };
                bench
            })
        },
        verdict: Verdict::RefusedWithReceipt {
            check: "V4",
            code: "receipt-differs",
            owner: "either bidder's, and every later one",
            reason: "order is the log's word, like time",
        },
    },
    Forgery {
        name: "changed credit, dated back",
        story: "the credit source commits anew when prices are known; the log says that it was before the deadline",
        keys: &[
            Holder::Log,
            Holder::Platform,
            Holder::Tenderee,
            Holder::CreditSource,
        ],
        make: || {
            let play = stock::plain();
            let source = play.credit_source();
            anew(play, "bid-manifest", "b1", |bench| {
                let bench = bench.rewrite("credit-snapshot", &[&source], |act| {
                    if let Act::CreditSnapshot(body) = act {
                        body.values[0].value = "110".to_owned();
                    }
                });
                let id = bench.lines[bench.first("credit-snapshot")].envelope.id();
                bench.rewrite("credit-committed", &[&source], |act| {
                    if let Act::CreditCommitted(body) = act {
                        body.snapshot = id;
                    }
                })
            })
        },
        verdict: Verdict::RefusedWithReceipt {
            check: "V4",
            code: "receipt-differs",
            owner: BIDDER,
            reason: "the source is in the plot, and without witnesses the time of its commitment is the log's word",
        },
    },
    Forgery {
        name: "trustee's shares left out",
        story: "a release is left out of the record, so that all bids but that of a friend, who opens it itself, stay sealed",
        keys: BOTH,
        make: || {
            let play = stock::just_enough();
            let bench = Bench::of(play);
            let release = bench.place_of(|act| {
                matches!(act, Act::ShareRelease(body) if body.kind == EnvelopeKind::Opening && body.slot == 2)
            });
            let id = bench.lines[release].envelope.id();
            let bench = bench.drop(|line| line.envelope.id() == id);
            rewritten(play, &bench.lines, vec![play.world.log().receipt(&id)])
        },
        verdict: Verdict::RefusedWithReceipt {
            check: "V4",
            code: "receipt-dropped",
            owner: "the trustee's, for her release",
            reason: "a trustee who stays away and one who is left out look the same",
        },
    },
    Forgery {
        name: "witness's contribution left out",
        story: "the witness's contribution to the draw is left out, and the witness is listed as missing",
        keys: BOTH,
        make: || {
            let witness = Actor::new("witness-1");
            anew(stock::plain(), "draw-contribution", "witness-1", |bench| {
                bench.drop(|line| {
                    matches!(line.act(), Act::DrawContribution(body) if body.contributor == *witness.id())
                })
            })
        },
        verdict: Verdict::RefusedWithReceipt {
            check: "V4",
            code: "receipt-dropped",
            owner: "the witness's, for her contribution",
            reason: "the report says that the witness gave none; that it gave one only the witness knows",
        },
    },
    Forgery {
        name: "omitted revocation, tenderee's key too",
        story: "a revocation is left out, and everything behind it is signed anew",
        keys: BOTH,
        make: || {
            let play = with_revocation();
            let bench = Bench::of(play).drop(|line| line.kind() == "key-revoked");
            let receipt = stock::receipt_under(play, "key-revoked", &Actor::with_key("b3", 2));
            rewritten(play, &bench.lines, vec![receipt])
        },
        verdict: Verdict::RefusedWithReceipt {
            check: "V4",
            code: "receipt-dropped",
            owner: "the account's, for its revocation",
            reason: "`closing` and the opening record bind the chains of accounts only against those who cannot sign them",
        },
    },
    Forgery {
        name: "objection dropped",
        story: "an objection and its answer are left out behind `closing`",
        keys: &[Holder::Log],
        make: || {
            let play = stock::contested();
            anew(play, "objection", "b1", |bench| {
                let last = bench.last("objection");
                let id = bench.lines[last].envelope.id();
                bench.drop(|line| {
                    line.envelope.id() == id
                        || matches!(line.act(), Act::ObjectionAnswered(body) if body.objection == id)
                })
            })
        },
        verdict: Verdict::RefusedWithReceipt {
            check: "V4",
            code: "receipt-dropped",
            owner: "the objector's",
            reason: "behind `closing` nobody but the log's key binds the end of the chain",
        },
    },
    Forgery {
        name: "contested read-out dropped",
        story: "a bidder contested what was read out, and its answer is left out",
        keys: BOTH,
        make: || {
            let play = stock::with_absent();
            anew(play, "read-out-confirmed", "b1", |bench| {
                let own = bench.place_of(
                    |act| matches!(act, Act::ReadOutConfirmed(body) if body.manifest == play.manifest("b1")),
                );
                let id = bench.lines[own].envelope.id();
                bench.drop(|line| line.envelope.id() == id)
            })
        },
        verdict: Verdict::RefusedWithReceipt {
            check: "V4",
            code: "receipt-dropped",
            owner: "the bidder's, for its answer",
            reason: "a bidder who says nothing and one who is left out look the same",
        },
    },
    Forgery {
        name: "withdrawal dropped",
        story: "a withdrawal is left out, so that the bid counts after all; nobody opens it",
        keys: BOTH,
        make: || {
            anew(stock::changed_minds(), "bid-withdrawn", "b5", |bench| {
                bench.drop(|line| line.kind() == "bid-withdrawn")
            })
        },
        verdict: Verdict::RefusedWithReceipt {
            check: "V4",
            code: "receipt-dropped",
            owner: "the bidder's, for its withdrawal",
            reason: "no statement of others names a withdrawal; the report shows that no trustee released a share of the bid",
        },
    },
    Forgery {
        name: "supervisor's order omitted",
        story: "the supervisor ended the tender, and the tenderee goes on to an award",
        keys: &[Holder::Log, Holder::Platform, Holder::Tenderee],
        make: || {
            let play = stock::plain();
            // In the honest log the order stands where the award stands in the forged one.
            let mut honest =
                Play::in_world(World::new("kaibiao.test/etender"), Script::plain("T-1"));
            honest.go_to(Milestone::Published);
            honest.world.wait_until(play.world.now_ms);
            let supervisor = honest.supervisor();
            let order = TenderTerminated {
                tender: honest.tender.clone(),
                cause: TerminationCause::SupervisorOrder,
                reason: "投诉成立".to_owned(),
            };
            let id = honest.world.must(order, &[&supervisor]);
            Forged {
                bundle: play.world.bundle(&play.tender),
                trust: stock::trust(play),
                receipts: vec![honest.world.log().receipt(&id)],
            }
        },
        verdict: Verdict::RefusedWithReceipt {
            check: "V4",
            code: "receipt-dropped",
            owner: "the supervisor's, for its order",
            reason: "the order is the end of the chain, and the end is the log's word",
        },
    },
];
