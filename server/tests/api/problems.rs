//! The table of codes: unique, well-formed, translated, and each of them used.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use server::http::ErrorCode;

fn sources(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).expect("a directory of sources") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

fn text_of(directories: &[&str], except: &str) -> String {
    let mut found = Vec::new();
    for directory in directories {
        sources(
            &Path::new(env!("CARGO_MANIFEST_DIR")).join(directory),
            &mut found,
        );
    }
    let kept = found.iter().filter(|path| !path.ends_with(except));
    kept.map(|path| std::fs::read_to_string(path).expect("readable"))
        .collect()
}

#[test]
fn codes_are_unique_and_well_formed() {
    let mut seen: BTreeSet<&str> = procedure::Code::ALL
        .iter()
        .map(|code| code.as_str())
        .collect();
    for code in ErrorCode::ALL {
        let text = code.as_str();
        assert!(seen.insert(text), "{text} stands twice, or is a refusal's");
        assert!(
            text.bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte == b'-'),
            "{text}"
        );
        assert!(
            !text.starts_with('-') && !text.ends_with('-') && !text.contains("--"),
            "{text}"
        );
        assert!(code.en().ends_with('.') && code.en().is_ascii(), "{text}");
        assert!(code.zh().ends_with('。') && !code.zh().is_ascii(), "{text}");
        assert!(
            code.status().is_client_error() || code.status().is_server_error(),
            "{text}"
        );
        assert_eq!(ErrorCode::of(text), Some(*code));
    }
}

/// Used by name in the interface, or the code of an error of a crate below, which is looked up by its text.
#[test]
fn every_code_is_used() {
    let here = text_of(&["src/http"], "code.rs");
    let below = text_of(&["src", "../record/src"], "code.rs");
    for code in ErrorCode::ALL {
        let named = here.contains(&format!("ErrorCode::{code:?}"));
        let looked_up = below.contains(&format!("\"{}\"", code.as_str()));
        assert!(named || looked_up, "{code:?} is used nowhere");
    }
}

/// What record says of JSON and of envelopes has its texts here.
#[test]
fn codes_from_below_are_in_the_table() {
    for text in [
        "json-duplicate-key",
        "json-float",
        "json-integer-too-large",
        "json-unknown-field",
        "json-syntax",
        "json-invalid-value",
        "json-too-deep",
        "statement-type",
        "statement-too-long",
        "statement-too-many-signatures",
        "statement-signature-form",
        "blob-declaration",
        "quota-exceeded",
        "blob-not-declared",
        "segment-unknown",
        "segment-mismatch",
        "still-sealed",
        "not-yet-signed",
    ] {
        assert!(ErrorCode::of(text).is_some(), "{text}");
    }
}
