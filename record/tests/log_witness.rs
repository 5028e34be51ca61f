//! add-checkpoint and anchors: bytes, decisions, refusals.

#![expect(clippy::unwrap_used, reason = "tests may panic")]

use record::Digest;
use record::key::{Algorithm, SigningKey};
use record::log::anchor::{Anchor, SignedAnchor};
use record::log::checkpoint::{Checkpoint, Origin, SignatureType, SignedCheckpoint, VerifierKey};
use record::log::tree::{self, Edge, Nodes};
use record::log::witness::{AddCheckpoint, PROOF_LINES_MAX, parse_size};

const ORIGIN: &str = "log.example/etender";

struct Memory(std::collections::BTreeMap<(u8, u64), Digest>);

impl Nodes for Memory {
    type Error = std::convert::Infallible;

    fn node(&self, level: u8, index: u64) -> Result<Option<Digest>, Self::Error> {
        Ok(self.0.get(&(level, index)).copied())
    }
}

/// A log of numbered leaves; another `salt` gives another log.
struct Log {
    key: SigningKey,
    nodes: Memory,
}

impl Log {
    fn new(salt: &str, size: u64) -> Log {
        let mut edge = Edge::default();
        let mut nodes = Memory(Default::default());
        for number in 0..size {
            let leaf = tree::leaf_hash(format!("{salt}{number}").as_bytes());
            for node in edge.push(leaf) {
                nodes.0.insert((node.level, node.index), node.hash);
            }
        }
        let key = SigningKey::from_secret(Algorithm::Ed25519, &[7; 32]).unwrap();
        Log { key, nodes }
    }

    fn verifier(&self) -> VerifierKey {
        let origin = Origin::new(ORIGIN).unwrap();
        VerifierKey::new(origin, SignatureType::Ed25519, self.key.public().clone()).unwrap()
    }

    fn at(&self, size: u64) -> Checkpoint {
        Checkpoint {
            origin: Origin::new(ORIGIN).unwrap(),
            size,
            root: tree::root(&self.nodes, size).unwrap(),
        }
    }

    fn signed(&self, size: u64) -> SignedCheckpoint {
        self.at(size).sign(&self.key).unwrap()
    }

    fn request(&self, old: u64, size: u64) -> AddCheckpoint {
        AddCheckpoint {
            old,
            proof: tree::consistency(&self.nodes, old.min(size), size).unwrap(),
            checkpoint: self.signed(size),
        }
    }
}

fn status(log: &Log, request: &AddCheckpoint, held: Option<&Checkpoint>) -> u16 {
    match request.judge(&[&log.verifier()], held) {
        Ok(()) => 200,
        Err(refusal) => refusal.status(),
    }
}

#[test]
fn the_request_is_the_bytes_of_the_specification() {
    // From the specification's own example: old line, three hashes, an empty line, the note with two lines.
    let body = "old 20852014\n\
        PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\n\
        jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=\n\
        5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=\n\
        /6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=\n\
        \n\
        example.com/behind-the-sofa\n\
        20852163\n\
        CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\
        \n\
        \u{2014} example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n\
        \u{2014} example.com/behind-the-sofa opLqBQsREYCgu6xQkYQwJr9fo45a62DN9EdmHXnZdXNqlcVGlCum2Wks+49/V6267UEjw6QUXTS5Rovnzv++qbSzm9Q=\n";
    let request: AddCheckpoint = body.parse().unwrap();
    assert_eq!(request.old, 20_852_014);
    assert_eq!(request.proof.len(), 4);
    assert_eq!(request.checkpoint.checkpoint().size, 20_852_163);
    assert_eq!(request.checkpoint.signatures().len(), 2);
    assert_eq!(request.to_string(), body);
}

