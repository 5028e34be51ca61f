//! Outages at the deadline: suspended, resumed, invented, hidden.

use play::{MINUTE_MS, Milestone, Play, Script, World};
use procedure::act::{Act, Outage, Resumed};

use super::{OPERATOR, refused};
use crate::{Bench, Forged, Forgery, Verdict, stock};

/// The platform was down for the last ten minutes; bidding went on for longer, then it was closed.
fn resumed() -> &'static Play {
    static RECORD: std::sync::LazyLock<Play> = std::sync::LazyLock::new(|| {
        let mut play = Play::in_world(World::new("kaibiao.test/etender"), Script::plain("T-1"));
        play.go_to(Milestone::Submitted);
        play.suspend(10 * MINUTE_MS);
        play.resume();
        let deadline_ms = play.bidding().deadline_ms;
        play.world.wait_until(deadline_ms);
        play.go_to(Milestone::Opened);
        play
    });
    &RECORD
}

/// The record in which outage and resumption are bent and signed by the platform.
fn bent(outage: impl FnOnce(&mut Outage), resumed_as: impl FnOnce(&mut Resumed)) -> Bench {
    let play = resumed();
    let platform = play.world.platform();
    let bench = Bench::of(play).rewrite("outage", &[platform], |act| {
        let Act::Outage(body) = act else { return };
        // The forged log has no noise and is shorter than the one that the checkpoint was made of.
        body.before.size = 8;
        outage(body);
    });
    let id = bench.lines[bench.first("outage")].envelope.id();
    bench.rewrite("resumed", &[platform], |act| {
        let Act::Resumed(body) = act else { return };
        body.outage = id;
        resumed_as(body);
    })
}

fn outage(change: impl FnOnce(&mut Outage)) -> Forged {
    bent(change, |_| {}).forged()
}

fn resumption(change: impl FnOnce(&mut Resumed)) -> Forged {
    bent(|_| {}, change).forged()
}

pub(super) const ROWS: &[Forgery] = &[
    Forgery {
        name: "outage over a bid",
        story: "the platform says that it was down at a time when it admitted a bid",
        keys: OPERATOR,
        make: || {
            let deadline_ms = resumed().bidding().notice.deadline_ms;
            let mut bench = bent(|_| {}, |_| {});
            let last = bench.last("bid-manifest");
            for line in &mut bench.lines[last..] {
                line.time_ms = line.time_ms.max(deadline_ms - MINUTE_MS);
            }
            bench.forged()
        },
        verdict: refused("V5", "outage-mismatch"),
    },
    Forgery {
        name: "outage that does not count",
        story: "a hiccup of three seconds buys half an hour for a late bidder",
        keys: OPERATOR,
        make: || outage(|body| body.not_serving[0].from_ms = body.not_serving[0].until_ms - 3_000),
        verdict: refused("V5", "outage-mismatch"),
    },
    Forgery {
        name: "outage at another deadline",
        story: "the outage names another deadline than the one in force",
        keys: OPERATOR,
        make: || outage(|body| body.deadline_ms -= 60 * MINUTE_MS),
        verdict: refused("V5", "outage-mismatch"),
    },
    Forgery {
        name: "resumed for longer than the rule gives",
        story: "the platform gives an hour more than the profile's rule",
        keys: OPERATOR,
        make: || resumption(|body| body.deadline_ms += 60 * MINUTE_MS),
        verdict: refused("V5", "resumption-mismatch"),
    },
    Forgery {
        name: "resumed for less than the rule gives",
        story: "bidders who were shut out get a minute",
        keys: OPERATOR,
        make: || resumption(|body| body.deadline_ms -= 29 * MINUTE_MS),
        verdict: refused("V5", "resumption-mismatch"),
    },
    Forgery {
        name: "closed in spite of an outage",
        story: "the resumption is left out, and the tender is closed while bidding is suspended",
        keys: OPERATOR,
        make: || {
            bent(|_| {}, |_| {})
                .drop(|line| line.kind() == "resumed")
                .forged()
        },
        verdict: refused("V5", "tender-suspended"),
    },
    Forgery {
        name: "outage taken out",
        story: "the outage and the resumption are left out, and the later deadline with them",
        keys: OPERATOR,
        make: || {
            let mut bench =
                Bench::of(resumed()).drop(|line| matches!(line.kind(), "outage" | "resumed"));
            let closing = bench.first("closing");
            bench.lines.truncate(closing + 1);
            bench.bundle.keys.clear();
            bench.forged()
        },
        verdict: Verdict::Undetectable {
            reason: "a platform that was down and says nothing looks like one at whose deadline nobody came",
            who: "whoever was turned away and asked a witness to note the attempt (`kaibiao anchor`)",
        },
    },
    Forgery {
        name: "invented outage",
        story: "the platform says that it was down, to give a friend more time",
        keys: OPERATOR,
        make: || {
            let play = resumed();
            Forged {
                bundle: play.world.bundle(&play.tender),
                trust: stock::trust(play),
                receipts: Vec::new(),
            }
        },
        verdict: Verdict::Told {
            words: "the platform's own word",
            reason: "nobody can prove from a record that a server was up; a receipt or a cosignature from a time of not serving proves it",
        },
    },
];
