//! The honest records that everything here is bent from. Each is played once.

use std::sync::LazyLock;

use play::{Actor, Bidder, Conduct, Milestone, Play, Script, World};
use procedure::act::{TenderTerminated, TerminationCause};
use record::log::receipt::Receipt;
use record::trust::Trust;

/// Origin of a log that is no demo: the rules of trustees hold, and time is real.
const ORIGIN: &str = "kaibiao.test/etender";

macro_rules! records {
    ($($(#[$doc:meta])* $name:ident = $make:expr;)*) => {$(
        $(#[$doc])*
        pub fn $name() -> &'static Play {
            static RECORD: LazyLock<Play> = LazyLock::new(|| $make);
            &RECORD
        }
    )*};
}

records! {
    /// Three bidders, nothing goes wrong; awarded.
    plain = awarded(Script::plain("T-1"));
    /// The same up to the moment before the deadline.
    plain_submitted = until(Script::plain("T-1"), Milestone::Submitted);
    /// Nine bidders of all conducts, a lying trustee, a failed attempt, objections; awarded.
    eventful = awarded(Script::eventful("T-1"));
    /// Statutory, with the periods of the law; awarded.
    statutory = awarded(Script::statutory("T-1"));
    /// Korean: the lowest price above the floor; awarded.
    korean = awarded(Script::korean("T-1"));
    /// One price for all, the winner is drawn; awarded.
    fixed_price = awarded(Script::at_fixed_price("T-1"));
    /// Two ways of shortlisting, one of them drawn; awarded.
    shortlisted = awarded(Script::shortlisted("T-1"));
    /// An objection to each matter; awarded.
    contested = awarded(Script { objections: true, ..Script::plain("T-1") });
    /// One bidder replaces its bid, one withdraws; awarded.
    changed_minds = awarded(changing_minds());
    /// One bidder says nothing to the read-out, so that its window matters; awarded.
    with_absent = awarded(absent());
    /// Two trustees of three stay away, so that bids stay sealed; read out.
    unresolved = until(silent(), Milestone::Opened);
    /// One trustee stays away, so that each release of the others is needed; b1 opens its own bid; awarded.
    just_enough = awarded(leaning());
    /// Fewer bidders than the law wants; failed.
    failed = fails();
    /// Ended by the tenderee before the deadline.
    terminated = terminates();
    /// Announced, nobody has bid yet.
    announced = until(Script::plain("T-1"), Milestone::Announced);
    /// A draft: a rehearsed trustee set and no notice.
    draft = until(Script::plain("T-1"), Milestone::Rehearsed);
}

fn until(script: Script, milestone: Milestone) -> Play {
    let mut play = Play::in_world(World::new(ORIGIN), script);
    play.go_to(milestone);
    play
}

fn awarded(script: Script) -> Play {
    until(script, Milestone::Awarded)
}

fn changing_minds() -> Script {
    let replaces = Conduct::Replaces {
        first: "9999999.99".to_owned(),
    };
    Script::plain("T-1").with_bidders(vec![
        Bidder::new("b1", "9520000.00").with_credit("92.4"),
        Bidder::new("b2", "9088000.00").with_credit("88"),
        Bidder::new("b3", "8875000.00").with_credit("110"),
        Bidder::new("b4", "9310000.00").who(replaces),
        Bidder::new("b5", "9000000.00").who(Conduct::Withdraws),
    ])
}

fn absent() -> Script {
    let mut script = Script::plain("T-1");
    script.bidders[2].conduct = Conduct::Absent;
    script
}

fn silent() -> Script {
    let mut script = Script::plain("T-1");
    script.silent = [1, 2].into();
    script.bidders[0].conduct = Conduct::OpensItself;
    script
}

fn leaning() -> Script {
    let mut script = Script::plain("T-1");
    script.silent = [1].into();
    script.bidders[0].conduct = Conduct::OpensItself;
    script
}

fn fails() -> Play {
    let script = Script::plain("T-1").with_prices(&["9000000", "9100000"]);
    let mut play = until(script, Milestone::Submitted);
    let (tender, deadline_ms) = (play.tender.clone(), play.bidding().notice.deadline_ms);
    play.world.wait_until(deadline_ms);
    play.world.do_duties(&tender);
    play
}

fn terminates() -> Play {
    let mut play = plain_submitted().clone();
    let body = TenderTerminated {
        tender: play.tender.clone(),
        cause: TerminationCause::MajorChange,
        reason: "规模调整".to_owned(),
    };
    play.tenderee_says(body);
    play
}

/// The trust file of the honest world.
pub fn trust(play: &Play) -> Trust {
    let file = play.world.trust_file().parse();
    file.expect("the trust file is well-formed")
}

/// The receipt of the last statement of this kind that the first key of `who` signed, from the honest log.
pub fn receipt(play: &Play, kind: &str, who: &str) -> Receipt {
    receipt_under(play, kind, &play.actor(who))
}

/// The same for any key.
pub fn receipt_under(play: &Play, kind: &str, who: &Actor) -> Receipt {
    let key = who.key().public().id().to_string();
    let entries: Vec<_> = play.world.log().entries().collect();
    let entry = entries.into_iter().rfind(|entry| {
        let signed = entry
            .envelope
            .signatures
            .iter()
            .any(|one| one.key_id == key);
        entry.envelope.kind() == kind && signed
    });
    let entry = entry.expect("the statement is on the log");
    play.world.log().receipt(&entry.envelope.id())
}
