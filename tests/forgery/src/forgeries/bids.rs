//! Which bids there are, what was in them, and what was read out.

use play::{Actor, form_json};
use procedure::BidStatus;
use procedure::act::{Act, BidManifest, FormValue, Outcome, OutcomeReason};
use record::bundle::{Bundle, OpenedKeys};
use record::{Digest, Identifier};

use super::{BOTH, LOG, OPERATOR, WITH_BIDDER, refused};
use crate::{Bench, Forged, Forgery, Holder, Line, resigned, stock};

/// The plain record with other keys of opened envelopes, under a head that fits.
fn keys(change: impl FnOnce(&mut Bundle)) -> Forged {
    let bench = Bench::with_log_key(stock::plain());
    let mut bundle = bench.bundle.clone();
    change(&mut bundle);
    let bundle = resigned(&bundle, &bench.log, |_| {});
    bench.presented(bundle.write().expect("the parts fit together"))
}

/// The plain record with other results, signed by the platform.
fn results(change: impl FnOnce(&mut procedure::act::OpeningResults)) -> Forged {
    let play = stock::plain();
    let act = |act: &mut Act| match act {
        Act::OpeningResults(body) => change(body),
        _ => panic!("results are results"),
    };
    Bench::of(play)
        .rewrite("opening-results", &[play.world.platform()], act)
        .forged()
}

/// The first bid of the plain record, bent and signed by its bidder.
fn manifest(change: impl FnOnce(&mut BidManifest)) -> Forged {
    let act = |act: &mut Act| match act {
        Act::BidManifest(body) => change(body),
        _ => panic!("a bid is a bid"),
    };
    Bench::of(stock::plain())
        .rewrite("bid-manifest", &[&Actor::new("b1")], act)
        .forged()
}

/// A further bid by somebody, in front of `closing`.
fn further(actor: &Actor, registered: bool) -> Forged {
    let play = stock::plain_submitted();
    let sealed = play.seal(actor, &form_json("9000000.00"), "further");
    let mut bench = Bench::of(stock::plain());
    if !registered {
        let place = bench.first("tender-created");
        let line = Line::new(&actor.registration().into(), &[actor.key()], 0);
        bench = bench.insert(place, line);
    }
    let place = bench.first("closing");
    bench
        .insert(place, Line::new(&sealed.manifest.into(), &[actor.key()], 0))
        .forged()
}

