//! Checkpoints, cosignatures, proofs and receipts: vectors, two other implementations, and refusals.

#![expect(clippy::unwrap_used, reason = "tests may panic")]

use proptest::prelude::*;
use record::Digest;
use record::key::{Algorithm, PublicKey, SigningKey};
use record::log::checkpoint::{
    Checkpoint, NoteSignature, Origin, SignatureError, SignatureType, SignedCheckpoint, VerifierKey,
};
use record::log::leaf::Leaf;
use record::log::receipt::{Receipt, TlogProof};
use record::log::tree;
use serde_json::Value;

const LOG_KEY: &str = "log.example/etender+40238a4b+AQAxerVFovuOuYbdq9Gv0Qh3dD2NJ0HNci13YwinPuhX";

fn vector(key: &str) -> String {
    let vectors: Value = serde_json::from_str(include_str!("data/protocol.json")).unwrap();
    vectors["log"][key].as_str().unwrap().to_owned()
}

fn key(name: &str, signature_type: SignatureType, pk: &str) -> VerifierKey {
    let key = PublicKey::new(Algorithm::Ed25519, &hex::decode(vector(pk)).unwrap()).unwrap();
    VerifierKey::new(Origin::new(name).unwrap(), signature_type, key).unwrap()
}

fn log_key() -> VerifierKey {
    key("log.example/etender", SignatureType::Ed25519, "log_pk")
}

fn witness_key() -> VerifierKey {
    key(
        "supervisor.example/w1",
        SignatureType::CosignatureV1,
        "witness_pk",
    )
}

fn secret(number: u8) -> SigningKey {
    SigningKey::from_secret(Algorithm::Ed25519, &[number; 32]).unwrap()
}

fn own_checkpoint(size: u64) -> Checkpoint {
    let origin = Origin::new("demo.example/etender").unwrap();
    Checkpoint {
        origin,
        size,
        root: Digest::sha256(b"root"),
    }
}

fn own_key(signature_type: SignatureType, name: &str, secret: &SigningKey) -> VerifierKey {
    VerifierKey::new(
        Origin::new(name).unwrap(),
        signature_type,
        secret.public().clone(),
    )
    .unwrap()
}

#[test]
fn verifier_key_of_the_vectors() {
    assert_eq!(log_key().to_string(), LOG_KEY);
    assert_eq!(LOG_KEY.parse::<VerifierKey>().unwrap(), log_key());
    assert_eq!(
        witness_key().to_string().parse::<VerifierKey>().unwrap(),
        witness_key()
    );
}

#[test]
fn checkpoint_of_the_vectors() {
    let text = vector("checkpoint");
    let signed: SignedCheckpoint = text.parse().unwrap();
    assert_eq!(signed.to_string(), text);
    let checkpoint = signed.verify(&log_key()).unwrap();
    assert_eq!(checkpoint.size, 7);
    assert_eq!(checkpoint.root.to_string(), vector("root7"));
    assert_eq!(
        signed.cosigned_at(&witness_key()).unwrap(),
        Some(1_790_000_000)
    );
}

#[test]
fn proof_of_the_vectors() {
    let text = vector("tlog_proof_index4");
    let proof: TlogProof = text.parse().unwrap();
    assert_eq!(proof.to_string(), text);
    assert_eq!(proof.index, 4);
    proof
        .verify(tree::leaf_hash(b"entry-4"), &log_key())
        .unwrap();
    let error = proof
        .verify(tree::leaf_hash(b"entry-5"), &log_key())
        .unwrap_err();
    assert_eq!(error.code(), "proof-root");
}

/// What we write, `tlog_tiles` and `signed_note` read and verify.
#[test]
fn others_accept_our_checkpoints() {
    let log = secret(7);
    let signed = own_checkpoint(12).sign(&log).unwrap();
    let text = signed.to_string();
    let verifier = own_key(SignatureType::Ed25519, "demo.example/etender", &log).to_string();
    let theirs = signed_note::StandardVerifier::new(&verifier).unwrap();
    let list = signed_note::VerifierList::new(vec![Box::new(theirs)]);
    let note = signed_note::Note::from_bytes(text.as_bytes()).unwrap();
    let (verified, unverified) = note.verify(&list).unwrap();
    assert_eq!((verified.len(), unverified.len()), (1, 0));
    assert_eq!(note.to_bytes(), text.as_bytes());
    let checkpoint = tlog_tiles::Checkpoint::from_bytes(note.text()).unwrap();
    assert_eq!(checkpoint.origin(), "demo.example/etender");
    assert_eq!(checkpoint.size(), 12);
    assert_eq!(checkpoint.hash().0, signed.checkpoint().root.0);
    assert_eq!(checkpoint.to_bytes(), signed.checkpoint().text().as_bytes());
}