#[test]
fn malformed_requests_are_refused() {
    let log = Log::new("", 16);
    let good = log.request(8, 16).to_string();
    assert!(good.parse::<AddCheckpoint>().is_ok());
    let hash = "PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\n";
    for bad in [
        String::new(),
        "old 8\n".to_owned(),
        good.replacen("old 8", "old 08", 1),
        good.replacen("old 8", "old -8", 1),
        good.replacen("old 8", "old +8", 1),
        good.replacen("old 8", "old  8", 1),
        good.replacen("old 8", "old", 1),
        good.replacen("old 8", "Old 8", 1),
        good.replacen("old 8", "old 9007199254740992", 1),
        good.replacen("old 8", "old 18446744073709551617", 1),
        good.replacen("\n\n", "\n", 1),
        good.replacen("\n\n", "\nAAAA\n\n", 1),
        good.replacen("\n\n", "\n \n\n", 1),
        good.replacen('\n', "\r\n", 1),
        good.trim_end().to_owned(),
        format!("{good}\n"),
        format!(
            "old 8\n{}\n{}",
            hash.repeat(PROOF_LINES_MAX + 1),
            log.signed(16)
        ),
        format!("{good}{}", " ".repeat(80_000)),
    ] {
        let error = bad.parse::<AddCheckpoint>().unwrap_err();
        assert_eq!(error.code(), "add-checkpoint-malformed", "{bad:?}");
    }
    let most = format!(
        "old 8\n{}\n{}",
        hash.repeat(PROOF_LINES_MAX),
        log.signed(16)
    );
    assert_eq!(
        most.parse::<AddCheckpoint>().unwrap().proof.len(),
        PROOF_LINES_MAX
    );
}

#[test]
fn a_witness_cosigns_what_only_adds() {
    let log = Log::new("", 40);
    assert_eq!(status(&log, &log.request(0, 0), None), 200);
    assert_eq!(status(&log, &log.request(0, 13), None), 200);
    for old in 1..=40 {
        for new in old..=40 {
            let request = log.request(old, new);
            assert_eq!(
                status(&log, &request, Some(&log.at(old))),
                200,
                "{old} {new}"
            );
        }
    }
}

#[test]
fn a_witness_refuses_with_the_status_of_the_specification() {
    let (log, other) = (Log::new("", 40), Log::new("other", 40));
    let held = log.at(13);
    // Nobody that it trusts signed.
    let mut unsigned = log.request(13, 20);
    unsigned.checkpoint = unsigned.checkpoint.keeping(|_| false);
    assert_eq!(status(&log, &unsigned, Some(&held)), 403);
    let mut forged = log.request(13, 20);
    let stranger = SigningKey::from_secret(Algorithm::Ed25519, &[8; 32]).unwrap();
    forged.checkpoint = log.at(20).sign(&stranger).unwrap();
    assert_eq!(status(&log, &forged, Some(&held)), 403);
    // A line of an unknown key beside the log's does not matter.
    let mut further = log.request(13, 20);
    let line = forged.checkpoint.signatures().first().unwrap().clone();
    further.checkpoint.add(line);
    assert_eq!(status(&log, &further, Some(&held)), 200);
    // Old beyond new, before anything is compared.
    let mut backwards = log.request(13, 20);
    backwards.old = 21;
    assert_eq!(status(&log, &backwards, Some(&held)), 400);
    // Another size than it holds.
    assert_eq!(status(&log, &log.request(12, 20), Some(&held)), 409);
    assert_eq!(status(&log, &log.request(0, 20), Some(&held)), 409);
    assert_eq!(status(&log, &log.request(13, 20), None), 409);
    assert_eq!(status(&log, &log.request(0, 12), Some(&held)), 409);
    // The same size, another tree: whatever old size comes with it.
    for old in [0, 12, 13] {
        let refusal = other
            .request(old, 13)
            .judge(&[&log.verifier()], Some(&held));
        let refusal = refusal.unwrap_err();
        assert_eq!((refusal.status(), refusal.code()), (409, "witness-fork"));
    }
    // A proof that leads elsewhere, is cut, too long, or there although nothing is to be proved.
    assert_eq!(status(&log, &other.request(13, 20), Some(&held)), 422);
    let mut cut = log.request(13, 20);
    cut.proof.pop();
    assert_eq!(status(&log, &cut, Some(&held)), 422);
    let mut long = log.request(13, 20);
    long.proof.push(Digest::ZERO);
    assert_eq!(status(&log, &long, Some(&held)), 422);
    let mut needless = log.request(0, 20);
    needless.proof.push(Digest::ZERO);
    assert_eq!(status(&log, &needless, None), 422);
    let mut same = log.request(13, 13);
    same.proof.push(Digest::ZERO);
    assert_eq!(status(&log, &same, Some(&held)), 422);
    // A tree of nothing has one root only.
    let mut nothing = log.request(0, 0);
    let wrong = Checkpoint {
        root: Digest::ZERO,
        ..log.at(0)
    };
    nothing.checkpoint = wrong.sign(&log.key).unwrap();
    assert_eq!(status(&log, &nothing, None), 422);
}

