//! Sealed here, admitted and opened by the procedure's own rules.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests may panic"
)]

use cli::client::{Layout, LocalBlob};
use cli::keyring::{Keyring, Lock, Organisation};
use cli::seal::{
    BidFolder, BidPlan, Sealer, SealingError, Succession, Terms, seal_bid, seal_contribution,
};
use play::{Milestone, Play, Script};
use procedure::Stage;
use procedure::act::FieldType;
use record::Identifier;
use record::key::Algorithm;
use record::sealing::{FileKey, Kem, SEGMENT_BYTES, SEGMENT_TEXT_BYTES, open_part, open_recovery};
use serde_json::{Map, Value, json};

fn keyring(account: &str) -> Keyring {
    let account = Identifier::new(account).unwrap();
    let organisation = Organisation {
        account,
        name: "Firm".to_owned(),
        registration_code: None,
        control_group: None,
    };
    Keyring::generate(organisation, Algorithm::Ed25519, Kem::X25519).unwrap()
}

fn announced() -> (Play, Terms) {
    let play = Play::to(Script::plain("T-1"), Milestone::Announced);
    let bidding = play.bidding();
    let terms = Terms {
        origin: play.world.directory().origin().to_owned(),
        notice: bidding.notice.clone(),
        notice_id: bidding.notice_id,
        deadline_ms: bidding.deadline_ms,
        trustee_set: bidding.trustees.clone(),
        trustees: bidding.keys.clone(),
        draw: Identifier::new("benchmark").unwrap(),
    };
    (play, terms)
}

fn form(terms: &Terms) -> Map<String, Value> {
    let value = |kind: FieldType| match kind {
        FieldType::Money => json!("9520000.00"),
        FieldType::Days => json!(300),
        FieldType::Text => json!("张三"),
    };
    terms
        .notice
        .bid_form
        .iter()
        .map(|field| (field.id.to_string(), value(field.field_type)))
        .collect()
}

fn plan(terms: &Terms) -> BidPlan {
    BidPlan {
        form: form(terms),
        attachments: vec![],
        members: vec![],
        succession: Succession::first(),
    }
}

#[test]
fn a_sealed_bid_is_admitted_opened_and_read_as_it_was_written() {
    let (mut play, terms) = announced();
    let keyring = keyring("firm-1");
    play.world
        .admit_envelope(keyring.registration().unwrap())
        .unwrap();

    let folder = tempfile::tempdir().unwrap();
    let attachment = folder.path().join("技术标.pdf");
    let text: Vec<u8> = (0..SEGMENT_TEXT_BYTES + 5)
        .map(|place| (place % 251) as u8)
        .collect();
    std::fs::write(&attachment, &text).unwrap();
    let bid = BidFolder::create(&folder.path().join("bid")).unwrap();
    let plan = BidPlan {
        attachments: vec![attachment],
        ..plan(&terms)
    };
    let mut done = 0;
    let sealer = Sealer::of(&keyring).unwrap();
    let sealed = seal_bid(&terms, sealer, &plan, &bid.parts_folder(), &mut |bytes| {
        done += bytes
    })
    .unwrap();
    assert_eq!(done, text.len() as u64);
    bid.store(&sealed, &["技术标.pdf".to_owned()], &keyring)
        .unwrap();

    // The procedure takes it, with exactly these bytes.
    let (envelope, _) = bid.manifest().unwrap();
    let id = play.world.admit_envelope(envelope).unwrap();
    let kept = BidFolder::open(bid.path()).unwrap();
    assert_eq!(kept.info().unwrap().statement, id);
    let secrets = kept.secrets(&keyring).unwrap();
    assert_eq!(secrets, sealed.secrets);
    assert_eq!(secrets.form, plan.form);

    // Slot 0 gives the same K, in the context that the procedure computes.
    let admitted = &play.bidding().bids[&id];
    for (envelope, key) in [
        (&admitted.opening, secrets.opening),
        (&admitted.contrib, secrets.contrib),
    ] {
        let opened =
            open_recovery(&envelope.key_block, &envelope.context, keyring.recovery()).unwrap();
        assert_eq!(opened.bytes(), key.as_bytes());
    }
    assert_ne!(secrets.opening, secrets.contrib);

    // Form and attachment open under K; the attachment's file is what the manifest names.
    let key = FileKey::from_bytes(secrets.opening.0);
    let opened = open_part(&key, &admitted.opening.context, 0, &admitted.form).unwrap();
    assert_eq!(
        serde_json::from_slice::<Value>(&opened).unwrap(),
        Value::Object(plan.form.clone())
    );
    let file = kept.part_path(&kept.info().unwrap().parts[0]);
    let opened = open_part(
        &key,
        &admitted.opening.context,
        1,
        &std::fs::read(&file).unwrap(),
    )
    .unwrap();
    assert!(opened == text);
    let blob = LocalBlob::hash(&file, Layout::SealedPart).unwrap();
    let named = &sealed.manifest.envelopes[0].parts[1];
    assert_eq!((blob.root, blob.size), (named.root, named.size));
    assert_eq!(blob.leaves.len(), named.segments as usize + 1);
    assert_eq!(blob.read_leaf(0).unwrap().len(), 56);
    assert_eq!(blob.read_leaf(1).unwrap().len(), SEGMENT_BYTES);
}

