//! Every limit of this crate at the limit and one beyond; and no limit without a test.

#![expect(clippy::unwrap_used, reason = "tests may panic")]

use std::path::Path;

use record::Identifier;
use record::bundle::{
    self, BUNDLE_BYTES_MAX, BundleError, MEMBER_NAME_BYTES_MAX, MEMBERS_MAX, Members,
};
use record::identifier::IDENTIFIER_LENGTH_MAX;
use record::json::{self, DEPTH_MAX, INTEGER_MAX};
use record::key::{Algorithm, SigningKey};
use record::list::{LINES_MAX, ListRoot, in_statement};
use record::log::checkpoint::{Checkpoint, Origin, SignatureType, SignedCheckpoint, VerifierKey};
use record::log::note::{NAME_BYTES_MAX, NOTE_BYTES_MAX, SIGNATURES_MAX};
use record::sealing::{Kem, KemSecretKey, TRUSTEES_MAX, TrusteeKeys};
use record::statement::{
    Envelope, FOREIGN_KEY_ID_BYTES_MAX, SIGNATURE_BYTES_MAX, STATEMENT_BYTES_MAX, Signature,
};
use record::trust::{ENTRIES_MAX, TRUST_BYTES_MAX, Trust};

/// Which test goes to each limit and one beyond. Two are held elsewhere, where their data is.
const TESTED: &[(&str, &str)] = &[
    (
        "BID_BYTES_MAX",
        "a_bid_has_64_parts_and_16_gib_at_the_limit",
    ),
    ("PARTS_MAX", "a_bid_has_64_parts_and_16_gib_at_the_limit"),
    ("BUNDLE_BYTES_MAX", "a_bundle_has_2_gib"),
    ("MEMBERS_MAX", "a_bundle_has_a_million_members"),
    ("MEMBER_NAME_BYTES_MAX", "a_member_has_a_name_of_100_bytes"),
    ("IDENTIFIER_LENGTH_MAX", "an_identifier_has_64_characters"),
    ("TRUSTEES_MAX", "a_set_has_2_to_9_keys"),
    ("STATEMENT_BYTES_MAX", "limits"),
    ("SIGNATURES_MAX", "limits"),
    (
        "SIGNATURE_BYTES_MAX",
        "a_foreign_signature_has_16_kib_and_its_key_id_256_bytes",
    ),
    (
        "FOREIGN_KEY_ID_BYTES_MAX",
        "a_foreign_signature_has_16_kib_and_its_key_id_256_bytes",
    ),
    ("LINES_MAX", "a_statement_names_1250_lines"),
    ("DEPTH_MAX", "json_has_64_levels"),
    ("INTEGER_MAX", "integers_go_to_2_to_the_53"),
    (
        "TRUST_BYTES_MAX",
        "a_trust_file_has_64_kib_and_64_lines_of_a_kind",
    ),
    (
        "ENTRIES_MAX",
        "a_trust_file_has_64_kib_and_64_lines_of_a_kind",
    ),
    ("NOTE_BYTES_MAX", "a_note_has_64_kib_and_64_signatures"),
    ("NAME_BYTES_MAX", "a_log_has_a_name_of_255_bytes"),
    ("SIZE_MAX", "sizes_and_indexes_out_of_range_are_refused"),
    ("PATH_LENGTH_MAX", "a_proof_has_54_lines"),
    ("PROOF_LINES_MAX", "malformed_requests_are_refused"),
    ("REQUEST_BYTES_MAX", "malformed_requests_are_refused"),
    ("ANCHOR_BYTES_MAX", "an_anchor_is_nothing_else"),
];

/// Every line of the files below `directory`.
fn text_below(directory: &Path) -> String {
    let mut text = String::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            text += &text_below(&path);
        } else if path.extension().is_some_and(|end| end == "rs") {
            text += &std::fs::read_to_string(path).unwrap();
        }
    }
    text
}

#[test]
fn every_limit_has_a_test() {
    let crate_at = Path::new(env!("CARGO_MANIFEST_DIR"));
    let source = text_below(&crate_at.join("src"));
    let limits: Vec<&str> = source
        .lines()
        .filter_map(|line| line.strip_prefix("pub const "))
        .filter_map(|line| line.split(':').next())
        .filter(|name| name.ends_with("_MAX"))
        .collect();
    let tests = text_below(&crate_at.join("tests"))
        + &text_below(&crate_at.join("../procedure/tests/admission"));
    for limit in &limits {
        let test = TESTED.iter().find(|(name, _)| name == limit);
        let (_, test) = test.unwrap_or_else(|| panic!("no test goes to {limit}"));
        assert!(
            tests.contains(&format!("fn {test}()")),
            "there is no test {test}"
        );
    }
    for (limit, _) in TESTED {
        assert!(limits.contains(limit), "there is no limit {limit}");
    }
}

