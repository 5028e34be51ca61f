//! Records bent by somebody who holds the keys: log, platform, tenderee, whoever colludes. Each attack is
//! named by the check that it offends.

#![expect(clippy::unwrap_used, reason = "tests may panic")]

mod forge;
mod on_the_log;
mod on_the_procedure;
mod outages;

use forge::{Forge, signed};
use play::{Actor, Milestone, Play, Script};
use procedure::act::Act;
use record::log::receipt::Receipt;
use verification::{Options, Report};

fn awarded(script: Script) -> Play {
    Play::to(script, Milestone::Awarded)
}

fn options(play: &Play) -> Options {
    Options {
        trust: Some(play.world.trust_file().parse().unwrap()),
        receipts: Vec::new(),
    }
}

fn with_receipt(play: &Play, receipt: Receipt) -> Options {
    let receipts = vec![receipt];
    Options {
        receipts,
        ..options(play)
    }
}

/// The attacker has the log's key and the platform's.
fn forge(play: &Play) -> Forge {
    Forge::of(
        play.world.bundle_parts(&play.tender),
        play.world.log().key(),
    )
}

#[track_caller]
fn names(report: &Report, check: &str, code: &str) {
    let text = report.render_text();
    assert_eq!(report.exit_code(), 1, "{text}");
    let found = &report.check(check).unwrap().findings;
    assert!(
        found.iter().any(|one| one.code == code),
        "no {code} in {check}\n{text}"
    );
}

/// Changes the act of the first statement of this kind and signs it anew.
fn rewrite(forge: &mut Forge, kind: &str, actor: &Actor, change: impl Fn(&mut Act)) {
    let place = forge.places(kind)[0];
    let mut act = forge.lines[place].act();
    change(&mut act);
    forge.lines[place].envelope = signed(&act, &[actor.key()]);
}
