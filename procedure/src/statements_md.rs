//! `STATEMENTS.md`: what can be said, by kind, for somebody who writes a second implementation.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;

use crate::act::{Act, Description, Visibility};

/// Longer texts in examples (key blocks, ciphertexts) are cut to this many characters.
const EXAMPLE_CHARS_MAX: usize = 96;

const HEAD: &str = "\
# Statements

Generated from `src/act` by the tests of this crate, and normative. A statement is a DSSE envelope of type
`application/vnd.etender.<kind>.v1+json` around exactly the JSON body below (protocol section 2). Bodies are read
strictly: unknown fields, duplicate keys, floats and integers above 2^53 - 1 are refused. In examples long base64 is
cut, which is marked with `…`. *Visible*: when the public may read it.

";

/// The text of `STATEMENTS.md`, with one example body for each kind.
pub fn statements_md(examples: &BTreeMap<String, Value>) -> String {
    let descriptions = Act::descriptions();
    let mut text = String::from(HEAD);
    text.push_str("| kind | signed by | stages | visible |\n|---|---|---|---|\n");
    for one in &descriptions {
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "| [{kind}](#{kind}) | {} | {} | {} |",
            one.signers,
            one.stages,
            visible(one.visibility),
            kind = one.kind
        );
    }
    for one in &descriptions {
        section(&mut text, one, examples.get(one.kind));
    }
    text
}

fn section(text: &mut String, one: &Description, example: Option<&Value>) {
    let about = one
        .schema
        .get("description")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let _ = write!(
        text,
        "\n## {}\n\n{about}\n\n* Signed by: {}\n* Stages: {}\n* Visible: {}\n",
        one.kind,
        one.signers,
        one.stages,
        visible(one.visibility)
    );
    if let Some(example) = example {
        let _ = write!(
            text,
            "\nExample:\n\n```json\n{}\n```\n",
            pretty(&shortened(example))
        );
    }
    let _ = write!(
        text,
        "\n<details><summary>JSON Schema</summary>\n\n```json\n{}\n```\n\n</details>\n",
        pretty(&one.schema)
    );
}

fn visible(visibility: Visibility) -> &'static str {
    match visibility {
        Visibility::Public => "at once",
        Visibility::AfterClosing => "from `closing` on",
        Visibility::AfterResults => {
            "from the results of the opening on (answers to a rehearsal: at once)"
        }
    }
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

/// The same value with long texts cut.
fn shortened(value: &Value) -> Value {
    match value {
        Value::String(long) if long.chars().count() > EXAMPLE_CHARS_MAX => {
            let begin: String = long.chars().take(EXAMPLE_CHARS_MAX / 2).collect();
            Value::String(format!("{begin}…"))
        }
        Value::Array(items) => Value::Array(items.iter().map(shortened).collect()),
        Value::Object(fields) => Value::Object(
            fields
                .iter()
                .map(|(name, field)| (name.clone(), shortened(field)))
                .collect(),
        ),
        other => other.clone(),
    }
}
