//! The typed layer: a whole record written, read, verified from outside, and refused when it is bent.

#![expect(clippy::unwrap_used, reason = "tests may panic")]

use std::collections::BTreeMap;

use record::bundle::{
    self, Audience, Bundle, Entry, Members, NamedHead, OpenedKeys, RecordHead, RecordHeadBody,
};
use record::chain::{self, ChainHead, ChainId};
use record::key::{Algorithm, SigningKey};
use record::log::checkpoint::{Checkpoint, Origin, SignatureType, SignedCheckpoint, VerifierKey};
use record::log::leaf::{Leaf, LeafOpening};
use record::log::receipt::TlogProof;
use record::log::tree;
use record::statement::Envelope;
use record::{Digest, Identifier};

const ORIGIN: &str = "demo.example/etender";

fn log_secret() -> SigningKey {
    SigningKey::from_secret(Algorithm::Ed25519, &[7; 32]).unwrap()
}

fn log_key() -> VerifierKey {
    let key = log_secret().public().clone();
    VerifierKey::new(Origin::new(ORIGIN).unwrap(), SignatureType::Ed25519, key).unwrap()
}

fn salt(index: u64, half: u8) -> Digest {
    Digest::sha256(&[&index.to_be_bytes()[..], &[half]].concat())
}

/// A log that holds three chains and noise, as a sequencer would make it.
#[derive(Default)]
struct Log {
    hashes: Vec<Digest>,
    heads: BTreeMap<ChainId, ChainHead>,
    acts: Vec<(Envelope, LeafOpening)>,
}

impl Log {
    fn act(&mut self, chain: &str) {
        let index = self.hashes.len() as u64;
        let body = serde_json::json!({ "number": index });
        let envelope = Envelope::sign("test-act", &body, &[&log_secret()]).unwrap();
        let chain: ChainId = chain.parse().unwrap();
        let (seq, prev) = chain::next_place(self.heads.get(&chain));
        let opening = LeafOpening {
            index,
            statement_id: envelope.id(),
            admitted_ms: 1_790_000_000_000 + index,
            salt_visible: salt(index, 0),
            chain: chain.clone(),
            seq,
            prev,
            salt_hidden: salt(index, 1),
        };
        let head = opening.leaf().hash();
        self.heads.insert(chain, ChainHead { seq, head });
        self.hashes.push(head);
        self.acts.push((envelope, opening));
    }

    fn noise(&mut self, count: u64) {
        for _ in 0..count {
            let index = self.hashes.len() as u64;
            self.hashes
                .push(Leaf::noise(salt(index, 0), salt(index, 1)).hash());
        }
    }

    fn checkpoint(&self) -> SignedCheckpoint {
        let origin = Origin::new(ORIGIN).unwrap();
        let checkpoint = Checkpoint {
            origin,
            size: self.hashes.len() as u64,
            root: tree::root_of(&self.hashes),
        };
        checkpoint.sign(&log_secret()).unwrap()
    }

    /// RFC 6962 section 2.1.1, by recursion over the leaf hashes.
    fn path(hashes: &[Digest], index: usize) -> Vec<Digest> {
        if hashes.len() < 2 {
            return Vec::new();
        }
        let (left, right) = hashes.split_at(hashes.len().next_power_of_two() / 2);
        let (mut path, sibling) = if index < left.len() {
            (Log::path(left, index), right)
        } else {
            (Log::path(right, index - left.len()), left)
        };
        path.push(tree::root_of(sibling));
        path
    }
}

fn log() -> Log {
    let mut log = Log::default();
    for chain in [
        "platform",
        "account:b",
        "account:a",
        "tender:T-1",
        "tender:T-1",
    ] {
        log.act(chain);
    }
    log.noise(record::log::padding(5, 5));
    for chain in ["tender:T-1", "account:b", "tender:T-1"] {
        log.act(chain);
    }
    log.noise(5);
    log
}

fn keys() -> bundle::KeysByStatement {
    let keys = OpenedKeys {
        opening: Some(Digest::ZERO),
        contrib: Some(salt(1, 9)),
        ..OpenedKeys::default()
    };
    BTreeMap::from([(salt(9, 9), keys)])
}

fn body() -> RecordHeadBody {
    let log = log();
    let profile = Some(&b"{\"id\":\"below-threshold\"}"[..]);
    RecordHeadBody {
        tender: Identifier::new("T-1").unwrap(),
        origin: Origin::new(ORIGIN).unwrap(),
        log_key: log_key(),
        root_key: log_key().key().clone(),
        audience: Audience::Public,
        checkpoint: log.checkpoint(),
        chains: log
            .heads
            .iter()
            .map(|(chain, head)| NamedHead {
                chain: chain.clone(),
                seq: head.seq,
                head: head.head,
            })
            .collect(),
        accounts: None,
        members: Bundle::head_members(Audience::Public, profile, &keys()).unwrap(),
    }
}

