//! The bytes of members: each byte class exchanged inside itself and for another one, bytes dropped, doubled and
//! added; the JSON inside statements, openings, keys and head in another form or with other values.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use play::seed;
use serde_json::Value;

use super::{Nest, Sound};

/// A name, and which bytes are of it.
type Class = (&'static str, fn(u8) -> bool);

/// Byte classes of the texts in a bundle, with what a byte of the class is exchanged for.
const CLASSES: [Class; 6] = [
    ("digit", |byte| byte.is_ascii_digit()),
    ("hex or small letter", |byte| byte.is_ascii_lowercase()),
    ("capital letter", |byte| byte.is_ascii_uppercase()),
    ("structure", |byte| b"{}[],:\"".contains(&byte)),
    ("base64 sign", |byte| b"+/=".contains(&byte)),
    ("space or line end", |byte| b" \n".contains(&byte)),
];

pub(super) fn of(sound: &Sound, nest: &mut Nest) {
    for (place, (name, content)) in sound.members.iter().enumerate() {
        exchanged(nest, place, name, content);
        lengths(nest, place, name, content);
        if name.ends_with(".json") && name != "profile.json" {
            forms(nest, place, name);
            numbers(nest, place, name, content);
        }
        if name.starts_with("statements/") || name == "record-head.json" {
            bodies(nest, place, name, content);
        }
    }
}

/// A place in a text that follows from a label.
fn pick(label: &str, among: usize) -> usize {
    let bytes = seed(label);
    let number = u64::from_le_bytes([
        bytes[0], bytes[1], bytes[2], bytes[3], bytes[4], bytes[5], bytes[6], bytes[7],
    ]);
    (number % among.max(1) as u64) as usize
}

/// One byte of each class, exchanged for its neighbour in the class and for a byte of no class.
fn exchanged(nest: &mut Nest, place: usize, name: &str, content: &[u8]) {
    for (class, is_of) in CLASSES {
        let places: Vec<usize> = (0..content.len())
            .filter(|at| is_of(content[*at]))
            .collect();
        if places.is_empty() {
            continue;
        }
        let at = places[pick(&format!("{}/{name}/{class}", nest.label), places.len())];
        let old = content[at];
        let members: Vec<u8> = (0..128_u8)
            .filter(|byte| is_of(*byte) && *byte != old)
            .collect();
        let inside = members[pick(
            &format!("{}/{name}/{class}/with", nest.label),
            members.len(),
        )];
        for (how, new) in [
            ("inside its class", inside),
            ("by 01", 0x01),
            ("by ff", 0xff),
        ] {
            nest.lay(
                "member: byte",
                format!("{name}, {class} at {at} {how}"),
                move |sound| {
                    let mut content = sound.members[place].1.clone();
                    content[at] = new;
                    sound.with_content(place, content)
                },
            );
        }
        nest.lay(
            "member: byte dropped",
            format!("{name}, {class} at {at}"),
            move |sound| {
                let mut content = sound.members[place].1.clone();
                content.remove(at);
                sound.with_content(place, content)
            },
        );
        nest.lay(
            "member: byte doubled",
            format!("{name}, {class} at {at}"),
            move |sound| {
                let mut content = sound.members[place].1.clone();
                content.insert(at, content[at]);
                sound.with_content(place, content)
            },
        );
    }
}

fn lengths(nest: &mut Nest, place: usize, name: &str, content: &[u8]) {
    let half = content.len() / 2;
    let mut lay = |what: &str, bend: fn(&[u8], usize) -> Vec<u8>| {
        nest.lay("member: length", format!("{name}, {what}"), move |sound| {
            let content = bend(&sound.members[place].1, half);
            sound.with_content(place, content)
        });
    };
    lay("emptied", |_, _| Vec::new());
    lay("cut in half", |content, half| content[..half].to_vec());
    lay("line end behind", |content, _| [content, b"\n"].concat());
    lay("space in front", |content, _| [b" ", content].concat());
    lay("byte order mark", |content, _| {
        [b"\xef\xbb\xbf", content].concat()
    });
    lay("zero byte behind", |content, _| [content, b"\0"].concat());
    lay("twice", |content, _| [content, content].concat());
}

/// The same JSON value in another form: whoever reads it sees the same.
fn forms(nest: &mut Nest, place: usize, name: &str) {
    let mut lay = |what: &str, bend: fn(&Value) -> Vec<u8>| {
        nest.lay(
            "JSON: another form",
            format!("{name}, {what}"),
            move |sound| {
                let value = serde_json::from_slice(&sound.members[place].1).expect("it is JSON");
                let bent = bend(&value);
                // A value of one field, or of none, has fewer forms.
                let same = bent == sound.members[place].1;
                sound.with_content(
                    place,
                    if same {
                        [b"\t", bent.as_slice()].concat()
                    } else {
                        bent
                    },
                )
            },
        );
    };
    lay("indented", |value| {
        serde_json::to_vec_pretty(value).expect("JSON")
    });
    lay("keys in another order", |value| {
        reordered(value).into_bytes()
    });
    lay("a space behind each colon", |value| {
        value.to_string().replace("\":", "\": ").into_bytes()
    });
    lay("a letter escaped", |value| {
        value.to_string().replacen('e', "\\u0065", 1).into_bytes()
    });
    lay("a slash escaped", |value| {
        value
            .to_string()
            .replacen("{\"", "{\"\\/\":1,\"", 1)
            .into_bytes()
    });
    lay("first key repeated", |value| repeated(value).into_bytes());
    lay("an unknown key", |value| {
        value.to_string().replacen('{', "{\"x\":1,", 1).into_bytes()
    });
    lay("a null", |value| {
        value
            .to_string()
            .replacen('{', "{\"kind\":null,", 1)
            .into_bytes()
    });
}

/// Keys descending; serde_json keeps them ascending.
fn reordered(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            let field = |(key, value): (&String, &Value)| {
                format!("{}:{}", Value::from(key.as_str()), reordered(value))
            };
            let fields: Vec<String> = fields.iter().rev().map(field).collect();
            format!("{{{}}}", fields.join(","))
        }
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(reordered).collect();
            format!("[{}]", items.join(","))
        }
        other => other.to_string(),
    }
}

