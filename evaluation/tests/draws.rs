//! The sampler and the seed against the protocol's vectors.

#![expect(clippy::unwrap_used, reason = "tests may panic")]

use evaluation::draw::{DrawError, Grid, Stream, draw_seed, tie_order};
use record::Digest;
use serde_json::Value;

fn vectors(section: &str) -> Value {
    let all: Value = serde_json::from_str(include_str!("data/draws.json")).unwrap();
    all[section].clone()
}

fn digest(value: &Value) -> Digest {
    value.as_str().unwrap().parse().unwrap()
}

fn grid(min: &str, max: &str, step: &str) -> Grid {
    Grid::new(
        min.parse().unwrap(),
        max.parse().unwrap(),
        step.parse().unwrap(),
    )
    .unwrap()
}

fn grid_of(value: &Value) -> Grid {
    grid(
        value["min"].as_str().unwrap(),
        value["max"].as_str().unwrap(),
        value["step"].as_str().unwrap(),
    )
}

fn below(seed: &Digest, label: &str, n: u64) -> u64 {
    Stream::new(seed, label).below(n).unwrap()
}

fn sample(seed: &Digest, label: &str, n: usize, k: usize) -> Value {
    serde_json::to_value(Stream::new(seed, label).sample(n, k).unwrap()).unwrap()
}

/// The expected value and how many u64 were read to get it.
fn assert_reads(seed: &Digest, label: &str, n: u64, results: &[u64], reads: u64) {
    let mut stream = Stream::new(seed, label);
    for result in results {
        assert_eq!(stream.below(n).unwrap(), *result, "{label}");
    }
    let mut reference = Stream::new(seed, label);
    for _ in 0..reads {
        reference.u64();
    }
    assert_eq!(stream.u64(), reference.u64(), "{label} reads {reads} u64");
}

#[test]
fn the_sampler_gives_the_protocols_values() {
    let v = vectors("sampler");
    let seed = digest(&v["seed"]);
    for (name, label) in [("K_grid", "K"), ("K2_grid", "K2")] {
        let expected = &v[name];
        let grid = grid_of(expected);
        assert_eq!(grid.count(), expected["n"].as_u64().unwrap());
        let index = below(&seed, label, grid.count());
        assert_eq!(index, expected["index"].as_u64().unwrap(), "{name}");
        assert_eq!(
            grid.value(index).unwrap().to_string(),
            expected["value"].as_str().unwrap()
        );
    }
    let numbers = |value: &Value| -> Vec<u64> {
        value
            .as_array()
            .unwrap()
            .iter()
            .map(|text| text.as_str().unwrap().parse().unwrap())
            .collect()
    };
    assert_reads(
        &seed,
        "formula",
        4,
        &[v["formula_below_4"]["v"].as_u64().unwrap()],
        1,
    );
    assert_reads(&seed, "one", 1, &[0], 1);
    let raw = numbers(&v["raw_below_2^63"]);
    assert_reads(&seed, "raw", 1 << 63, &raw, raw.len() as u64);
    let rejecting = &v["reject_below_2^63+1"];
    assert_reads(
        &seed,
        "reject",
        (1 << 63) + 1,
        &numbers(&rejecting["v"]),
        rejecting["u64s"].as_u64().unwrap(),
    );
    for (label, n, k) in [("stratum:civil/east", 120, 5), ("stratum:cost/east", 43, 2)] {
        assert_eq!(
            sample(&seed, label, n, k),
            v[format!("{label}_{n}_{k}")],
            "{label}"
        );
    }
    assert_eq!(sample(&seed, "winner", 17, 17), v["winner_perm_17"]);
}

