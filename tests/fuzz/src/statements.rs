//! Bodies, envelopes, strict JSON.

use procedure::act::Act;
use record::json;
use record::statement::{Envelope, SIGNATURES_MAX, STATEMENT_BYTES_MAX};
use serde_json::Value;

use crate::Reached;

/// The first byte is the kind, the rest the body. What is read means the same after it was written and read again.
pub fn statement(input: &[u8]) -> Reached {
    let (kind, body) = input.split_first().unwrap_or((&0, &[]));
    let kind = Act::KINDS[usize::from(*kind) % Act::KINDS.len()];
    let read = |body: Vec<u8>| Act::read(&Envelope::new(kind, body)).expect("the kind is known");
    let act = read(body.to_vec());
    if let Ok(act) = &act {
        assert_eq!(act.kind(), kind);
        json::check(body).expect("an act is strict JSON");
        let written = act.to_body();
        assert_eq!(read(written.clone()).as_ref(), Ok(act), "{kind}");
        assert_eq!(read(written.clone()).expect("as before").to_body(), written);
        // All that depends on the body alone.
        let _ = (act.chain(), act.visibility());
    }
    Reached::of(&act)
}

/// What is read is within the limits and is written in one form only.
pub fn envelope(input: &[u8]) -> Reached {
    let envelope = Envelope::parse(input);
    if let Ok(envelope) = &envelope {
        let written = envelope.to_json();
        let again = Envelope::parse(&written).expect("what was written is read");
        assert_eq!(&again, envelope);
        assert_eq!((again.id(), again.pae()), (envelope.id(), envelope.pae()));
        assert_eq!(again.to_json(), written);
        assert!(envelope.pae().len() <= STATEMENT_BYTES_MAX + 200);
        let none = envelope.clone().verify(|_| None);
        assert!(none.is_err(), "nobody's key is known, nothing is verified");
        let signatures = serde_json::from_slice::<Value>(&written).expect("it is JSON");
        let count = signatures["signatures"].as_array().map_or(0, Vec::len);
        assert!((1..=SIGNATURES_MAX).contains(&count), "{count} signatures");
        // A kind that is known has to be judged as well.
        if let Some(Ok(act)) = Act::read(envelope) {
            let _ = act.chain();
        }
    }
    Reached::of(&envelope)
}

/// The strict scanner accepts less than other parsers do, never something else.
pub fn json(input: &[u8]) -> Reached {
    let strict = json::check(input);
    let loose = serde_json::from_slice::<Value>(input);
    match &strict {
        Ok(()) => {
            let value = loose.expect("strict JSON is JSON");
            within_limits(&value, 0);
            let written = serde_json::to_vec(&value).expect("a value is written");
            assert_eq!(
                json::check(&written),
                Ok(()),
                "the same value, written plainly"
            );
            assert_eq!(json::parse::<Value>(input).as_ref(), Ok(&value));
        }
        Err(error) => {
            let lines = input.split(|byte| *byte == b'\n').count();
            assert!(error.line <= lines + 1, "{error}: {lines} lines");
            assert!(json::parse::<Value>(input).is_err());
        }
    }
    Reached::of(&strict)
}

fn within_limits(value: &Value, depth: usize) {
    assert!(depth <= json::DEPTH_MAX, "deeper than {}", json::DEPTH_MAX);
    match value {
        Value::Number(number) => {
            let size = number
                .as_u64()
                .or_else(|| number.as_i64().map(i64::unsigned_abs));
            assert!(
                size.is_some_and(|size| size <= json::INTEGER_MAX),
                "{number}"
            );
        }
        Value::Array(items) => items.iter().for_each(|item| within_limits(item, depth + 1)),
        Value::Object(members) => members
            .values()
            .for_each(|item| within_limits(item, depth + 1)),
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}
