//! Checkpoints, proofs, receipts, trust files: texts that have one form only.

use record::Digest;
use record::log::anchor::SignedAnchor;
use record::log::checkpoint::{NoteSignature, SignedCheckpoint, VerifierKey};
use record::log::receipt::{Receipt, TlogProof};
use record::log::tree::PATH_LENGTH_MAX;
use record::log::witness::{AddCheckpoint, PROOF_LINES_MAX, REQUEST_BYTES_MAX, parse_size};
use record::trust::{ENTRIES_MAX, Trust};

use crate::Reached;

fn text(input: &[u8]) -> &str {
    str::from_utf8(input).unwrap_or_default()
}

/// A signed checkpoint, a verifier key or a signature line: what is read is written to the same bytes.
pub fn checkpoint(input: &[u8]) -> Reached {
    let text = text(input);
    let key = text.parse::<VerifierKey>();
    if let Ok(key) = &key {
        assert_eq!(key.to_string(), text);
    }
    let line = NoteSignature::parse(text);
    if let Ok(line) = &line {
        assert_eq!(line.to_string(), text);
        assert!(!line.signature.is_empty());
    }
    let checkpoint = text.parse::<SignedCheckpoint>();
    if let Ok(checkpoint) = &checkpoint {
        assert_eq!(checkpoint.to_string(), text);
        assert!(text.starts_with(&checkpoint.checkpoint().text()));
        // Every demo world has this key; only what it signed verifies.
        let log = crate::seeds::log_key();
        let is_genuine = checkpoint.checkpoint() == crate::seeds::checkpoint().checkpoint();
        assert!(checkpoint.verify(log).is_err() || is_genuine);
        let _ = checkpoint.cosigned_at(log);
    }
    if key.is_ok() || line.is_ok() {
        return Reached::Accepted;
    }
    Reached::of(&checkpoint)
}

/// A proof (text) or a receipt (JSON).
pub fn proof(input: &[u8]) -> Reached {
    let text = text(input);
    let proof = text.parse::<TlogProof>();
    if let Ok(proof) = &proof {
        assert_eq!(proof.to_string(), text);
        assert!(proof.path.len() <= PATH_LENGTH_MAX);
        // The leaf of no statement.
        assert!(proof.verify_path(Digest([7; 32])).is_err());
    }
    let receipt = Receipt::parse(input);
    if let Ok(receipt) = &receipt {
        let written = serde_json::to_vec(receipt).expect("a receipt is written");
        assert_eq!(Receipt::parse(&written).as_ref(), Ok(receipt));
        let _ = receipt.proof.verify_path(receipt.leaf().hash());
        return Reached::Accepted;
    }
    Reached::of(&proof)
}

/// A trust file: within its limits, with one digest; nobody vouches for a log that it does not name.
pub fn trust(input: &[u8]) -> Reached {
    let trust = text(input).parse::<Trust>();
    if let Ok(trust) = &trust {
        assert!(trust.logs().len() + trust.witnesses().len() <= 2 * ENTRIES_MAX);
        assert!(trust.groups().len() <= ENTRIES_MAX && trust.roots().len() <= ENTRIES_MAX);
        assert_eq!(trust.digest(), trust.clone().digest());
        assert!(trust.fingerprints().len() >= trust.logs().len());
        let checkpoint = crate::seeds::checkpoint();
        let origin = &checkpoint.checkpoint().origin;
        let is_named = trust.logs().iter().any(|log| log.key.name() == origin);
        let standing = trust.standing(checkpoint);
        assert!(
            standing.is_err() || is_named,
            "a log that is not named stands"
        );
    }
    Reached::of(&trust)
}

/// What a log sends to its witness, or a witness signs for whoever anchors it: one form only, and a witness of the
/// played log cosigns nothing but what that log signed.
pub fn witness(input: &[u8]) -> Reached {
    let text = text(input);
    if let Some(size) = parse_size(text) {
        assert!(size <= record::log::tree::SIZE_MAX);
    }
    let anchor = text.parse::<SignedAnchor>();
    if let Ok(anchor) = &anchor {
        assert_eq!(anchor.to_string(), text);
        assert!(anchor.verify(crate::seeds::log_key()).is_err());
        return Reached::Accepted;
    }
    let request = text.parse::<AddCheckpoint>();
    if let Ok(request) = &request {
        assert_eq!(request.to_string(), text);
        assert!(request.proof.len() <= PROOF_LINES_MAX && text.len() <= REQUEST_BYTES_MAX);
        let (log, genuine) = (
            crate::seeds::log_key(),
            crate::seeds::checkpoint().checkpoint(),
        );
        let is_genuine = request.checkpoint.checkpoint() == genuine;
        assert!(request.judge(&[], None).is_err(), "cosigned for no log");
        assert!(request.judge(&[log], None).is_err() || is_genuine);
        assert!(request.judge(&[log], Some(genuine)).is_err() || is_genuine);
    }
    Reached::of(&request)
}