#[test]
fn a_transcript_gives_the_protocols_seed_and_values() {
    let v = vectors("draw");
    let contributions = v["contributions_sorted"].as_array().unwrap().iter();
    let mut contributions: Vec<_> = contributions
        .map(|one| (digest(&one["statement_id"]), digest(&one["r"])))
        .collect();
    contributions.reverse();
    let announce = digest(&v["announce_statement_id"]);
    let seed = draw_seed(&announce, &contributions, b"").unwrap();
    assert_eq!(seed, digest(&v["seed"]));

    assert_eq!(below(&seed, "method", 2), v["method_below_2"]);
    for (label, min, max, step) in [
        ("K", "0.95", "0.98", "0.005"),
        ("Q1", "0.65", "0.85", "0.05"),
    ] {
        let grid = grid(min, max, step);
        let value = grid.value(below(&seed, label, grid.count())).unwrap();
        assert_eq!(
            value.to_string(),
            v[format!("{label}_grid_{min}_{max}_{step}")],
            "{label}"
        );
    }
    for (label, min, max, step) in [
        ("K1", "0.95", "1.01", "0.01"),
        ("delta", "0.12", "0.20", "0.01"),
    ] {
        let index = below(&seed, label, grid(min, max, step).count());
        assert_eq!(
            index,
            v[format!("{label}_grid_{min}_{max}_{step}_index")],
            "{label}"
        );
    }
    for (label, n) in [("band1", 4), ("band2", 3), ("B", 5)] {
        assert_eq!(
            below(&seed, label, n),
            v[format!("{label}_below_{n}")],
            "{label}"
        );
    }
    assert_eq!(
        serde_json::to_value(tie_order(&seed, 1, 3).unwrap()).unwrap(),
        v["tie:1_sample_3_3"]
    );
    assert_eq!(sample(&seed, "winner", 37, 3), v["winner_sample_37_3"]);
    assert_eq!(
        sample(&seed, "stratum:civil/suqian", 120, 5),
        v["stratum:civil/suqian_120_5"]
    );
}

#[test]
fn a_seed_depends_on_everything_but_order() {
    let id = |byte| Digest([byte; 32]);
    let pairs = [(id(1), id(9)), (id(2), id(8))];
    let seed = draw_seed(&id(0), &pairs, b"").unwrap();
    assert_eq!(seed, draw_seed(&id(0), &[pairs[1], pairs[0]], b"").unwrap());
    for other in [
        draw_seed(&id(5), &pairs, b""),
        draw_seed(&id(0), &pairs[..1], b""),
        draw_seed(&id(0), &[(id(1), id(8)), (id(2), id(9))], b""),
        draw_seed(&id(0), &pairs, b"beacon"),
    ] {
        assert_ne!(seed, other.unwrap());
    }
    let twice = draw_seed(
        &id(0),
        &[(id(1), id(9)), (id(2), id(8)), (id(1), id(7))],
        b"",
    );
    assert_eq!(twice, Err(DrawError::ContributionTwice(id(1))));
}

#[test]
fn impossible_draws_are_refused() {
    let mut stream = Stream::new(&Digest::ZERO, "x");
    assert_eq!(stream.below(0), Err(DrawError::EmptyList));
    assert_eq!(
        stream.sample(2, 3),
        Err(DrawError::TooFew {
            wanted: 3,
            available: 2
        })
    );
    assert_eq!(
        stream.sample(1_000_001, 1),
        Err(DrawError::TooManyCandidates)
    );
    assert_eq!(stream.sample(0, 0), Ok(Vec::new()));
}

#[test]
fn grids_are_checked_and_written_back_as_they_came() {
    let reason = |json: &str| serde_json::from_str::<Grid>(json).unwrap_err().to_string();
    let json = r#"{"min":"0.95","max":"1.01","step":"0.010"}"#;
    let grid: Grid = serde_json::from_str(json).unwrap();
    assert_eq!(serde_json::to_string(&grid).unwrap(), json);
    assert_eq!(
        (grid.count(), grid.value(6).unwrap().to_string()),
        (7, "1.010".to_owned())
    );
    assert_eq!(grid.value(7), None);
    for (json, part) in [
        (r#"{"min":"1","max":"2","step":"0"}"#, "above zero"),
        (r#"{"min":"1","max":"2","step":"-1"}"#, "above zero"),
        (r#"{"min":"2","max":"1","step":"1"}"#, "below its min"),
        (
            r#"{"min":"0","max":"1","step":"0.3"}"#,
            "whole number of steps",
        ),
        (r#"{"min":"0","max":"1","step":"0.0001"}"#, "at most 10000"),
        (
            r#"{"min":"0","max":"1","step":"0.1","extra":"1"}"#,
            "unknown field",
        ),
        (r#"{"min":0,"max":"1","step":"0.1"}"#, "decimal string"),
    ] {
        assert!(reason(json).contains(part), "{json}: {}", reason(json));
    }
    assert_eq!(
        serde_json::from_str::<Grid>(r#"{"min":"0","max":"0.9999","step":"0.0001"}"#)
            .unwrap()
            .count(),
        10_000
    );
}