fn repeated(value: &Value) -> String {
    let text = value.to_string();
    let first = value.as_object().and_then(|fields| fields.iter().next());
    match first {
        Some((key, value)) => {
            text.replacen('{', &format!("{{{}:{value},", Value::from(key.as_str())), 1)
        }
        None => format!("{text} "),
    }
}

/// Every number of an opening, of the keys or of the head at its limits.
fn numbers(nest: &mut Nest, place: usize, name: &str, content: &[u8]) {
    let value: Value = serde_json::from_slice(content).expect("it is JSON");
    let Some(fields) = value.as_object() else {
        return;
    };
    for (key, _) in fields.iter().filter(|(_, value)| value.is_number()) {
        let others = [
            "0",
            "-1",
            "1.0",
            "1e3",
            "9007199254740991",
            "9007199254740992",
            "18446744073709551616",
            "\"7\"",
            "null",
        ];
        for other in others {
            let key = key.clone();
            nest.lay(
                "JSON: number",
                format!("{name}, {key} = {other}"),
                move |sound| {
                    let text =
                        String::from_utf8(sound.members[place].1.clone()).expect("JSON is UTF-8");
                    let at = text.find(&format!("\"{key}\":")).expect("the key is there")
                        + key.len()
                        + 3;
                    let end = at + text[at..].find([',', '}']).expect("the number ends");
                    let other = if text[at..end] == *other { "1" } else { other };
                    let bent = format!("{}{other}{}", &text[..at], &text[end..]);
                    sound.with_content(place, bent.into_bytes())
                },
            );
        }
    }
}

