//! Leaves, openings and chains against the vectors.

#![expect(clippy::unwrap_used, reason = "tests may panic")]

use record::Digest;
use record::chain::{self, ChainError, ChainHead, ChainId};
use record::log::leaf::{Leaf, LeafOpening, random_salt};
use record::log::tree;
use serde_json::Value;

fn vectors() -> Value {
    let vectors: Value = serde_json::from_str(include_str!("data/protocol.json")).unwrap();
    vectors["leaves"].clone()
}

fn digest(row: &Value, key: &str) -> Digest {
    row[key].as_str().unwrap().parse().unwrap()
}

fn opening(index: u64, row: &Value) -> LeafOpening {
    LeafOpening {
        index,
        statement_id: digest(row, "statement_id"),
        admitted_ms: row["admitted_ms"].as_u64().unwrap(),
        salt_visible: digest(row, "salt_v"),
        chain: row["chain"].as_str().unwrap().parse().unwrap(),
        seq: row["seq"].as_u64().unwrap(),
        prev: digest(row, "prev"),
        salt_hidden: digest(row, "salt_h"),
    }
}

/// The openings of the vectors' five statements.
fn openings() -> Vec<LeafOpening> {
    let vectors = vectors();
    let rows = vectors["rows"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|row| row["noise"].is_null());
    (0..)
        .zip(rows)
        .map(|(index, row)| opening(index, row))
        .collect()
}

#[test]
fn leaves_of_the_vectors() {
    let vectors = vectors();
    let mut hashes = Vec::new();
    for (index, row) in (0..).zip(vectors["rows"].as_array().unwrap()) {
        let leaf = if row["noise"].is_null() {
            opening(index, row).leaf()
        } else {
            Leaf::noise(digest(row, "salt_v"), digest(row, "salt_h"))
        };
        assert_eq!(hex::encode(leaf.data()), row["leaf_data"].as_str().unwrap());
        assert_eq!(leaf.hash(), digest(row, "leaf_hash"));
        assert_eq!(Leaf::from_data(leaf.data()), Some(leaf));
        assert_eq!(Leaf::from_halves(leaf.visible(), leaf.hidden()), leaf);
        hashes.push(leaf.hash());
    }
    assert_eq!(hashes.len(), 6, "five statements and one noise leaf");
    assert_eq!(tree::root_of(&hashes), digest(&vectors, "root6"));
    assert_eq!(tree::root_of(&hashes[..5]), digest(&vectors, "root5"));
}

#[test]
fn leaf_data_of_another_form_is_not_a_leaf() {
    let leaf = openings()[0].leaf();
    assert_eq!(Leaf::from_data(&leaf.data()[..79]), None);
    assert_eq!(Leaf::from_data(&[&leaf.data()[..], &[0]].concat()), None);
    let mut other = *leaf.data();
    other[15] = 1;
    assert_eq!(Leaf::from_data(&other), None);
}

#[test]
fn salts_are_fresh() {
    assert_ne!(random_salt().unwrap(), random_salt().unwrap());
}

#[test]
fn an_opening_survives_json_and_is_read_strictly() {
    let opening = &openings()[1];
    let json = serde_json::to_string(opening).unwrap();
    assert_eq!(
        record::json::parse::<LeafOpening>(json.as_bytes()).unwrap(),
        *opening
    );
    let more = json.replacen('{', "{\"note\":1,", 1);
    assert!(record::json::parse::<LeafOpening>(more.as_bytes()).is_err());
}

#[test]
fn names_of_chains() {
    for name in ["tender:T-2026-0001", "account:bidder:91110000X", "platform"] {
        assert_eq!(name.parse::<ChainId>().unwrap().to_string(), name);
    }
    for name in [
        "",
        "tender",
        "tender:",
        "platform:x",
        "Tender:x",
        "account:a b",
        "noise",
    ] {
        assert!(name.parse::<ChainId>().is_err(), "{name:?}");
    }
    let parse = |name: &str| name.parse::<ChainId>().unwrap();
    let mut ids = [
        parse("account:b"),
        parse("platform"),
        parse("account:a"),
        parse("tender:z"),
    ];
    ids.sort();
    assert_eq!(
        ids.map(|id| id.to_string()),
        ["tender:z", "platform", "account:a", "account:b"]
    );
}

#[test]
fn the_chain_of_the_vectors_holds() {
    let openings = openings();
    let head = chain::check(&openings).unwrap();
    assert_eq!(
        head,
        ChainHead {
            seq: 4,
            head: openings[4].leaf().hash()
        }
    );
    assert_eq!(chain::next_place(Some(&head)), (5, head.head));
    assert_eq!(chain::next_place(None), (0, Digest::ZERO));
    let chains = chain::by_chain(&openings);
    assert_eq!(chains.len(), 1);
    assert_eq!(chains.values().next().unwrap().len(), 5);
}

#[test]
fn broken_chains_are_refused() {
    let good = openings();
    let code = |openings: &[LeafOpening]| chain::check(openings).unwrap_err().code();
    assert_eq!(code(&[]), "chain-empty");
    assert_eq!(
        code(&good[1..]),
        "chain-gap",
        "the first statement is missing"
    );
    let mut hole = good.clone();
    hole.remove(2);
    assert_eq!(
        chain::check(&hole),
        Err(ChainError::Gap {
            index: 3,
            expected: 2,
            found: 3
        })
    );
    let mut swapped = good.clone();
    swapped.swap(1, 2);
    assert_eq!(code(&swapped), "chain-gap");
    let mut other = good.clone();
    other[3].chain = ChainId::Platform;
    assert_eq!(code(&other), "chain-other");
    let mut changed = good.clone();
    changed[2].salt_visible = Digest::ZERO;
    assert_eq!(
        code(&changed),
        "chain-link",
        "the next statement names another leaf"
    );
    let mut first = good.clone();
    first[0].prev = Digest::sha256(b"");
    assert_eq!(code(&first), "chain-link");
    let mut index = good.clone();
    index[4].index = 3;
    assert_eq!(code(&index), "chain-index-order");
    let mut time = good;
    time[4].admitted_ms = time[3].admitted_ms - 1;
    assert_eq!(code(&time), "chain-time-order");
    time[4].admitted_ms = time[3].admitted_ms;
    chain::check(&time).unwrap();
}