#[test]
fn cosignatures_are_made_replaced_and_checked() {
    let (log, witness) = (secret(7), secret(8));
    let name = Origin::new("witness.example/w").unwrap();
    let verifier = own_key(SignatureType::CosignatureV1, name.as_str(), &witness);
    let mut signed = own_checkpoint(12).sign(&log).unwrap();
    assert_eq!(signed.cosigned_at(&verifier).unwrap(), None);
    for time_s in [1_790_000_000, 1_790_000_060] {
        let line = signed.cosign(&name, &witness, time_s).unwrap();
        assert_eq!(NoteSignature::parse(&line.to_string()).unwrap(), line);
        signed.add(line);
        assert_eq!(signed.cosigned_at(&verifier).unwrap(), Some(time_s));
        assert_eq!(signed.signatures().len(), 2);
    }
    let back: SignedCheckpoint = signed.to_string().parse().unwrap();
    assert_eq!(back, signed);
    // The time is signed.
    let mut line = signed.cosign(&name, &witness, 1_790_000_000).unwrap();
    line.signature[7] ^= 1;
    signed.add(line);
    assert!(matches!(
        signed.cosigned_at(&verifier),
        Err(SignatureError::Wrong { .. })
    ));
    // A log's key is no witness's key, even with the same bytes.
    let as_log = own_key(SignatureType::Ed25519, "demo.example/etender", &witness);
    assert_eq!(
        signed.cosigned_at(&as_log).unwrap_err().code(),
        "checkpoint-key-type"
    );
    assert_eq!(
        signed.verify(&verifier).unwrap_err().code(),
        "checkpoint-key-type"
    );
}

#[test]
fn wrong_signatures_are_refused() {
    let log = secret(7);
    let key = own_key(SignatureType::Ed25519, "demo.example/etender", &log);
    let signed = own_checkpoint(12).sign(&log).unwrap();
    signed.verify(&key).unwrap();
    let grown: SignedCheckpoint = signed
        .to_string()
        .replacen("\n12\n", "\n13\n", 1)
        .parse()
        .unwrap();
    assert_eq!(
        grown.verify(&key).unwrap_err().code(),
        "checkpoint-signature-wrong"
    );
    let other = own_key(SignatureType::Ed25519, "demo.example/etender", &secret(9));
    assert_eq!(
        signed.verify(&other).unwrap_err().code(),
        "checkpoint-not-signed"
    );
    let elsewhere = own_key(SignatureType::Ed25519, "other.example/etender", &log);
    assert_eq!(
        signed.verify(&elsewhere).unwrap_err().code(),
        "checkpoint-other-log"
    );
    let p256 = SigningKey::generate(Algorithm::P256).unwrap();
    assert!(own_checkpoint(1).sign(&p256).is_err());
}

#[test]
fn malformed_checkpoints_name_line_and_reason() {
    let good = vector("checkpoint");
    let line = |text: String| text.parse::<SignedCheckpoint>().unwrap_err().line;
    assert_eq!(line(String::new()), 1);
    assert_eq!(
        line(good.replacen("log.example/etender\n", "log example\n", 1)),
        1
    );
    assert_eq!(line(good.replacen("\n7\n", "\n07\n", 1)), 2);
    assert_eq!(line(good.replacen("\n7\n", "\n+7\n", 1)), 2);
    assert_eq!(line(good.replacen("\n7\n", "\n9007199254740992\n", 1)), 2);
    assert_eq!(
        line(good.replacen("WF0=\n", "WF1=\n", 1)),
        3,
        "base64 with stray bits"
    );
    assert_eq!(line(good.replacen("WF0=\n", "WF0=\nextension\n", 1)), 4);
    assert_eq!(line(good.replacen("\n\n\u{2014}", "\n\n- ", 1)), 5);
    assert_eq!(line(good.trim_end().to_owned()), 5);
    assert_eq!(line(good.replacen("vnvA4=\n", "vnvA4\n", 1)), 5);
    assert_eq!(line(good.replace('\n', "\r\n")), 1);
    let twice = format!("{good}{}\n", good.lines().nth(4).unwrap());
    assert_eq!(line(twice), 7);
    let signature = |n: u32| format!("\u{2014} w{n} AAAAAAA=\n");
    let many: String = (0..65).map(signature).collect();
    let text = good.split_once("\n\n").unwrap().0;
    let error = format!("{text}\n\n{many}")
        .parse::<SignedCheckpoint>()
        .unwrap_err();
    assert_eq!((error.line, error.code()), (69, "checkpoint-malformed"));
    assert!("x".repeat(70_000).parse::<SignedCheckpoint>().is_err());
}

