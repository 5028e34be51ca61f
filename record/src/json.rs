//! Strict JSON (protocol section 2): two verifiers must never read one body in two ways.
//!
//! A body is scanned once by [`check`], which refuses what parsers disagree about, and only then given
//! to `serde`. Refused: duplicate keys (also when one is written with escapes), fractions and exponents,
//! `-0`, integers beyond 2^53-1, nesting deeper than 64, a byte order mark, bytes behind the value,
//! invalid UTF-8. Unknown fields are refused by the types (`deny_unknown_fields`).

pub mod hex_bytes;
mod scanner;

use std::fmt;

use serde::de::DeserializeOwned;
use serde_path_to_error::{Path, Segment};

/// The deepest allowed nesting of objects and arrays.
pub const DEPTH_MAX: usize = 64;

/// The largest integer that every JSON implementation reads exactly: 2^53 - 1.
pub const INTEGER_MAX: u64 = 9_007_199_254_740_991;

/// Why a body was refused, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonError {
    /// JSON pointer (RFC 6901) to the offending value; empty for the whole body.
    pub pointer: String,
    /// Line of the offending byte, from 1; 0 when the place is not known.
    pub line: usize,
    /// Column (in bytes) of the offending byte, from 1; 0 when the place is not known.
    pub column: usize,
    /// What is wrong, for a person.
    pub reason: String,
    code: &'static str,
}

impl JsonError {
    /// A value that is well-formed but means nothing here; for checks that come after parsing.
    pub fn invalid_value(pointer: impl Into<String>, reason: impl Into<String>) -> JsonError {
        let (pointer, reason) = (pointer.into(), reason.into());
        JsonError {
            pointer,
            line: 0,
            column: 0,
            reason,
            code: "json-invalid-value",
        }
    }

    /// Stable identifier of the kind of error: `json-duplicate-key`, `json-float`, `json-integer-too-large`,
    /// `json-unknown-field`, `json-syntax`, `json-invalid-value` or `json-too-deep`.
    pub fn code(&self) -> &'static str {
        self.code
    }

    fn from_serde(path: &Path, error: &serde_json::Error) -> JsonError {
        let (line, column) = (error.line(), error.column());
        let text = error.to_string();
        let reason = text
            .strip_suffix(&format!(" at line {line} column {column}"))
            .unwrap_or(&text)
            .to_owned();
        let code = match error.classify() {
            serde_json::error::Category::Data if reason.starts_with("unknown field ") => {
                "json-unknown-field"
            }
            serde_json::error::Category::Data => "json-invalid-value",
            _ => "json-syntax",
        };
        JsonError {
            pointer: pointer_of(path),
            line,
            column,
            reason,
            code,
        }
    }
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.pointer.is_empty() {
            "the JSON value"
        } else {
            &self.pointer
        };
        write!(f, "{place}: {}", self.reason)?;
        if self.line > 0 {
            write!(f, " (line {}, column {})", self.line, self.column)?;
        }
        Ok(())
    }
}

impl std::error::Error for JsonError {}

/// Checks that `bytes` are one strict JSON value, without building anything from it.
pub fn check(bytes: &[u8]) -> Result<(), JsonError> {
    scanner::scan(bytes)
}

/// Reads one strict JSON value. `T` must refuse unknown fields itself (`deny_unknown_fields`).
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, JsonError> {
    check(bytes)?;
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    serde_path_to_error::deserialize(&mut deserializer)
        .map_err(|error| JsonError::from_serde(error.path(), error.inner()))
}

/// Writes one reference token of a JSON pointer (RFC 6901) behind `pointer`.
fn push_token(pointer: &mut String, token: &str) {
    pointer.push('/');
    pointer.push_str(&token.replace('~', "~0").replace('/', "~1"));
}

fn pointer_of(path: &Path) -> String {
    let mut pointer = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => push_token(&mut pointer, &index.to_string()),
            Segment::Map { key } => push_token(&mut pointer, key),
            Segment::Enum { variant } => push_token(&mut pointer, variant),
            Segment::Unknown => {}
        }
    }
    pointer
}
