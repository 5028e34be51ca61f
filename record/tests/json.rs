//! Strict JSON: everything on which two parsers could disagree is refused, with a code and a place.

use std::collections::BTreeMap;

use proptest::prelude::*;
use record::json::{self, JsonError};
use serde::Deserialize;
use serde_json::Value;

fn refused(text: &str) -> JsonError {
    json::check(text.as_bytes()).expect_err(text)
}

fn code(text: &str) -> &'static str {
    refused(text).code()
}

#[test]
fn plain_values_pass() {
    for text in [
        "{}",
        "[]",
        "null",
        " true ",
        "false",
        r#""""#,
        r#"{"a":[1,-2,{"b":null}],"c":"x\n\u00e9 \ud83d\ude00 道路"}"#,
        "9007199254740991",
        "-9007199254740991",
        "0",
        "\t[1 ,\r\n2]\n",
    ] {
        assert_eq!(json::check(text.as_bytes()), Ok(()), "{text}");
    }
}

#[test]
fn duplicate_keys_are_refused_at_every_depth() {
    let error = refused(r#"{"a":1,"a":2}"#);
    assert_eq!(
        (error.code(), error.pointer.as_str(), error.column),
        ("json-duplicate-key", "/a", 8)
    );
    let error = refused("{\"list\":[0,\n  {\"k/1\":{},\"k\\/1\":{}}]}");
    assert_eq!(
        (error.code(), error.pointer.as_str(), error.line),
        ("json-duplicate-key", "/list/1/k~11", 2)
    );
    assert_eq!(code(r#"{"a":1,"\u0061":2}"#), "json-duplicate-key");
    assert_eq!(code(r#"{"":1,"":2}"#), "json-duplicate-key");
    assert_eq!(json::check(br#"{"a":{"a":1},"b":{"a":1}}"#), Ok(()));
}

#[test]
fn numbers_are_small_integers() {
    for text in [
        "1.0", "0.5", "1e3", "1E3", "-1.5", "1e-2", "0e0", "-0", "-0.0", "1.", "1e",
    ] {
        assert_eq!(code(text), "json-float", "{text}");
    }
    for text in [
        "9007199254740992",
        "-9007199254740992",
        "18446744073709551615",
        "18446744073709551616",
        "99999999999999999999999999999999999999999999",
    ] {
        assert_eq!(code(text), "json-integer-too-large", "{text}");
    }
    for text in [
        "01", "-", "+1", ".5", "-01", "00", "1_000", "0x10", "NaN", "Infinity", "1 2",
    ] {
        assert_eq!(code(text), "json-syntax", "{text}");
    }
    assert_eq!(refused(r#"{"price":[1,2.5]}"#).pointer, "/price/1");
}

#[test]
fn malformed_texts_are_refused() {
    for text in [
        "",
        " ",
        "{",
        "[",
        "[1,]",
        "[,1]",
        r#"{"a"}"#,
        r#"{"a":}"#,
        r#"{"a":1,}"#,
        "{a:1}",
        "'a'",
        "nul",
        "truex",
        "{} {}",
        "[1]]",
        "\"abc",
        "\"\\x\"",
        "\"\\ud800\"",
        "\"\\udc00\\ud800\"",
        "\"\\u12\"",
        "\"\u{1}\"",
        "\"a\nb\"",
        "\"\\",
        "// c\n1",
        "/**/1",
        "\u{a0}1",
        "[1\u{0}]",
    ] {
        assert_eq!(code(text), "json-syntax", "{text:?}");
    }
    assert!(refused("\u{feff}{}").reason.contains("byte order mark"));
    let error = json::check(b"{\"a\":\n\"\xff\"}").unwrap_err();
    assert_eq!(
        (error.code(), error.line, error.column),
        ("json-syntax", 2, 2)
    );
    for bytes in [
        b"\"\xc0\x80\"".as_slice(),
        b"\"\xed\xa0\x80\"",
        b"\"\xf4\x90\x80\x80\"",
        b"\xfe\xff\x00{",
    ] {
        assert_eq!(json::check(bytes).unwrap_err().code(), "json-syntax");
    }
}

#[test]
fn nesting_ends_at_64() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert_eq!(json::check(nested(64).as_bytes()), Ok(()));
    assert_eq!(code(&nested(65)), "json-too-deep");
    assert_eq!(code(&"[".repeat(1_000_000)), "json-too-deep");
    assert_eq!(code(&r#"{"a":"#.repeat(1_000_000)), "json-too-deep");
    assert_eq!(
        json::parse::<Value>(nested(64).as_bytes()).map(drop),
        Ok(())
    );
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct Outer {
    name: String,
    #[serde(default)]
    inner: Vec<Inner>,
    #[serde(default)]
    map: BTreeMap<String, Inner>,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct Inner {
    count: u8,
}

fn outer_error(text: &str) -> (&'static str, String) {
    let error = json::parse::<Outer>(text.as_bytes()).expect_err(text);
    (error.code(), error.pointer)
}

#[test]
fn errors_of_types_carry_a_pointer() {
    let unknown = |pointer: &str| ("json-unknown-field", pointer.to_owned());
    assert_eq!(outer_error(r#"{"name":"x","extra":1}"#), unknown("/extra"));
    assert_eq!(
        outer_error(r#"{"name":"x","inner":[{"count":1},{"count":2,"e/x~tra":{}}]}"#),
        unknown("/inner/1/e~1x~0tra")
    );
    assert_eq!(
        outer_error(r#"{"name":"x","map":{"a b":{"counts":1}}}"#),
        unknown("/map/a b/counts")
    );
    let invalid = |pointer: &str| ("json-invalid-value", pointer.to_owned());
    assert_eq!(
        outer_error(r#"{"name":"x","inner":[{"count":256}]}"#),
        invalid("/inner/0/count")
    );
    assert_eq!(outer_error(r#"{"name":3}"#), invalid("/name"));
    assert_eq!(outer_error(r#"{"inner":[]}"#), invalid(""));
    let error = json::parse::<Outer>(b"{\n \"name\": 3}").unwrap_err();
    assert_eq!(error.line, 2);
    assert!(!error.reason.contains("line"), "{error}");
    assert!(error.to_string().starts_with("/name: "), "{error}");
}

#[test]
fn hexadecimal_text_is_lower_case() {
    #[derive(Debug, Deserialize)]
    struct Bytes(#[serde(with = "json::hex_bytes")] [u8; 2]);
    assert_eq!(json::parse::<Bytes>(br#""00ff""#).unwrap().0, [0, 255]);
    for text in [
        r#""00FF""#,
        r#""00f""#,
        r#""00ff00""#,
        r#""0x00""#,
        r#""zz00""#,
        "0",
    ] {
        assert_eq!(
            json::parse::<Bytes>(text.as_bytes()).unwrap_err().code(),
            "json-invalid-value",
            "{text}"
        );
    }
}

/// Any strict value, in the form that `serde_json` writes.
fn strict_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-9_007_199_254_740_991i64..=9_007_199_254_740_991).prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 40, 5, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            proptest::collection::btree_map(any::<String>(), inner, 0..5)
                .prop_map(Value::from_iter),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = json::parse::<Value>(&bytes);
        let _ = json::parse::<Outer>(&bytes);
    }

    #[test]
    fn what_looks_like_json_never_panics(text in r#"[\[\]{}",:\\u0-9eE.+\-truefalsn ]{0,60}"#) {
        if json::check(text.as_bytes()).is_ok() {
            // Whatever the strict parser accepts, the lenient one accepts too.
            prop_assert!(serde_json::from_str::<Value>(&text).is_ok());
        }
    }
}

proptest! {
    #[test]
    fn strict_values_are_read_as_written(value in strict_value()) {
        let compact = serde_json::to_vec(&value).unwrap();
        prop_assert_eq!(json::parse::<Value>(&compact).unwrap(), value.clone());
        let pretty = serde_json::to_vec_pretty(&value).unwrap();
        prop_assert_eq!(json::parse::<Value>(&pretty).unwrap(), value);
    }
}
