//! The limits of DESIGN section 6 that this crate holds, at the limit; one beyond stands in `refusals.rs` and
//! `draws.rs`, the grid of 10 000 values, too.

#![expect(clippy::unwrap_used, reason = "tests may panic")]

use evaluation::case::{BIDS_MAX, NAME_CHARACTERS_MAX};
use evaluation::draw::{DrawError, SAMPLE_MAX, Stream};
use evaluation::{Case, evaluate};
use record::Digest;
use serde_json::{Value, json};

#[test]
fn ten_thousand_bids_are_evaluated() {
    let mut case: Value = serde_json::from_str(include_str!("data/design-case.json")).unwrap();
    let bid = |number: usize| {
        json!({ "bidder": format!("b{number:05}"), "price": format!("{}.00", 9_000_000 + number),
            "technical": ["26", "26.5", "25", "27", "24.5"], "credit": "90" })
    };
    case["bids"] = (0..BIDS_MAX).map(bid).collect();
    let outcome = evaluate(&Case::parse(case.to_string().as_bytes()).unwrap()).unwrap();
    let ranked = outcome.bids.iter().filter(|bid| bid.rank.is_some()).count();
    assert_eq!(ranked, BIDS_MAX);

    let last = bid(BIDS_MAX);
    case["bids"].as_array_mut().unwrap().push(last);
    let beyond = Case::parse(case.to_string().as_bytes()).and_then(|case| evaluate(&case));
    assert_eq!(beyond.unwrap_err().code(), "too-many-bids");
}

#[test]
fn a_bidder_has_a_name_of_200_characters() {
    let named = |characters: usize| {
        let mut case: Value = serde_json::from_str(include_str!("data/design-case.json")).unwrap();
        case["bids"][0]["bidder"] = json!("长".repeat(characters));
        Case::parse(case.to_string().as_bytes()).and_then(|case| evaluate(&case))
    };
    assert!(named(NAME_CHARACTERS_MAX).is_ok());
    assert!(named(NAME_CHARACTERS_MAX + 1).is_err());
}

#[test]
fn a_sample_comes_from_a_pool_of_a_million() {
    let mut stream = Stream::new(&Digest::sha256(b"pool"), "stratum:x/y");
    let drawn = stream.sample(SAMPLE_MAX, 7).unwrap();
    assert_eq!(drawn.len(), 7);
    assert!(drawn.iter().all(|place| *place < SAMPLE_MAX));
    let beyond = stream.sample(SAMPLE_MAX + 1, 7);
    assert_eq!(beyond, Err(DrawError::TooManyCandidates));
}