/// The zeros are never touched, so that this needs no memory.
#[test]
fn a_bundle_has_2_gib() {
    // Header, name and place in the directory of the one member, and the longest end.
    let around = 30 + 46 + 2 + 98;
    let most = usize::try_from(BUNDLE_BYTES_MAX).unwrap() - around;
    assert_eq!(Members::new().insert("a", vec![0; most]), Ok(()));
    let beyond = Members::new().insert("a", vec![0; most + 1]);
    assert_eq!(beyond.unwrap_err().code(), "bundle-too-large");
    let bytes = vec![0; most + around + 1];
    assert_eq!(bundle::read(&bytes).unwrap_err().code(), "bundle-too-large");
}

#[test]
fn a_bundle_has_a_million_members() {
    let mut members = Members::new();
    for number in 0..MEMBERS_MAX {
        members.insert(&format!("{number:07}"), Vec::new()).unwrap();
    }
    let beyond = members.insert("a", Vec::new()).unwrap_err();
    assert_eq!(beyond.code(), "bundle-too-many-members");
    assert_eq!(beyond.member(), "a");
    let bytes = bundle::write(&members);
    assert_eq!(bundle::read(&bytes).unwrap().len(), MEMBERS_MAX);
    // One more local header before the directory.
    let directory = bytes
        .windows(4)
        .position(|four| four == b"PK\x01\x02")
        .unwrap();
    let mut one_more = bytes[..directory].to_vec();
    one_more.extend_from_slice(&bytes[..30]);
    one_more.extend_from_slice(b"9999999");
    assert!(matches!(
        bundle::read(&one_more),
        Err(BundleError::TooManyMembers { .. })
    ));
}

#[test]
fn a_member_has_a_name_of_100_bytes() {
    let mut members = Members::new();
    let named = |bytes: usize| "a".repeat(bytes);
    assert_eq!(
        members.insert(&named(MEMBER_NAME_BYTES_MAX), vec![]),
        Ok(())
    );
    let beyond = members.insert(&named(MEMBER_NAME_BYTES_MAX + 1), vec![]);
    assert_eq!(beyond.unwrap_err().code(), "bundle-member-name");
}

#[test]
fn an_identifier_has_64_characters() {
    assert!(Identifier::new("a".repeat(IDENTIFIER_LENGTH_MAX)).is_ok());
    assert!(Identifier::new("a".repeat(IDENTIFIER_LENGTH_MAX + 1)).is_err());
}

#[test]
fn a_set_has_2_to_9_keys() {
    let keys = |count: u8| {
        let key = |number: u8| KemSecretKey::derive(Kem::X25519, &[number; 32]);
        (1..=count)
            .map(|number| key(number).public().clone())
            .collect::<Vec<_>>()
    };
    assert!(TrusteeKeys::new(2, keys(2)).is_ok());
    assert!(TrusteeKeys::new(TRUSTEES_MAX, keys(TRUSTEES_MAX)).is_ok());
    assert!(TrusteeKeys::new(2, keys(TRUSTEES_MAX + 1)).is_err());
    assert!(TrusteeKeys::new(1, keys(3)).is_err());
    assert!(TrusteeKeys::new(4, keys(3)).is_err());
}

#[test]
fn a_foreign_signature_has_16_kib_and_its_key_id_256_bytes() {
    let with = |key_id: usize, signature: usize| {
        let mut envelope = Envelope::new("x", b"{}".to_vec());
        envelope.signatures.push(Signature {
            key_id: "k".repeat(key_id),
            kind: Some("cms".into()),
            signature: vec![0; signature],
        });
        Envelope::parse(&envelope.to_json()).map_err(|error| error.code())
    };
    let (key_id, signature) = (FOREIGN_KEY_ID_BYTES_MAX, SIGNATURE_BYTES_MAX);
    assert!(with(key_id, signature).is_ok());
    assert!(with(key_id + 1, signature).is_err());
    assert!(with(key_id, signature + 1).is_err());
}

#[test]
fn a_statement_names_1250_lines() {
    let lines: Vec<Identifier> = (0..=LINES_MAX)
        .map(|number| Identifier::new(format!("b{number}")).unwrap())
        .collect();
    let (most, _) = lines.split_at(LINES_MAX);
    assert_eq!(in_statement(most.to_vec()), (most.to_vec(), None));
    let (named, root) = in_statement(lines.clone());
    assert_eq!((named.len(), root), (0, Some(ListRoot::of(&lines))));
    let root = root.unwrap();
    assert_eq!(root.count, lines.len() as u64);
    // The tree is RFC 6962's, over the lines as compact JSON.
    let leaf = |line: &Identifier| record::log::tree::leaf_hash(format!("\"{line}\"").as_bytes());
    let leaves: Vec<_> = lines.iter().map(leaf).collect();
    assert_eq!(root.root, record::log::tree::root_of(&leaves));
    // Two lists of this length fit into a body, whatever their identifiers.
    let longest = vec![Identifier::new("i".repeat(IDENTIFIER_LENGTH_MAX)).unwrap(); LINES_MAX];
    let body = serde_json::to_vec(&(&longest, &longest)).unwrap();
    assert!(body.len() < STATEMENT_BYTES_MAX * 3 / 4, "{}", body.len());
}