#[test]
fn every_attempt_has_fresh_keys_nonces_and_salts() {
    let (_, terms) = announced();
    let keyring = keyring("firm-1");
    let folder = tempfile::tempdir().unwrap();
    let seal = || {
        seal_bid(
            &terms,
            Sealer::of(&keyring).unwrap(),
            &plan(&terms),
            folder.path(),
            &mut |_| {},
        )
        .unwrap()
    };
    let (one, two) = (seal(), seal());
    assert_ne!(one.secrets.opening, two.secrets.opening);
    for (left, right) in one.manifest.envelopes.iter().zip(&two.manifest.envelopes) {
        assert_ne!(left.nonce, right.nonce);
        assert_ne!(left.key_block, right.key_block);
    }
    assert_ne!(
        one.manifest.envelopes[0].parts[0].root,
        two.manifest.envelopes[0].parts[0].root
    );
}

#[test]
fn a_replacement_and_a_bid_after_a_withdrawal_are_admitted() {
    let (mut play, terms) = announced();
    let keyring = keyring("firm-1");
    play.world
        .admit_envelope(keyring.registration().unwrap())
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut previous: Option<BidFolder> = None;
    for round in 0..3 {
        let bid = BidFolder::create(&folder.path().join(format!("bid-{round}"))).unwrap();
        let succession = previous
            .as_ref()
            .map_or_else(Succession::first, |bid| bid.successor().unwrap());
        let plan = BidPlan {
            succession,
            ..plan(&terms)
        };
        let sealed = seal_bid(
            &terms,
            Sealer::of(&keyring).unwrap(),
            &plan,
            &bid.parts_folder(),
            &mut |_| {},
        )
        .unwrap();
        bid.store(&sealed, &[], &keyring).unwrap();
        play.world.admit_envelope(sealed.envelope.clone()).unwrap();
        if round == 1 {
            let (tender, manifest) = (terms.notice.tender.clone(), sealed.envelope.id());
            let withdrawal = keyring
                .sign(procedure::act::BidWithdrawn { tender, manifest })
                .unwrap();
            let id = play.world.admit_envelope(withdrawal).unwrap();
            bid.keep_receipt(&play.world.log().receipt(&id), true)
                .unwrap();
        }
        previous = Some(bid);
    }
}

#[test]
fn a_form_that_does_not_fit_is_refused_before_anything_is_sealed() {
    let (_, terms) = announced();
    let keyring = keyring("firm-1");
    let folder = tempfile::tempdir().unwrap();
    let seal = |form: Map<String, Value>| {
        let plan = BidPlan {
            form,
            ..plan(&terms)
        };
        seal_bid(
            &terms,
            Sealer::of(&keyring).unwrap(),
            &plan,
            folder.path(),
            &mut |_| {},
        )
        .map(|_| ())
        .unwrap_err()
    };
    let mut unknown = form(&terms);
    unknown.insert("discount".to_owned(), json!("1"));
    let mut wrong = form(&terms);
    wrong.insert("price".to_owned(), json!("95.001"));
    let mut missing = form(&terms);
    missing.remove("price");
    for form in [unknown, wrong, missing] {
        assert!(matches!(seal(form), SealingError::Form(_)));
    }
}

#[test]
fn a_contribution_is_admitted_and_a_foreign_key_file_opens_no_folder() {
    let mut play = Play::to(Script::plain("T-1"), Milestone::Announced);
    let (_, terms) = announced();
    let tenderee = play.tenderee();
    let recovery = tenderee.hpke();
    let sealer = Sealer {
        account: tenderee.id(),
        key: tenderee.key(),
        recovery: recovery.public(),
    };
    let contribution = seal_contribution(&terms, sealer, 1).unwrap();
    let id = play.world.admit_envelope(contribution.envelope).unwrap();
    let Stage::Announced(bidding) = play.stage() else {
        unreachable!()
    };
    let admitted = &bidding.contributions[tenderee.id()];
    assert_eq!(admitted.statement, id);
    let opened = open_recovery(
        &admitted.sealed.key_block,
        &admitted.sealed.context,
        &recovery,
    )
    .unwrap();
    assert_eq!(opened.bytes(), contribution.key.as_bytes());

    let folder = tempfile::tempdir().unwrap();
    let bid = BidFolder::create(&folder.path().join("bid")).unwrap();
    let own = keyring("firm-1");
    let sealed = seal_bid(
        &terms,
        Sealer::of(&own).unwrap(),
        &plan(&terms),
        &bid.parts_folder(),
        &mut |_| {},
    )
    .unwrap();
    bid.store(&sealed, &[], &own).unwrap();
    assert!(bid.secrets(&keyring("firm-1")).is_err());
    assert!(BidFolder::create(bid.path()).is_err());
    let _ = Lock::generate_identity();
}