fn sample() -> Bundle {
    with_head(body())
}

fn with_head(body: RecordHeadBody) -> Bundle {
    let log = log();
    let checkpoint = body.checkpoint.clone();
    let entries = log.acts.iter().map(|(envelope, opening)| {
        let index = opening.index;
        let path = Log::path(&log.hashes, usize::try_from(index).unwrap());
        let proof = TlogProof {
            index,
            path,
            checkpoint: checkpoint.clone(),
        };
        Entry {
            index,
            envelope: envelope.clone(),
            opening: opening.clone(),
            proof,
        }
    });
    Bundle {
        entries: entries.collect(),
        head: RecordHead::sign(body, &log_secret()).unwrap(),
        profile: Some(b"{\"id\":\"below-threshold\"}".to_vec()),
        keys: keys(),
    }
}

/// Reads the sample with one member changed (`None`: left out), and gives code and member of the error.
fn read_with(name: &str, content: Option<&[u8]>) -> (&'static str, String) {
    let good = bundle::read(&sample().write().unwrap()).unwrap();
    let mut members = Members::new();
    for (other, bytes) in good.iter().filter(|(other, _)| *other != name) {
        members.insert(other, bytes.to_vec()).unwrap();
    }
    if let Some(content) = content {
        members.insert(name, content.to_vec()).unwrap();
    }
    let error = Bundle::read(&bundle::write(&members)).unwrap_err();
    (error.code(), error.member().to_owned())
}

fn member(name: &str) -> Vec<u8> {
    bundle::read(&sample().write().unwrap())
        .unwrap()
        .get(name)
        .unwrap()
        .to_vec()
}

#[test]
fn a_bundle_is_written_read_and_holds() {
    let bundle = sample();
    let bytes = bundle.write().unwrap();
    let read = Bundle::read(&bytes).unwrap();
    assert_eq!(read, bundle);
    assert_eq!(read.write().unwrap(), bytes);
    // What a verifier does next.
    read.head.verify(&log_key()).unwrap();
    let checkpoint = read.head.body().checkpoint.verify(&log_key()).unwrap();
    for entry in &read.entries {
        entry
            .verify_inclusion(checkpoint.size, checkpoint.root)
            .unwrap();
    }
    let chains = chain::by_chain(read.entries.iter().map(|entry| &entry.opening));
    for named in &read.head.body().chains {
        assert_eq!(
            chain::check(chains[&named.chain].iter().copied()).unwrap(),
            named.head()
        );
    }
    let names: Vec<String> = bundle::read(&bytes)
        .unwrap()
        .iter()
        .take(4)
        .map(|(name, _)| name.to_owned())
        .collect();
    assert_eq!(
        names,
        [
            "format.txt",
            "keys.json",
            "openings/000000000000.json",
            "openings/000000000001.json"
        ]
    );
}

#[test]
fn another_key_and_another_statement_are_noticed() {
    let mut bundle = sample();
    let stranger = SigningKey::from_secret(Algorithm::Ed25519, &[8; 32]).unwrap();
    let key = VerifierKey::new(
        log_key().name().clone(),
        SignatureType::Ed25519,
        stranger.public().clone(),
    );
    assert_eq!(
        bundle.head.verify(&key.unwrap()).unwrap_err().code(),
        "checkpoint-not-signed"
    );
    let forged = RecordHead::sign(bundle.head.body().clone(), &stranger).unwrap();
    assert!(forged.verify(&log_key()).is_err());
    let checkpoint = bundle.head.body().checkpoint.checkpoint().clone();
    bundle.entries[0].envelope.body = b"{\"number\":99}".to_vec();
    let error = bundle.entries[0]
        .verify_inclusion(checkpoint.size, checkpoint.root)
        .unwrap_err();
    assert_eq!(error.code(), "entry-other-statement");
    bundle.entries[1].opening.admitted_ms += 1;
    let error = bundle.entries[1]
        .verify_inclusion(checkpoint.size, checkpoint.root)
        .unwrap_err();
    assert_eq!(error.code(), "entry-not-included");
}

#[test]
fn missing_and_foreign_members_are_named() {
    for name in [
        "format.txt",
        "keys.json",
        "record-head.json",
        "statements/000000000003.json",
    ] {
        assert_eq!(
            read_with(name, None),
            ("bundle-member-missing", name.to_owned())
        );
    }
    for name in [
        "openings/000000000003.json",
        "proofs/000000000003.txt",
        "profile.json",
    ] {
        assert_eq!(
            read_with(name, None),
            ("bundle-member-missing", name.to_owned())
        );
    }
    let statement = member("statements/000000000003.json");
    for name in [
        "readme.txt",
        "statements/3.json",
        "statements/000000000003.txt",
        "proofs/a.txt",
    ] {
        assert_eq!(
            read_with(name, Some(&statement)),
            ("bundle-member-unexpected", name.to_owned())
        );
    }
    let alone = "openings/000000000007.json";
    let expected = (
        "bundle-member-missing",
        "statements/000000000007.json".to_owned(),
    );
    assert_eq!(
        read_with(alone, Some(&member("openings/000000000003.json"))),
        expected
    );
}