#[test]
fn json_has_64_levels() {
    let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    assert_eq!(json::check(nested(DEPTH_MAX).as_bytes()), Ok(()));
    let beyond = json::check(nested(DEPTH_MAX + 1).as_bytes());
    assert_eq!(beyond.unwrap_err().code(), "json-too-deep");
}

#[test]
fn integers_go_to_2_to_the_53() {
    assert_eq!(json::check(INTEGER_MAX.to_string().as_bytes()), Ok(()));
    let beyond = json::check((INTEGER_MAX + 1).to_string().as_bytes());
    assert_eq!(beyond.unwrap_err().code(), "json-integer-too-large");
}

fn log_key(name: &str, number: u8) -> (SigningKey, VerifierKey) {
    let secret = SigningKey::from_secret(Algorithm::Ed25519, &[number; 32]).unwrap();
    let origin = Origin::new(name).unwrap();
    let key = VerifierKey::new(origin, SignatureType::Ed25519, secret.public().clone()).unwrap();
    (secret, key)
}

#[test]
fn a_trust_file_has_64_kib_and_64_lines_of_a_kind() {
    let logs = |count: usize| {
        let line = |number: usize| {
            let seed = u8::try_from(number).unwrap() + 10;
            let (_, key) = log_key(&format!("log-{number}.example"), seed);
            format!("log {key}\n")
        };
        let root = log_key("root", 1).0.public().clone();
        let lines: String = (0..count).map(line).collect();
        format!(
            "{lines}quorum none\nroot ed25519 {}\n",
            hex::encode(root.bytes())
        )
    };
    let most = logs(ENTRIES_MAX);
    assert!(most.parse::<Trust>().is_ok());
    assert!(logs(ENTRIES_MAX + 1).parse::<Trust>().is_err());
    // A comment fills it up to the byte.
    let filled = |bytes: usize| format!("#{}\n{most}", "x".repeat(bytes - most.len() - 2));
    assert_eq!(filled(TRUST_BYTES_MAX).len(), TRUST_BYTES_MAX);
    assert!(filled(TRUST_BYTES_MAX).parse::<Trust>().is_ok());
    assert!(filled(TRUST_BYTES_MAX + 1).parse::<Trust>().is_err());
}

#[test]
fn a_log_has_a_name_of_255_bytes() {
    assert!(Origin::new("l".repeat(NAME_BYTES_MAX)).is_ok());
    assert!(Origin::new("l".repeat(NAME_BYTES_MAX + 1)).is_err());
}

#[test]
fn a_note_has_64_kib_and_64_signatures() {
    let (secret, key) = log_key("log.example/etender", 3);
    let checkpoint = Checkpoint {
        origin: key.name().clone(),
        size: 8,
        root: record::Digest([9; 32]),
    };
    let signed = checkpoint.sign(&secret).unwrap().to_string();
    let last = signed.lines().last().unwrap().rsplit(' ').next().unwrap();
    // The same bytes under other names: who signed is looked at later.
    let with = |count: usize| {
        let line = |number: usize| format!("\u{2014} witness-{number} {last}\n");
        let further: String = (1..count).map(line).collect();
        format!("{signed}{further}").parse::<SignedCheckpoint>()
    };
    assert!(with(SIGNATURES_MAX).is_ok());
    assert!(with(SIGNATURES_MAX + 1).is_err());
    // A name makes the note as long as it may be, and one byte longer; names are shorter than that, so both are
    // refused, the second one for its length.
    let long = |bytes: usize| {
        let line = |name: usize| format!("\u{2014} {} {last}\n", "w".repeat(name));
        let name = bytes - signed.len() - line(0).len();
        let note = format!("{signed}{}", line(name));
        assert_eq!(note.len(), bytes);
        note.parse::<SignedCheckpoint>().unwrap_err().to_string()
    };
    assert!(!long(NOTE_BYTES_MAX).contains("longer than 64 KiB"));
    assert!(long(NOTE_BYTES_MAX + 1).contains("longer than 64 KiB"));
}

#[test]
fn a_proof_has_54_lines() {
    use record::log::receipt::TlogProof;
    use record::log::tree::PATH_LENGTH_MAX;
    let (secret, key) = log_key("log.example/etender", 3);
    let checkpoint = Checkpoint {
        origin: key.name().clone(),
        size: 8,
        root: record::Digest([9; 32]),
    };
    let with = |lines: usize| {
        let proof = TlogProof {
            index: 0,
            path: vec![record::Digest([1; 32]); lines],
            checkpoint: checkpoint.clone().sign(&secret).unwrap(),
        };
        proof.to_string().parse::<TlogProof>()
    };
    assert!(with(PATH_LENGTH_MAX).is_ok());
    assert!(with(PATH_LENGTH_MAX + 1).is_err());
}
