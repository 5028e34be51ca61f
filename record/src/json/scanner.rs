//! One pass over the bytes of a JSON text that refuses everything section 2 of the protocol refuses.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::{DEPTH_MAX, INTEGER_MAX, JsonError, push_token};

/// Refuses `bytes` unless they are exactly one strict JSON value.
pub(super) fn scan(bytes: &[u8]) -> Result<(), JsonError> {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => return Err(not_utf8(bytes, error.valid_up_to())),
    };
    let mut scanner = Scanner {
        text,
        at: 0,
        path: Vec::new(),
    };
    if text.starts_with('\u{feff}') {
        return Err(scanner.error(
            0,
            "json-syntax",
            "a byte order mark is not allowed; save the text without it",
        ));
    }
    scanner.skip_whitespace();
    scanner.value()?;
    scanner.skip_whitespace();
    match scanner.peek() {
        None => Ok(()),
        Some(_) => Err(scanner.syntax("nothing may follow the value")),
    }
}

enum Token<'a> {
    Key(Cow<'a, str>),
    Index(usize),
}

struct Scanner<'a> {
    text: &'a str,
    at: usize,
    path: Vec<Token<'a>>,
}

impl<'a> Scanner<'a> {
    fn value(&mut self) -> Result<(), JsonError> {
        match self.peek() {
            Some(b'{') => self.nested(Scanner::object),
            Some(b'[') => self.nested(Scanner::array),
            Some(b'"') => self.string().map(drop),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(_) => self.word(),
            None => Err(self.syntax("a value is missing at the end")),
        }
    }

    fn nested(&mut self, inside: fn(&mut Self) -> Result<(), JsonError>) -> Result<(), JsonError> {
        // The path has one token for each container that is open around this one.
        if self.path.len() >= DEPTH_MAX {
            return Err(self.error(
                self.at,
                "json-too-deep",
                "objects and arrays are nested deeper than 64 levels",
            ));
        }
        inside(self)
    }

    fn object(&mut self) -> Result<(), JsonError> {
        let mut keys = BTreeSet::new();
        self.advance();
        self.skip_whitespace();
        if self.take(b'}') {
            return Ok(());
        }
        loop {
            let start = self.at;
            if self.peek() != Some(b'"') {
                return Err(self.syntax("expected a key in double quotes"));
            }
            let key = self.string()?;
            let duplicate = !keys.insert(key.clone());
            self.path.push(Token::Key(key));
            if duplicate {
                return Err(self.error(
                    start,
                    "json-duplicate-key",
                    "this key stands in the object twice",
                ));
            }
            self.skip_whitespace();
            if !self.take(b':') {
                return Err(self.syntax("expected ':' behind the key"));
            }
            self.skip_whitespace();
            self.value()?;
            self.path.pop();
            if self.ends_with(b'}', "expected ',' or '}'")? {
                return Ok(());
            }
        }
    }

    fn array(&mut self) -> Result<(), JsonError> {
        self.advance();
        self.skip_whitespace();
        if self.take(b']') {
            return Ok(());
        }
        for index in 0.. {
            self.path.push(Token::Index(index));
            self.value()?;
            self.path.pop();
            if self.ends_with(b']', "expected ',' or ']'")? {
                break;
            }
        }
        Ok(())
    }

    /// Reads what stands between two members: true at the end of the container.
    fn ends_with(&mut self, close: u8, expected: &str) -> Result<bool, JsonError> {
        self.skip_whitespace();
        if self.take(close) {
            return Ok(true);
        }
        if !self.take(b',') {
            return Err(self.syntax(expected));
        }
        self.skip_whitespace();
        Ok(false)
    }

    fn string(&mut self) -> Result<Cow<'a, str>, JsonError> {
        let start = self.at;
        self.advance();
        let mut escaped = false;
        loop {
            match self.peek() {
                None => return Err(self.syntax("the string does not end")),
                Some(0..=0x1f) => {
                    return Err(self.syntax("control characters in a string must be escaped"));
                }
                Some(b'"') => break,
                Some(b'\\') => {
                    escaped = true;
                    self.advance();
                    self.advance();
                }
                Some(_) => self.advance(),
            }
        }
        self.advance();
        let quoted = self.text.get(start..self.at).unwrap_or_default();
        if escaped {
            return match serde_json::from_str::<String>(quoted) {
                Ok(text) => Ok(Cow::Owned(text)),
                Err(_) => Err(self.error(start, "json-syntax", "the string has an invalid escape")),
            };
        }
        Ok(Cow::Borrowed(quoted.trim_matches('"')))
    }

    fn number(&mut self) -> Result<(), JsonError> {
        let start = self.at;
        let negative = self.take(b'-');
        let first = self.at;
        self.skip_digits();
        let digits = self.text.get(first..self.at).unwrap_or_default();
        if digits.is_empty() || (digits.starts_with('0') && digits.len() > 1) {
            return Err(self.error(
                start,
                "json-syntax",
                "a number has digits and no leading zero",
            ));
        }
        if matches!(self.peek(), Some(b'.' | b'e' | b'E')) {
            let reason = "fractions and exponents are not allowed; write decimals as strings";
            return Err(self.error(start, "json-float", reason));
        }
        if negative && digits == "0" {
            return Err(self.error(start, "json-float", "-0 is not an integer; write 0"));
        }
        match digits.parse::<u64>() {
            Ok(value) if value <= INTEGER_MAX => Ok(()),
            _ => Err(self.error(
                start,
                "json-integer-too-large",
                "integers end at 2^53-1 (9007199254740991)",
            )),
        }
    }

    fn word(&mut self) -> Result<(), JsonError> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let Some(word) = ["true", "false", "null"]
            .into_iter()
            .find(|word| rest.starts_with(word))
        else {
            return Err(self.syntax("expected a JSON value"));
        };
        word.bytes().for_each(|_| self.advance());
        Ok(())
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn advance(&mut self) {
        self.at = self.at.saturating_add(1).min(self.text.len());
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        if found {
            self.advance();
        }
        found
    }

    fn skip_whitespace(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.advance();
        }
    }

    fn skip_digits(&mut self) {
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.advance();
        }
    }

    fn syntax(&self, reason: &str) -> JsonError {
        self.error(self.at, "json-syntax", reason)
    }

    fn error(&self, at: usize, code: &'static str, reason: &str) -> JsonError {
        let mut pointer = String::new();
        for token in &self.path {
            match token {
                Token::Key(key) => push_token(&mut pointer, key),
                Token::Index(index) => push_token(&mut pointer, &index.to_string()),
            }
        }
        let (line, column) = place(self.text.as_bytes(), at);
        JsonError {
            pointer,
            line,
            column,
            reason: reason.to_owned(),
            code,
        }
    }
}

fn not_utf8(bytes: &[u8], at: usize) -> JsonError {
    let (line, column) = place(bytes, at);
    let reason = "the text is not valid UTF-8".to_owned();
    JsonError {
        pointer: String::new(),
        line,
        column,
        reason,
        code: "json-syntax",
    }
}

/// Line and column (in bytes) of the byte at `at`, both from 1.
fn place(bytes: &[u8], at: usize) -> (usize, usize) {
    let before = bytes.get(..at).unwrap_or(bytes);
    let line = before
        .iter()
        .filter(|byte| **byte == b'\n')
        .count()
        .saturating_add(1);
    let column = before
        .iter()
        .rev()
        .take_while(|byte| **byte != b'\n')
        .count()
        .saturating_add(1);
    (line, column)
}
