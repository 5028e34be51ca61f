//! What came too late, too early, or is said to have come at another time.

use play::{DAY_MS, HOUR_MS, MINUTE_MS};
use procedure::act::Act;
use record::sealing::EnvelopeKind;

use super::{BOTH, LOG, OPERATOR, WITH_BIDDER, refused};
use crate::{Bench, Forgery, stock};

pub(super) const ROWS: &[Forgery] = &[
    Forgery {
        name: "late bid",
        story: "a bid that came at the deadline is counted",
        keys: OPERATOR,
        make: || {
            let play = stock::plain();
            let mut bench = Bench::of(play);
            let last = bench.last("bid-manifest");
            bench.lines[last].time_ms = play.bidding().notice.deadline_ms;
            bench.forged()
        },
        verdict: refused("V5", "deadline-passed"),
    },
    Forgery {
        name: "bid behind closing",
        story: "a bid is appended after `closing`, with a time before it",
        keys: OPERATOR,
        make: || {
            let mut bench = Bench::of(stock::plain());
            let (last, closing) = (bench.last("bid-manifest"), bench.first("closing"));
            let mut bid = bench.lines.remove(last);
            bid.time_ms = bench.lines[closing - 1].time_ms;
            bench.lines.insert(closing, bid);
            bench.forged()
        },
        verdict: refused("V5", "after-closing"),
    },
    Forgery {
        name: "late withdrawal",
        story: "a bid is withdrawn after the deadline, when its owner had regrets",
        keys: WITH_BIDDER,
        make: || {
            let play = stock::changed_minds();
            let mut bench = Bench::of(play);
            let place = bench.first("bid-withdrawn");
            bench.lines[place].time_ms = play.bidding().notice.deadline_ms + 1;
            bench.forged()
        },
        verdict: refused("V5", "deadline-passed"),
    },
    Forgery {
        name: "late contribution to the draw",
        story: "the tenderee contributes after `closing`",
        keys: BOTH,
        make: || {
            let bench = Bench::of(stock::plain());
            let (from, closing) = (bench.first("draw-contribution"), bench.first("closing"));
            bench.move_before(from, closing + 1).forged()
        },
        verdict: refused("V5", "after-closing"),
    },
    Forgery {
        name: "late credit commitment",
        story: "the credit source commits when prices are known",
        keys: OPERATOR,
        make: || {
            let bench = Bench::of(stock::plain());
            let (from, to) = (
                bench.first("credit-committed"),
                bench.first("opening-results"),
            );
            bench.move_before(from, to + 1).forged()
        },
        verdict: refused("V5", "deadline-passed"),
    },
    Forgery {
        name: "closing before the deadline",
        story: "the tender is closed an hour early, to keep somebody out",
        keys: OPERATOR,
        make: || {
            let play = stock::plain();
            let mut bench = Bench::of(play);
            let (closing, early_ms) = (
                bench.first("closing"),
                play.bidding().notice.deadline_ms - HOUR_MS,
            );
            bench.lines[closing].time_ms = early_ms.max(bench.lines[closing - 1].time_ms);
            bench.forged()
        },
        verdict: refused("V5", "deadline-not-reached"),
    },
    Forgery {
        name: "time moved back",
        story: "one statement gets a time before that of the statement in front of it",
        keys: LOG,
        make: || {
            let mut bench = Bench::with_log_key(stock::plain());
            let place = bench.last("bid-manifest");
            bench.lines[place].time_ms = bench.lines[place - 1].time_ms - 1;
            bench.forged()
        },
        verdict: refused("V5", "time-backwards"),
    },
    Forgery {
        name: "keys released before closing",
        story: "a trustee releases shares of bids before the tender is closed",
        keys: OPERATOR,
        make: || {
            let bench = Bench::of(stock::plain());
            let is_opening = |act: &Act| matches!(act, Act::ShareRelease(body) if body.kind == EnvelopeKind::Opening);
            let (from, to) = (bench.place_of(is_opening), bench.first("closing"));
            bench.move_before(from, to).forged()
        },
        verdict: refused("V5", "released-early"),
    },
    Forgery {
        name: "shares after the window",
        story: "a trustee waits until the window is over, sees who is unresolved, and releases then",
        keys: OPERATOR,
        make: || {
            let play = stock::plain();
            let mut bench = Bench::of(play);
            let is_opening = |line: &crate::Line| matches!(line.act(), Act::ShareRelease(body) if body.kind == EnvelopeKind::Opening);
            let last = bench
                .lines
                .iter()
                .rposition(is_opening)
                .expect("there is one");
            let end_ms = play.bidding().notice.opening_ms
                + play.bidding().notice.opening.window_ms
                + MINUTE_MS;
            for line in &mut bench.lines[last..] {
                line.time_ms = line.time_ms.max(end_ms);
            }
            bench.forged()
        },
        verdict: refused("V5", "window-closed"),
    },
    Forgery {
        name: "results published early",
        story: "prices are read out while others are still sealed and the window is open",
        keys: OPERATOR,
        make: || {
            let play = stock::unresolved();
            let mut bench = Bench::of(play);
            let place = bench.first("opening-results");
            bench.lines[place].time_ms -= 10 * MINUTE_MS;
            bench.forged()
        },
        verdict: refused("V5", "window-open"),
    },
    Forgery {
        name: "set frozen before everybody confirmed",
        story: "the benchmark set is frozen before a silent bidder's window ends",
        keys: BOTH,
        make: || {
            let mut bench = Bench::of(stock::with_absent());
            let place = bench.first("benchmark-set");
            bench.lines[place].time_ms = bench.lines[place - 1].time_ms;
            bench.forged()
        },
        verdict: refused("V5", "window-open"),
    },
    Forgery {
        name: "confirmation after its window",
        story: "a bidder contests what was read out when it knows the draw",
        keys: OPERATOR,
        make: || {
            let play = stock::with_absent();
            let mut bench = Bench::of(play);
            let place = bench.last("read-out-confirmed");
            bench.lines[place].time_ms += play.bidding().notice.opening.confirmation_ms;
            bench.forged()
        },
        verdict: refused("V5", "window-closed"),
    },
    Forgery {
        name: "record signed before the draw could be objected to",
        story: "the opening record is signed inside the window for objections to the draw",
        keys: BOTH,
        make: || {
            let mut bench = Bench::of(stock::plain());
            let (draw, record) = (bench.first("draw-result"), bench.first("opening-record"));
            bench.lines[record].time_ms = bench.lines[draw].time_ms + 1;
            bench.forged()
        },
        verdict: refused("V5", "window-open"),
    },
    Forgery {
        name: "award inside the publicity",
        story: "the winner is fixed before the publicity has ended",
        keys: BOTH,
        make: || {
            let mut bench = Bench::of(stock::statutory());
            let place = bench.first("award");
            bench.lines[place].time_ms -= DAY_MS;
            bench.forged()
        },
        verdict: refused("V11", "publicity-short"),
    },
];