#[test]
fn malformed_keys_are_refused() {
    for wrong in [
        "",
        "log.example/etender",
        "log.example/etender+40238a4c+AQAxerVFovuOuYbdq9Gv0Qh3dD2NJ0HNci13YwinPuhX",
        "log.example/etender+40238A4B+AQAxerVFovuOuYbdq9Gv0Qh3dD2NJ0HNci13YwinPuhX",
        "log.example/other+40238a4b+AQAxerVFovuOuYbdq9Gv0Qh3dD2NJ0HNci13YwinPuhX",
        "log.example/etender+40238a4b+AgAxerVFovuOuYbdq9Gv0Qh3dD2NJ0HNci13YwinPuhX",
        "log.example/etender+40238a4b+AQAxerVFovuOuYbdq9Gv0Qh3dD2NJ0HNci13Ywin",
        "+40238a4b+AQAxerVFovuOuYbdq9Gv0Qh3dD2NJ0HNci13YwinPuhX",
    ] {
        let error = wrong.parse::<VerifierKey>().unwrap_err();
        assert_eq!(error.code(), "verifier-key-malformed", "{wrong}");
    }
}

#[test]
fn malformed_proofs_name_line_and_reason() {
    let good = vector("tlog_proof_index4");
    let line = |text: String| text.parse::<TlogProof>().unwrap_err().line;
    assert_eq!(line(good.replacen("@v1", "@v2", 1)), 1);
    assert_eq!(line(good.replacen("index 4", "index 04", 1)), 2);
    assert_eq!(line(good.replacen("index 4", "extra YQ==\nindex 4", 1)), 2);
    assert_eq!(line(good.replacen("DP2ldv9", "DP2ldv", 1)), 4);
    assert_eq!(line(good.replacen("\n7\n", "\nx\n", 1)), 8);
    let hash = format!("{}\n", good.lines().nth(2).unwrap());
    assert_eq!(line(good.replacen(&hash, &hash.repeat(60), 1)), 57);
}

#[test]
fn a_receipt_speaks_for_itself() {
    let (log, salt) = (secret(7), Digest::sha256(b"salt"));
    let chain = "tender:T-1".parse().unwrap();
    let id = Digest::sha256(b"statement");
    let leaf = Leaf::statement(
        id,
        1_790_000_000_000,
        salt,
        &chain,
        3,
        Digest::ZERO,
        Digest::sha256(b"s"),
    );
    let noise = Leaf::noise(Digest::ZERO, Digest::ZERO).hash();
    let root = tree::node_hash(noise, leaf.hash());
    let checkpoint = Checkpoint {
        origin: Origin::new("demo.example/etender").unwrap(),
        size: 2,
        root,
    };
    let proof = TlogProof {
        index: 1,
        path: vec![noise],
        checkpoint: checkpoint.sign(&log).unwrap(),
    };
    let receipt = Receipt {
        statement_id: id,
        admitted_ms: 1_790_000_000_000,
        salt,
        hidden: leaf.hidden(),
        proof,
    };
    let key = own_key(SignatureType::Ed25519, "demo.example/etender", &log);
    let json = serde_json::to_vec(&receipt).unwrap();
    let read = Receipt::parse(&json).unwrap();
    assert_eq!(read, receipt);
    read.verify(&key).unwrap();
    assert_eq!(read.leaf(), leaf);

    let earlier = Receipt {
        admitted_ms: 1_789_999_999_999,
        ..receipt.clone()
    };
    assert_eq!(earlier.verify(&key).unwrap_err().code(), "proof-root");
    let other = Receipt {
        statement_id: Digest::ZERO,
        ..receipt.clone()
    };
    assert_eq!(other.verify(&key).unwrap_err().code(), "proof-root");
    let stranger = own_key(SignatureType::Ed25519, "demo.example/etender", &secret(9));
    assert_eq!(
        receipt.verify(&stranger).unwrap_err().code(),
        "checkpoint-not-signed"
    );
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Parsers never panic, and what they accept they write back byte for byte.
    #[test]
    fn mutated_texts(at in any::<prop::sample::Index>(), with in any::<char>(), cut in any::<bool>()) {
        let good: Vec<char> = vector("tlog_proof_index4").chars().collect();
        let place = at.index(good.len());
        let mut changed = good.clone();
        if cut { changed.truncate(place) } else { changed[place] = with }
        let text: String = changed.into_iter().collect();
        if let Ok(proof) = text.parse::<TlogProof>() {
            prop_assert_eq!(proof.to_string(), text.clone());
        }
        if let Some((_, note)) = text.split_once("\n\n") && let Ok(checkpoint) = note.parse::<SignedCheckpoint>() {
            prop_assert_eq!(checkpoint.to_string(), note);
        }
        let _ = text.parse::<VerifierKey>();
        let _ = text.parse::<record::trust::Trust>();
    }
}