/// One value inside the signed body, the envelope around it in its one form.
fn bodies(nest: &mut Nest, place: usize, name: &str, content: &[u8]) {
    let body = body_of(content);
    let mut pointers = BTreeMap::new();
    leaves(
        &serde_json::from_slice(&body).expect("it is JSON"),
        String::new(),
        &mut pointers,
    );
    let names: Vec<String> = pointers.into_keys().collect();
    for turn in 0..3 {
        let pointer =
            names[pick(&format!("{}/{name}/body/{turn}", nest.label), names.len())].clone();
        let label = format!("{name}, body {pointer}, turn {turn}");
        nest.lay("body: value", label.clone(), move |sound| {
            with_body(sound, place, |value| {
                bend(value.pointer_mut(&pointer).expect("it is there"), turn)
            })
        });
    }
    for (what, turn) in [
        ("field dropped", 0),
        ("field added", 1),
        ("list turned", 2),
        ("indented", 3),
    ] {
        nest.lay("body: form", format!("{name}, {what}"), move |sound| {
            if turn == 3 {
                return with_body_bytes(sound, place, |body| {
                    let value: Value = serde_json::from_slice(body).expect("it is JSON");
                    serde_json::to_vec_pretty(&value).expect("JSON")
                });
            }
            with_body(sound, place, |value| reshape(value, turn))
        });
    }
}

fn body_of(content: &[u8]) -> Vec<u8> {
    let envelope: Value = serde_json::from_slice(content).expect("it is JSON");
    let payload = envelope["payload"]
        .as_str()
        .expect("an envelope has a payload");
    STANDARD.decode(payload).expect("a payload is base64")
}

pub(super) fn with_body(sound: &Sound, place: usize, change: impl FnOnce(&mut Value)) -> Vec<u8> {
    with_body_bytes(sound, place, |body| {
        let mut value = serde_json::from_slice(body).expect("it is JSON");
        change(&mut value);
        value.to_string().into_bytes()
    })
}

fn with_body_bytes(sound: &Sound, place: usize, change: impl FnOnce(&[u8]) -> Vec<u8>) -> Vec<u8> {
    let content = &sound.members[place].1;
    let body = body_of(content);
    let text = String::from_utf8(content.clone()).expect("JSON is UTF-8");
    let bent = text.replacen(&STANDARD.encode(&body), &STANDARD.encode(change(&body)), 1);
    sound.with_content(place, bent.into_bytes())
}

/// Pointers to everything that is neither object nor list.
fn leaves(value: &Value, at: String, into: &mut BTreeMap<String, ()>) {
    match value {
        Value::Object(fields) => fields.iter().for_each(|(key, value)| {
            leaves(
                value,
                format!("{at}/{}", key.replace('~', "~0").replace('/', "~1")),
                into,
            )
        }),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .for_each(|(place, value)| leaves(value, format!("{at}/{place}"), into)),
        _ => {
            into.insert(at, ());
        }
    }
}

fn bend(value: &mut Value, turn: usize) {
    *value = match (&*value, turn) {
        (Value::Number(number), 0) => Value::from(number.as_u64().unwrap_or_default() + 1),
        (Value::Number(_), 1) => Value::from(9_007_199_254_740_992_u64),
        (Value::Number(_), _) => Value::from(1.5),
        (Value::String(text), 0) => Value::from(flipped(text)),
        (Value::String(text), 1) => Value::from(format!("{text} ")),
        (Value::String(_), _) => Value::from(""),
        (Value::Bool(truth), _) => Value::from(!truth),
        (_, _) => Value::from("x"),
    };
}

/// The last letter or digit of a text is another one.
fn flipped(text: &str) -> String {
    let mut letters: Vec<char> = text.chars().collect();
    match letters.iter_mut().rfind(|letter| letter.is_alphanumeric()) {
        Some(letter) => *letter = if *letter == '1' { '2' } else { '1' },
        None => letters.push('1'),
    }
    letters.into_iter().collect()
}

fn reshape(value: &mut Value, turn: usize) {
    let Value::Object(fields) = value else { return };
    match turn {
        0 => {
            let first = fields.keys().next().cloned().expect("a body has fields");
            fields.remove(&first);
        }
        1 => {
            fields.insert("note".to_owned(), Value::from("read this"));
        }
        _ => {
            let list = fields
                .values_mut()
                .find_map(|value| value.as_array_mut().filter(|list| list.len() > 1));
            match list {
                Some(list) => list.reverse(),
                None => {
                    fields.insert("list".to_owned(), Value::from(Vec::<u8>::new()));
                }
            }
        }
    }
}