pub(super) const ROWS: &[Forgery] = &[
    Forgery {
        name: "bid left out",
        story: "a bid is left out of the log; the shares that trustees released for it are still there",
        keys: OPERATOR,
        make: || {
            let bench = Bench::of(stock::shortlisted());
            let first = bench.first("bid-manifest");
            let id = bench.lines[first].envelope.id();
            bench.drop(|line| line.envelope.id() == id).forged()
        },
        verdict: refused("V7", "envelope-unknown"),
    },
    Forgery {
        name: "price changed at the read-out",
        story: "another price is read out than the bidder sealed",
        keys: OPERATOR,
        make: || {
            results(|body| {
                let price = Identifier::new("price").expect("well-formed");
                body.results[0]
                    .form
                    .insert(price, FormValue::Text("1.00".to_owned()));
            })
        },
        verdict: refused("V8", "read-out-differs"),
    },
    Forgery {
        name: "another field changed at the read-out",
        story: "another construction period is read out",
        keys: OPERATOR,
        make: || {
            results(|body| {
                let period = Identifier::new("period").expect("well-formed");
                body.results[0].form.insert(period, FormValue::Integer(30));
            })
        },
        verdict: refused("V8", "read-out-differs"),
    },
    Forgery {
        name: "bid left out of the results",
        story: "a bid is not read out",
        keys: OPERATOR,
        make: || {
            results(|body| {
                body.results.remove(1);
            })
        },
        verdict: refused("V8", "bid-missing"),
    },
    Forgery {
        name: "bid twice in the results",
        story: "a bid is read out twice, to weigh twice in the mean",
        keys: OPERATOR,
        make: || {
            results(|body| {
                let again = body.results[0].clone();
                body.results.insert(0, again);
            })
        },
        verdict: refused("V8", "result-twice"),
    },
    Forgery {
        name: "results of nobody",
        story: "a bid is read out that was never submitted",
        keys: OPERATOR,
        make: || {
            results(|body| {
                let mut invented = body.results[2].clone();
                invented.bidder = Identifier::new("b9").expect("well-formed");
                body.results.push(invented);
            })
        },
        verdict: refused("V8", "result-without-bid"),
    },
    Forgery {
        name: "good bid ruled invalid",
        story: "the results say that a bid's form did not open",
        keys: OPERATOR,
        make: || {
            results(|body| {
                let line = &mut body.results[2];
                line.outcome = Outcome::Invalid;
                line.reason = Some(OutcomeReason::Part);
                line.form.clear();
            })
        },
        verdict: refused("V8", "result-differs"),
    },
    Forgery {
        name: "broken bid ruled valid",
        story: "a bid that nobody can open is read out with a price",
        keys: OPERATOR,
        make: || {
            let play = stock::eventful();
            Bench::of(play)
                .rewrite("opening-results", &[play.world.platform()], |act| {
                    let Act::OpeningResults(body) = act else {
                        return;
                    };
                    let form = body.results[0].form.clone();
                    let broken = body
                        .results
                        .iter_mut()
                        .find(|line| line.outcome == Outcome::Invalid);
                    let broken = broken.expect("there is one");
                    (broken.outcome, broken.reason, broken.form) = (Outcome::Valid, None, form);
                })
                .forged()
        },
        verdict: refused("V8", "read-out-unproved"),
    },
    Forgery {
        name: "results withheld",
        story: "the second half of the results is announced and never published",
        keys: OPERATOR,
        make: || {
            results(|body| {
                body.results.truncate(2);
                body.pages = 2;
            })
        },
        verdict: refused("V8", "results-incomplete"),
    },
    Forgery {
        name: "no results at all",
        story: "the results are left out, and the tender goes on",
        keys: OPERATOR,
        make: || {
            Bench::of(stock::plain())
                .drop(|line| line.kind() == "opening-results")
                .forged()
        },
        verdict: refused("V8", "stage-mismatch"),
    },
    Forgery {
        name: "wrong K",
        story: "the key of an opened bid is another one",
        keys: LOG,
        make: || {
            keys(|bundle| {
                let manifest = stock::plain().manifest("b1");
                bundle
                    .keys
                    .get_mut(&manifest)
                    .expect("it was opened")
                    .opening = Some(Digest::ZERO);
            })
        },
        verdict: refused("V7", "key-block-mismatch"),
    },
    Forgery {
        name: "wrong K of a contribution",
        story: "the key of a contribution to the draw is another one",
        keys: LOG,
        make: || {
            keys(|bundle| {
                let manifest = stock::plain().manifest("b1");
                bundle
                    .keys
                    .get_mut(&manifest)
                    .expect("it was opened")
                    .contrib = Some(Digest::ZERO);
            })
        },
        verdict: refused("V7", "key-block-mismatch"),
    },
    Forgery {
        name: "K left out",
        story: "the keys of a bid are left out, so that nobody can look into it",
        keys: LOG,
        make: || {
            keys(|bundle| {
                bundle.keys.remove(&stock::plain().manifest("b1"));
            })
        },
        verdict: refused("V7", "key-missing"),
    },
    Forgery {
        name: "K of a replaced bid",
        story: "the bundle discloses the price of a bid that its owner had replaced",
        keys: WITH_BIDDER,
        make: || {
            let play = stock::changed_minds();
            let bench = Bench::with_log_key(play);
            let mut bids = play.bidding().bids.iter();
            let gone = bids.find(|(_, bid)| matches!(bid.status, BidStatus::Replaced(_)));
            let gone = *gone.expect("there is one").0;
            let mut bundle = bench.bundle.clone();
            bundle.keys.entry(gone).or_default().opening =
                Some(Digest(*play.opening_keys[&gone].bytes()));
            let bundle = resigned(&bundle, &bench.log, |_| {});
            bench.presented(bundle.write().expect("the parts fit together"))
        },
        verdict: refused("V7", "key-not-released"),
    },
    Forgery {
        name: "K of an envelope that is not there",
        story: "the bundle carries a key of a technical envelope, and no bid has one",
        keys: LOG,
        make: || {
            keys(|bundle| {
                let manifest = stock::plain().manifest("b1");
                bundle
                    .keys
                    .get_mut(&manifest)
                    .expect("it was opened")
                    .technical = Some(Digest::ZERO);
            })
        },
        verdict: refused("V7", "envelope-unknown"),
    },
    Forgery {
        name: "K of no rehearsal",
        story: "32 bytes that nobody vouches for stand as the key of a rehearsal",
        keys: LOG,
        make: || {
            keys(|bundle| {
                let manifest = stock::plain().manifest("b1");
                bundle
                    .keys
                    .get_mut(&manifest)
                    .expect("it was opened")
                    .rehearsal = Some(Digest::ZERO);
            })
        },
        verdict: refused("V7", "envelope-unknown"),
    },
    Forgery {
        name: "keys of no statement",
        story: "an entry without keys carries 32 bytes that nobody vouches for",
        keys: LOG,
        make: || {
            keys(|bundle| {
                bundle
                    .keys
                    .insert(Digest::sha256(b"hello"), OpenedKeys::default());
            })
        },
        verdict: refused("V7", "keys-empty"),
    },
    Forgery {
        name: "copied bid",
        story: "b9 submits the ciphertext of b1 as its own",
        keys: &[Holder::Log, Holder::Platform, Holder::Bidder],
        make: || {
            let thief = Actor::new("b9");
            let play = stock::plain();
            let bench = Bench::of(play);
            let Act::BidManifest(copied) = bench.lines[bench.first("bid-manifest")].act() else {
                panic!("a bid is a bid")
            };
            let body = BidManifest {
                bidder_id: thief.id().clone(),
                bidder_sig_pk: thief.signature_key(),
                ..copied
            };
            let closing = bench.first("closing");
            let created = bench.first("tender-created");
            bench
                .insert(closing, Line::new(&body.into(), &[thief.key()], 0))
                .insert(
                    created,
                    Line::new(&thief.registration().into(), &[thief.key()], 0),
                )
                .forged()
        },
        verdict: refused("V7", "root-repeated"),
    },
    Forgery {
        name: "ciphertext exchanged",
        story: "a bidder exchanges the sealed form after prices are known",
        keys: WITH_BIDDER,
        make: || {
            manifest(|body| {
                let inline = body.envelopes[0].parts[0]
                    .inline
                    .as_mut()
                    .expect("the form is inline");
                let other = if inline.starts_with('A') { "B" } else { "A" };
                inline.replace_range(0..1, other);
            })
        },
        verdict: refused("V7", "parts-wrong"),
    },
    Forgery {
        name: "missing part",
        story: "the sealed form is left out of a bid",
        keys: WITH_BIDDER,
        make: || manifest(|body| body.envelopes[0].parts.clear()),
        verdict: refused("V7", "parts-wrong"),
    },
    Forgery {
        name: "missing contribution",
        story: "a bid comes without its contribution to the draw",
        keys: WITH_BIDDER,
        make: || {
            manifest(|body| {
                body.envelopes.pop();
            })
        },
        verdict: refused("V7", "envelopes-wrong"),
    },
    Forgery {
        name: "bid for another lot",
        story: "a bid for lot 2 is counted in lot 1",
        keys: WITH_BIDDER,
        make: || manifest(|body| body.lot_id = Identifier::new("lot-2").expect("well-formed")),
        verdict: refused("V7", "context-mismatch"),
    },
    Forgery {
        name: "bid to other documents",
        story: "a bid that answers to other tender documents is counted",
        keys: WITH_BIDDER,
        make: || manifest(|body| body.document_set_digest = Digest::ZERO),
        verdict: refused("V7", "context-mismatch"),
    },
    Forgery {
        name: "bid under other trustees",
        story: "a bid that was sealed to other trustees is counted",
        keys: WITH_BIDDER,
        make: || manifest(|body| body.trustee_set_digest = Digest::ZERO),
        verdict: refused("V7", "context-mismatch"),
    },
    Forgery {
        name: "consortium changed",
        story: "a bidder takes a member into its consortium when credit values are known",
        keys: WITH_BIDDER,
        make: || manifest(|body| body.members = vec![Actor::new("b2").id().clone()]),
        verdict: refused("V7", "envelope-unknown"),
    },
    Forgery {
        name: "gap in a bidder's numbers",
        story: "a bidder's first manifest says that it is the third",
        keys: WITH_BIDDER,
        make: || manifest(|body| body.seq = 3),
        verdict: refused("V8", "bid-sequence"),
    },
    Forgery {
        name: "second bid of one bidder",
        story: "a bidder has two live bids",
        keys: WITH_BIDDER,
        make: || {
            let play = stock::plain_submitted();
            let bidder = Actor::new("b1");
            let mut sealed = play.seal(&bidder, &form_json("9000000.00"), "second");
            sealed.manifest.replaces = None;
            let bench = Bench::of(stock::plain());
            let place = bench.first("closing");
            bench
                .insert(
                    place,
                    Line::new(&sealed.manifest.into(), &[bidder.key()], 0),
                )
                .forged()
        },
        verdict: refused("V8", "bid-live"),
    },
    Forgery {
        name: "trustee bids",
        story: "a trustee, who could read the others' bids, bids itself",
        keys: &[Holder::Log, Holder::Platform, Holder::Trustee],
        make: || further(&Actor::new("trustee-1"), true),
        verdict: refused("V8", "bidder-excluded"),
    },
    Forgery {
        name: "tenderee's daughter bids",
        story: "an organisation under common control with the tenderee bids",
        keys: BOTH,
        make: || further(&Actor::new("daughter").in_group("city-holding"), false),
        verdict: refused("V8", "bidder-excluded"),
    },
    Forgery {
        name: "credit source bids",
        story: "whoever gives the credit values bids itself",
        keys: &[Holder::Log, Holder::Platform, Holder::CreditSource],
        make: || further(&Actor::new("credit-source"), true),
        verdict: refused("V8", "bidder-excluded"),
    },
    Forgery {
        name: "withdrawn bid revived",
        story: "a withdrawal is left out, so that the bid counts after all",
        keys: OPERATOR,
        make: || {
            Bench::of(stock::changed_minds())
                .drop(|line| line.kind() == "bid-withdrawn")
                .forged()
        },
        verdict: refused("V8", "bid-missing"),
    },
    Forgery {
        name: "replacement left out",
        story: "the bid that replaced an earlier one is left out, so that the first price counts",
        keys: OPERATOR,
        make: || {
            Bench::of(stock::changed_minds())
                .drop(
                    |line| matches!(line.act(), Act::BidManifest(body) if body.replaces.is_some()),
                )
                .forged()
        },
        verdict: refused("V8", "result-of-other-bid"),
    },
    Forgery {
        name: "tender called failed",
        story: "the platform says that there were too few bidders, and there were enough",
        keys: OPERATOR,
        make: || {
            let play = stock::plain();
            let body = procedure::act::TenderFailed {
                tender: play.tender.clone(),
                failure: procedure::act::Failure::FewerThanMinimum,
            };
            let mut bench = Bench::of(play);
            let closing = bench.first("closing");
            bench.lines.truncate(closing + 1);
            let at_ms = bench.lines[closing].time_ms;
            bench.lines.push(Line::new(
                &body.into(),
                &[play.world.platform().key()],
                at_ms,
            ));
            bench.forged()
        },
        verdict: refused("V8", "nothing-to-fail"),
    },
    Forgery {
        name: "failed tender goes on",
        story: "a tender with too few bidders is opened behind its failure",
        keys: &[Holder::Log, Holder::Platform, Holder::Trustees],
        make: || {
            let play = stock::failed();
            let manifest = play.manifest("b01");
            let key = Digest(*play.opening_keys[&manifest].bytes());
            let body = procedure::act::BidOpened {
                tender: play.tender.clone(),
                envelope: manifest,
                kind: record::sealing::EnvelopeKind::Opening,
                key,
            };
            let mut bench = Bench::with_log_key(play);
            let at_ms = bench.lines.last().expect("there is one").time_ms;
            bench.platform = Some(play.world.platform().key().clone());
            bench
                .lines
                .push(Line::new(&body.into(), &[Actor::new("b01").key()], at_ms));
            bench.forged()
        },
        verdict: refused("V7", "stage-mismatch"),
    },
];
