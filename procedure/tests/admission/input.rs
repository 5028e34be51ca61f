//! Bad input: what is malformed, unsigned, foreign, replayed or late never gets in.

use play::{Actor, Milestone, Play, Script, form_json};
use procedure::act::*;
use procedure::{At, Code, verify};
use record::Digest;
use record::statement::Envelope;

/// A submitted tender and a withdrawal of b1, signed.
fn withdrawal() -> (Play, Envelope) {
    let play = Play::to(Script::plain("T-1"), Milestone::Submitted);
    let body = BidWithdrawn {
        tender: play.tender.clone(),
        manifest: play.manifest("b1"),
    };
    let mut envelope = Act::from(body).envelope();
    envelope.add_signature(play.actor("b1").key());
    (play, envelope)
}

/// The code and pointer that this body of a `bid-withdrawn` is refused with, well signed.
fn body(text: &str) -> (Code, String) {
    let (play, _) = withdrawal();
    let mut envelope = Envelope::new("bid-withdrawn", text.as_bytes().to_vec());
    envelope.add_signature(play.actor("b1").key());
    let refusal = verify(envelope, play.world.directory()).unwrap_err();
    (refusal.code, refusal.pointer.unwrap_or_default())
}

#[test]
fn bodies_are_strict_json() {
    let zeros = "0".repeat(64);
    let invalid = |pointer: &str| (Code::BodyInvalid, pointer.to_owned());
    assert_eq!(
        body(&format!(
            r#"{{"tender":"T-1","manifest":"{zeros}","note":"hi"}}"#
        ))
        .0,
        Code::BodyInvalid
    );
    let twice = format!(r#"{{"tender":"T-1","manifest":"{zeros}","tender":"T-1"}}"#);
    assert_eq!(body(&twice), invalid("/tender"), "duplicate key");
    assert_eq!(
        body(r#"{"tender":"T-1","manifest":1.0}"#),
        invalid("/manifest"),
        "float"
    );
    assert_eq!(
        body(r#"{"tender":"T-1","manifest":9007199254740992}"#),
        invalid("/manifest"),
        "huge number"
    );
    assert_eq!(
        body(r#"{"tender":"T 1","manifest":"00"}"#),
        invalid("/tender"),
        "identifier"
    );
    assert_eq!(
        body(r#"{"tender":"T-1"}"#).0,
        Code::BodyInvalid,
        "missing field"
    );
    assert_eq!(body("").0, Code::BodyInvalid);
    assert_eq!(body("\u{feff}{}").0, Code::BodyInvalid, "byte order mark");
    assert_eq!(body(&"[".repeat(65)).0, Code::BodyInvalid, "too deep");
    let upper = format!(r#"{{"tender":"T-1","manifest":"{}"}}"#, "AB".repeat(32));
    assert_eq!(body(&upper), invalid("/manifest"), "upper-case hexadecimal");
}

#[test]
fn kinds_are_known() {
    let (play, mut envelope) = withdrawal();
    for kind in ["bid-withdrawm", "record-head", "x"] {
        envelope.payload_type = format!("application/vnd.etender.{kind}.v1+json");
        assert_eq!(
            verify(envelope.clone(), play.world.directory())
                .unwrap_err()
                .code,
            Code::KindUnknown
        );
    }
    envelope.payload_type = "text/plain".into();
    assert_eq!(
        verify(envelope, play.world.directory()).unwrap_err().code,
        Code::KindUnknown
    );
}

#[test]
fn signatures_hold() {
    let (mut play, good) = withdrawal();
    let code = |envelope: Envelope| verify(envelope, play.world.directory()).unwrap_err().code;
    let unsigned = Envelope {
        signatures: Vec::new(),
        ..good.clone()
    };
    assert_eq!(code(unsigned), Code::SignatureInvalid);
    let mut flipped = good.clone();
    flipped.signatures[0].signature[0] ^= 1;
    assert_eq!(code(flipped), Code::SignatureInvalid);
    let mut empty = good.clone();
    empty.signatures[0].signature.clear();
    assert_eq!(code(empty), Code::SignatureInvalid);
    let mut other_body = good.clone();
    let text = String::from_utf8(other_body.body)
        .unwrap()
        .replace("T-1", "T-2");
    other_body.body = text.into_bytes();
    assert_eq!(code(other_body), Code::SignatureInvalid);
    let mut other_kind = good.clone();
    other_kind.payload_type = other_kind
        .payload_type
        .replace("bid-withdrawn", "tender-failed");
    assert_eq!(code(other_kind), Code::BodyInvalid);
    let mut twice = good.clone();
    twice.signatures.push(twice.signatures[0].clone());
    assert_eq!(code(twice), Code::SignatureInvalid);
    let mut stranger = good.clone();
    stranger.add_signature(Actor::new("stranger").key());
    assert_eq!(code(stranger), Code::KeyUnknown);
    let mut foreign_kind = good.clone();
    foreign_kind.signatures[0].kind = Some("sm2".into());
    assert_eq!(
        code(foreign_kind.clone()),
        Code::SignatureInvalid,
        "nothing could be checked"
    );
    // Beside a good signature one of another kind is kept and not checked.
    foreign_kind
        .signatures
        .insert(0, good.signatures[0].clone());
    play.world.admit_envelope(foreign_kind).unwrap();
}

#[test]
fn a_statement_is_admitted_once() {
    let (mut play, envelope) = withdrawal();
    play.world.admit_envelope(envelope.clone()).unwrap();
    let before = play.state().clone();
    assert_eq!(
        play.world
            .admit_envelope(envelope.clone())
            .unwrap_err()
            .code,
        Code::StatementRepeated
    );
    // Signatures are outside the id: another set of signatures is the same statement.
    let mut cosigned = envelope;
    cosigned.add_signature(play.actor("b2").key());
    assert_eq!(
        play.world.admit_envelope(cosigned).unwrap_err().code,
        Code::StatementRepeated
    );
    assert_eq!(*play.state(), before);
}

#[test]
fn a_statement_of_another_tender_is_foreign() {
    let (mut play, envelope) = withdrawal();
    let other = Play::in_world(play.world.clone(), Script::plain("T-2"));
    let statement = verify(envelope, other.world.directory()).unwrap();
    let mut tender = other.state().clone();
    let refusal = tender
        .admit(&statement, other.world.directory(), other.world.at())
        .unwrap_err();
    assert_eq!(refusal.code, Code::TenderMismatch);
    assert_eq!(tender, *other.state());
    play.world = other.world;
    let body = BidWithdrawn {
        tender: play::id("T-3"),
        manifest: Digest::ZERO,
    };
    let bidder = play.actor("b1");
    assert_eq!(play.world.refused(body, &[&bidder]), Code::TenderUnknown);
}

#[test]
fn time_and_place_go_forwards() {
    let (play, envelope) = withdrawal();
    let statement = verify(envelope, play.world.directory()).unwrap();
    let last = play.state().last();
    let refused = |at: At| {
        let mut tender = play.state().clone();
        let code = tender
            .admit(&statement, play.world.directory(), at)
            .unwrap_err()
            .code;
        assert_eq!(tender, *play.state());
        code
    };
    assert_eq!(
        refused(At {
            time_ms: last.time_ms,
            index: last.index
        }),
        Code::TimeBackwards
    );
    assert_eq!(
        refused(At {
            time_ms: last.time_ms - 1,
            index: last.index + 1
        }),
        Code::TimeBackwards
    );
    assert_eq!(
        refused(At {
            time_ms: u64::MAX,
            index: u64::MAX
        }),
        Code::DeadlinePassed
    );
    let mut tender = play.state().clone();
    tender
        .admit(
            &statement,
            play.world.directory(),
            At {
                index: last.index + 1,
                ..last
            },
        )
        .unwrap();
}

#[test]
fn a_revoked_key_does_not_act_and_an_unregistered_one_neither() {
    let (mut play, envelope) = withdrawal();
    let (old, new) = (play.actor("b1"), Actor::with_key("b1", 2));
    play.world.register_key(&old, &new);
    let revocation = KeyRevoked {
        account: old.id().clone(),
        key_id: old.key().public().id(),
        reason: "遗失".into(),
    };
    play.world.must(revocation, &[&new]);
    assert_eq!(
        play.world.admit_envelope(envelope).unwrap_err().code,
        Code::KeyRevoked
    );
    let body = BidWithdrawn {
        tender: play.tender.clone(),
        manifest: play.manifest("b1"),
    };
    assert_eq!(
        play.world
            .refused(body.clone(), &[&Actor::with_key("b1", 3)]),
        Code::KeyUnknown
    );
    assert_eq!(play.world.refused(body, &[&new]), Code::KeyTooYoung);
}

#[test]
fn the_root_key_has_no_part_in_a_tender() {
    let (mut play, _) = withdrawal();
    let root = play.world.root().clone();
    let act = BidWithdrawn {
        tender: play.tender.clone(),
        manifest: play.manifest("b1"),
    }
    .into();
    assert_eq!(
        play.world.admit_signed(&act, &[&root]).unwrap_err().code,
        Code::KeyUnknown
    );
}

#[test]
fn small_order_and_off_curve_keys_do_not_get_into_envelopes() {
    let play = Play::to(Script::plain("T-1"), Milestone::Announced);
    let bidder = play.actor("b1");
    let manifest = play.seal(&bidder, &form_json("9000000"), "bid").manifest;
    for (kem, pk) in [
        ("x25519", "00".repeat(32)),
        ("x25519", "ff".repeat(32)),
        ("p256", format!("04{}", "01".repeat(64))),
    ] {
        let mut value = serde_json::to_value(&manifest).unwrap();
        value["recovery"] = serde_json::json!({ "kem": kem, "pk": pk });
        let mut envelope = Envelope::new("bid-manifest", serde_json::to_vec(&value).unwrap());
        envelope.add_signature(bidder.key());
        let refusal = verify(envelope, play.world.directory()).unwrap_err();
        assert_eq!(
            (refusal.code, refusal.pointer.as_deref()),
            (Code::BodyInvalid, Some("/recovery")),
            "{kem}"
        );
    }
}
