//! `STATEMENTS.md` is generated, and current.

use std::collections::BTreeMap;

use play::{MINUTE_MS, Milestone, Play, Script, World};
use procedure::act::*;
use procedure::{At, statements_md};
use record::sealing::EnvelopeKind;
use serde_json::Value;

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/STATEMENTS.md");
const UPDATE: &str = "UPDATE_STATEMENTS_MD";

/// The first statement of every kind from three played tenders: one awarded, one failed, one ended early.
fn examples() -> BTreeMap<String, Value> {
    let awarded = Play::to(Script::eventful("SQ-2026-017-1"), Milestone::Awarded);
    let few = Script::plain("SQ-2026-017-2").with_prices(&["9000000", "9100000"]);
    let mut failed = Play::in_world(awarded.world, few);
    failed.go_to(Milestone::Closed);
    failed.world.do_duties(&failed.tender.clone());
    let mut ended = Play::in_world(failed.world, Script::plain("SQ-2026-017-3"));
    ended.go_to(Milestone::Announced);
    ended.suspend(10 * MINUTE_MS);
    ended.resume();
    let (cause, reason) = (
        TerminationCause::MajorChange,
        "规划调整，项目取消。".to_owned(),
    );
    ended.tenderee_says(TenderTerminated {
        tender: ended.tender.clone(),
        cause,
        reason,
    });
    let mut world: World = ended.world;
    let (old, new) = (play::Actor::new("b1"), play::Actor::with_key("b1", 2));
    world.register_key(&old, &new);
    let key_id = old.key().public().id();
    world.must(
        KeyRevoked {
            account: old.id().clone(),
            key_id,
            reason: "U盾遗失".to_owned(),
        },
        &[&new],
    );
    let mut examples = BTreeMap::new();
    for entry in world.log().entries() {
        let body: Value =
            serde_json::from_slice(&entry.envelope.body).expect("admitted bodies are JSON");
        examples
            .entry(entry.envelope.kind().to_owned())
            .or_insert(body);
    }
    examples
}

#[test]
fn statements_md_is_current() {
    let text = statements_md(&examples());
    if std::env::var_os(UPDATE).is_some() {
        std::fs::write(PATH, &text).expect("STATEMENTS.md can be written");
    }
    let found = std::fs::read_to_string(PATH).unwrap_or_default();
    assert!(
        found == text,
        "STATEMENTS.md is not current; run the tests of `procedure` once with {UPDATE}=1"
    );
}

#[test]
fn every_kind_has_an_example() {
    let examples = examples();
    let missing: Vec<_> = Act::KINDS
        .iter()
        .filter(|kind| !examples.contains_key(**kind))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// Reading a body and writing it again gives the same bytes: no field is silently lost.
#[test]
fn bodies_survive_reading() {
    let play = Play::to(Script::eventful("T-1"), Milestone::Awarded);
    for entry in play.world.log().entries() {
        let act = Act::read(&entry.envelope)
            .expect("a known kind")
            .expect("a valid body");
        assert_eq!(act.to_body(), entry.envelope.body, "{}", act.kind());
        assert_eq!(act.envelope().id(), entry.envelope.id());
        assert_eq!(act.chain(), entry.opening.chain);
        let is_answer =
            matches!(&act, Act::ShareRelease(body) if body.kind == EnvelopeKind::Rehearsal);
        let visibility = if is_answer {
            Visibility::Public
        } else {
            Act::visibility_of(act.kind()).unwrap()
        };
        assert_eq!(act.visibility(), visibility, "{}", act.kind());
    }
}

/// Whoever replays the log gets the same tender and the same directory.
#[test]
fn the_log_gives_the_same_state_again() {
    let play = Play::to(Script::eventful("T-1"), Milestone::Awarded);
    let mut directory = procedure::Directory::new(
        play.world.directory().origin(),
        play.world.root().public().clone(),
    );
    let mut tender: Option<procedure::Tender> = None;
    for entry in play.world.log().entries() {
        let statement = procedure::verify(entry.envelope.clone(), &directory).unwrap();
        let at = At {
            time_ms: entry.opening.admitted_ms,
            index: entry.opening.index,
        };
        match (&mut tender, &entry.opening.chain) {
            (Some(tender), record::chain::ChainId::Tender(_)) => {
                tender.admit(&statement, &directory, at).unwrap()
            }
            (None, record::chain::ChainId::Tender(_)) => {
                tender = Some(procedure::Tender::create(&statement, &directory, at).unwrap());
            }
            _ => directory.admit(&statement, at).unwrap(),
        }
    }
    assert_eq!(directory, *play.world.directory());
    assert_eq!(tender.as_ref(), Some(play.state()));
}