#[test]
fn changed_members_are_named() {
    let changed = |name: &str, from: &str, to: &str| {
        let text = String::from_utf8(member(name)).unwrap();
        assert!(text.contains(from), "{name} has no {from}");
        let (code, member) = read_with(name, Some(text.replacen(from, to, 1).as_bytes()));
        assert_eq!(member, name);
        code
    };
    let (opening, proof) = ("openings/000000000003.json", "proofs/000000000003.txt");
    assert_eq!(changed(opening, "{", "{ "), "bundle-member-not-canonical");
    assert_eq!(
        changed(opening, "{", "{\"more\":1,"),
        "bundle-member-malformed"
    );
    assert_eq!(
        changed(opening, "\"index\":3", "\"index\":3,\"index\":3"),
        "bundle-member-malformed"
    );
    assert_eq!(
        changed(opening, "\"index\":3", "\"index\":4"),
        "bundle-member-not-in-head"
    );
    assert_eq!(
        changed(proof, "index 3", "index 4"),
        "bundle-member-not-in-head"
    );
    assert_eq!(
        changed(proof, "\n16\n", "\n17\n"),
        "bundle-member-not-in-head"
    );
    assert_eq!(
        changed(proof, "index 3", "index 03"),
        "bundle-member-malformed"
    );
    assert_eq!(
        changed("statements/000000000003.json", "{", "{ "),
        "bundle-member-not-canonical"
    );
    assert_eq!(
        changed("statements/000000000003.json", "{", "["),
        "bundle-member-malformed"
    );
    assert_eq!(
        changed(
            "record-head.json",
            "vnd.etender.record-head",
            "vnd.etender.other"
        ),
        "bundle-member-malformed"
    );
    assert_eq!(
        changed("format.txt", "public", "party"),
        "bundle-member-not-in-head"
    );
    assert_eq!(
        changed("profile.json", "below", "above"),
        "bundle-member-not-in-head"
    );
    assert_eq!(
        changed("keys.json", "opening", "technical"),
        "bundle-member-not-in-head"
    );
    assert_eq!(
        changed("keys.json", "opening", "other"),
        "bundle-member-malformed"
    );
}

#[test]
fn a_head_of_another_form_is_refused() {
    let refused = |change: &dyn Fn(&mut RecordHeadBody)| {
        let mut body = body();
        change(&mut body);
        with_head(body).write().unwrap_err().member().to_owned()
    };
    assert_eq!(refused(&|body| body.chains.swap(1, 2)), "record-head.json");
    assert_eq!(refused(&|body| body.chains.swap(0, 1)), "record-head.json");
    assert_eq!(refused(&|body| body.chains.clear()), "record-head.json");
    assert_eq!(
        refused(&|body| body.chains.push(body.chains[3].clone())),
        "record-head.json"
    );
    assert_eq!(
        refused(&|body| body.tender = Identifier::new("T-2").unwrap()),
        "record-head.json"
    );
    assert_eq!(
        refused(&|body| {
            body.members.remove("keys.json");
        }),
        "keys.json"
    );
    assert_eq!(
        refused(&|body| body.audience = Audience::Party),
        "format.txt"
    );
    let more = |body: &mut RecordHeadBody| {
        body.members.insert("more.json".to_owned(), Digest::ZERO);
    };
    assert_eq!(refused(&more), "more.json");
}

#[test]
fn entries_out_of_order_are_not_written() {
    let mut bundle = sample();
    bundle.entries.swap(0, 1);
    assert_eq!(
        bundle.write().unwrap_err().code(),
        "bundle-member-not-in-head"
    );
    let mut bundle = sample();
    bundle.entries.push(bundle.entries[6].clone());
    assert_eq!(
        bundle.write().unwrap_err().code(),
        "bundle-member-not-in-head"
    );
}

/// Every single changed byte is noticed already by the form of the zip file; here the checksums are
/// made right again, so that the typed layer has to cope. It must never panic, and what it accepts it
/// must write back.
#[test]
fn bytes_changed_inside_members_never_panic() {
    let good = bundle::read(&sample().write().unwrap()).unwrap();
    for (name, bytes) in good
        .iter()
        .filter(|(name, _)| !name.contains('1') && !name.contains('2'))
    {
        for at in (0..bytes.len()).step_by(7) {
            let mut members = Members::new();
            for (other, content) in good.iter() {
                let mut content = content.to_vec();
                if other == name {
                    content[at] ^= 1;
                }
                members.insert(other, content).unwrap();
            }
            let zip = bundle::write(&members);
            if let Ok(read) = Bundle::read(&zip) {
                assert_eq!(read.write().unwrap(), zip);
            }
        }
    }
}
