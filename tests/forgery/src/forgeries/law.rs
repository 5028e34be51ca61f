//! The notice against its profile: periods, rule sets, profiles.

use play::{DAY_MS, profile_ref};
use procedure::act::{Act, Ties};
use procedure::law::profiles;
use record::Digest;

use super::{BOTH, LOG, OPERATOR, refused};
use crate::{Bench, Forged, Forgery, resigned, stock};

/// The statutory record in which everything from the notice on came later.
fn notice_later(days_before_deadline: u64) -> Forged {
    let play = stock::statutory();
    let mut bench = Bench::of(play);
    let from_ms = play.bidding().notice.deadline_ms - days_before_deadline * DAY_MS;
    let place = bench.first("notice");
    for line in &mut bench.lines[place..] {
        line.time_ms = line.time_ms.max(from_ms);
    }
    bench.forged()
}

fn notice(change: impl FnOnce(&mut procedure::act::Notice)) -> Forged {
    let play = stock::statutory();
    let act = |act: &mut Act| match act {
        Act::Notice(body) => change(body),
        _ => panic!("a notice is a notice"),
    };
    Bench::of(play)
        .rewrite("notice", &[&play.tenderee()], act)
        .forged()
}

pub(super) const ROWS: &[Forgery] = &[
    Forgery {
        name: "notice published late",
        story: "the notice came five days before the deadline, and the law wants twenty",
        keys: BOTH,
        make: || notice_later(5),
        verdict: refused("V11", "bidding-period-short"),
    },
    Forgery {
        name: "documents sold too briefly",
        story: "tender documents are given out for a day",
        keys: BOTH,
        make: || notice(|body| body.documents_until_ms -= 6 * DAY_MS),
        verdict: refused("V11", "document-period-short"),
    },
    Forgery {
        name: "opening long after the deadline",
        story: "the notice says that bids are opened two days after the deadline",
        keys: BOTH,
        make: || notice(|body| body.opening_ms += 2 * DAY_MS),
        verdict: refused("V11", "opening-time"),
    },
    Forgery {
        name: "publicity announced too short",
        story: "the notice promises one day of publicity, and the law wants three",
        keys: BOTH,
        make: || notice(|body| body.publicity_days = 1),
        verdict: refused("V11", "publicity-short"),
    },
    Forgery {
        name: "unlawful rules",
        story: "a statutory tender draws the winner among equals",
        keys: BOTH,
        make: || notice(|body| body.rules.ties = Ties::Draw),
        verdict: refused("V11", "rules-unlawful"),
    },
    Forgery {
        name: "a profile that nobody released",
        story: "the notice names a profile with a digest of its own",
        keys: BOTH,
        make: || notice(|body| body.profile.digest = Digest::sha256(b"our own law")),
        verdict: refused("V11", "profile-unknown"),
    },
    Forgery {
        name: "older version of the profile",
        story: "the notice names version 1, which a newer one has replaced",
        keys: BOTH,
        make: || {
            let older = profiles().iter().find(|one| {
                let newest = profile_ref("cn-2017-tendering");
                one.reference.id == newest.id && one.reference.version < newest.version
            });
            let older = older.expect("there are two versions").reference.clone();
            notice(|body| body.profile = older)
        },
        verdict: refused("V11", "profile-replaced"),
    },
    Forgery {
        name: "profile for checking only",
        story: "the notice names a profile that is there to check old records with",
        keys: BOTH,
        make: || {
            let for_checking = profiles().iter().find(|one| !one.tenders);
            let profile = for_checking.expect("there is one").reference.clone();
            notice(|body| body.profile = profile)
        },
        verdict: refused("V11", "profile-for-checking"),
    },
    Forgery {
        name: "another profile document",
        story: "the bundle shows other law than the notice names",
        keys: LOG,
        make: || {
            let bench = Bench::with_log_key(stock::plain());
            let mut bundle = bench.bundle.clone();
            bundle.profile = Some(b"{}".to_vec());
            let bundle = resigned(&bundle, &bench.log, |_| {});
            bench.presented(bundle.write().expect("the parts fit together"))
        },
        verdict: refused("V11", "profile-digest"),
    },
    Forgery {
        name: "no profile document",
        story: "the law that the notice names is not in the bundle",
        keys: LOG,
        make: || {
            let bench = Bench::with_log_key(stock::plain());
            let mut bundle = bench.bundle.clone();
            bundle.profile = None;
            let bundle = resigned(&bundle, &bench.log, |_| {});
            bench.presented(bundle.write().expect("the parts fit together"))
        },
        verdict: refused("V11", "profile-missing"),
    },
    Forgery {
        name: "profile document in a draft",
        story: "a bundle without a notice carries a document that nobody named",
        keys: LOG,
        make: || {
            let bench = Bench::with_log_key(stock::draft());
            let mut bundle = bench.bundle.clone();
            bundle.profile = Some(b"read this, it is the law".to_vec());
            let bundle = resigned(&bundle, &bench.log, |_| {});
            bench.presented(bundle.write().expect("the parts fit together"))
        },
        verdict: refused("V11", "profile-unexpected"),
    },
    Forgery {
        name: "candidates published late",
        story: "the candidates are kept back for ten days after the report",
        keys: BOTH,
        make: || {
            let play = stock::statutory();
            let mut bench = Bench::of(play);
            let place = bench.first("candidates");
            for line in &mut bench.lines[place..] {
                line.time_ms += 10 * DAY_MS;
            }
            bench
                .rewrite("candidates", &[&play.tenderee()], |act| {
                    if let Act::Candidates(body) = act {
                        body.publicity_until_ms += 10 * DAY_MS;
                    }
                })
                .forged()
        },
        verdict: refused("V11", "publicity-late-or-short"),
    },
    Forgery {
        name: "publicity cut short",
        story: "the candidates are shown for a day, three were announced",
        keys: BOTH,
        make: || {
            let play = stock::statutory();
            let mut bench = Bench::of(play);
            let award = bench.first("award");
            bench.lines[award].time_ms -= 2 * DAY_MS;
            bench
                .rewrite("candidates", &[&play.tenderee()], |act| {
                    if let Act::Candidates(body) = act {
                        body.publicity_until_ms -= 2 * DAY_MS;
                    }
                })
                .forged()
        },
        verdict: refused("V11", "publicity-late-or-short"),
    },
    Forgery {
        name: "objection left without answer",
        story: "the tender goes on over an objection",
        keys: BOTH,
        make: || {
            let bench = Bench::of(stock::contested());
            let answer = bench.first("objection-answered");
            let id = bench.lines[answer].envelope.id();
            bench.drop(|line| line.envelope.id() == id).forged()
        },
        verdict: refused("V11", "objection-pending"),
    },
    Forgery {
        name: "objection answered afterwards",
        story: "the answer comes when the tender has gone on already",
        keys: BOTH,
        make: || {
            let bench = Bench::of(stock::contested());
            let (answer, after) = (
                bench.first("objection-answered"),
                bench.first("opening-record"),
            );
            bench.move_before(answer, after + 1).forged()
        },
        verdict: refused("V11", "objection-pending"),
    },
    Forgery {
        name: "too few bidders opened",
        story: "two bids are opened although the law wants three",
        keys: OPERATOR,
        make: || {
            let bench = Bench::of(stock::plain());
            let first = bench.first("bid-manifest");
            let id = bench.lines[first].envelope.id();
            bench.drop(|line| line.envelope.id() == id).forged()
        },
        verdict: refused("V7", "too-few-bidders"),
    },
];