#[test]
fn the_size_of_an_answer_is_a_number_and_a_newline() {
    assert_eq!(parse_size("20852163\n"), Some(20_852_163));
    assert_eq!(parse_size("0\n"), Some(0));
    for bad in [
        "",
        "\n",
        "7",
        "07\n",
        "7\n\n",
        "-7\n",
        "7 \n",
        "9007199254740992\n",
    ] {
        assert_eq!(parse_size(bad), None, "{bad:?}");
    }
}

fn witness() -> (SigningKey, VerifierKey) {
    let key = SigningKey::from_secret(Algorithm::Ed25519, &[9; 32]).unwrap();
    let name = Origin::new("supervisor.example/w1").unwrap();
    let verifier =
        VerifierKey::new(name, SignatureType::CosignatureV1, key.public().clone()).unwrap();
    (key, verifier)
}

fn anchor() -> SignedAnchor {
    let (key, verifier) = witness();
    let anchor = Anchor {
        witness: verifier.name().clone(),
        time_s: 1_790_000_000,
        digest: Digest::sha256(b"bid"),
    };
    anchor.sign(&key).unwrap()
}

/// Computed with Python's cryptography from the text in the module's documentation.
#[test]
fn an_anchor_is_the_bytes_of_its_description() {
    let expected = include_str!("data/anchor.txt");
    assert_eq!(anchor().to_string(), expected);
    let read: SignedAnchor = expected.parse().unwrap();
    assert_eq!(read, anchor());
    assert_eq!(read.verify(&witness().1).unwrap().time_s, 1_790_000_000);
}

#[test]
fn every_changed_byte_of_an_anchor_is_noticed() {
    let text = anchor().to_string().into_bytes();
    let (_, verifier) = witness();
    for place in 0..text.len() {
        for change in [1, 0x20, 0x80] {
            let mut bytes = text.clone();
            bytes[place] ^= change;
            let read = String::from_utf8(bytes)
                .ok()
                .and_then(|text| text.parse().ok());
            let holds = read.is_some_and(|anchor: SignedAnchor| anchor.verify(&verifier).is_ok());
            assert!(!holds, "byte {place} changed by {change:#x}");
        }
    }
}

#[test]
fn an_anchor_is_of_its_witness_alone() {
    let (key, verifier) = witness();
    let renamed = VerifierKey::new(
        Origin::new("supervisor.example/w2").unwrap(),
        SignatureType::CosignatureV1,
        key.public().clone(),
    )
    .unwrap();
    assert_eq!(
        anchor().verify(&renamed).unwrap_err().code(),
        "anchor-other-witness"
    );
    let stranger = SigningKey::from_secret(Algorithm::Ed25519, &[1; 32]).unwrap();
    let other = VerifierKey::new(
        verifier.name().clone(),
        SignatureType::CosignatureV1,
        stranger.public().clone(),
    )
    .unwrap();
    assert_eq!(
        anchor().verify(&other).unwrap_err().code(),
        "anchor-signature-wrong"
    );
}

/// What the same key signs elsewhere is no anchor, and an anchor is no cosignature.
#[test]
fn an_anchor_is_nothing_else() {
    let (key, verifier) = witness();
    let log = Log::new("", 8);
    let line = log
        .signed(8)
        .cosign(verifier.name(), &key, 1_790_000_000)
        .unwrap();
    let text = anchor().to_string();
    let (head, _) = text.rsplit_once("\n\n").unwrap();
    let swapped: SignedAnchor = format!("{head}\n\n{line}\n").parse().unwrap();
    assert_eq!(
        swapped.verify(&verifier).unwrap_err().code(),
        "anchor-signature-wrong"
    );
    assert!(text.parse::<SignedCheckpoint>().is_err());
    let twice = format!("{text}{}\n", text.lines().last().unwrap());
    for bad in [
        twice,
        text.replacen("etender.v1/anchor", "etender.v2/anchor", 1),
        text.replacen("1790000000", "01790000000", 1),
        text.replacen("\n\n", "\nmore\n\n", 1),
        text.to_uppercase(),
        format!("{text}{}", "x".repeat(1024)),
    ] {
        let error = bad.parse::<SignedAnchor>().unwrap_err();
        assert_eq!(error.code(), "anchor-malformed", "{bad:?}");
    }
}
