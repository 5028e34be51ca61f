//! The case sheet: keys and values of the tender and its rules, read into the members of a case and written
//! from them.

use std::collections::BTreeMap;

use evaluation::benchmark::{Kind as ParameterKind, Method};
use serde_json::{Map, Value, json};

use super::book::Out;
use super::keys::{self, Found, Kind, Segment};
use super::place::Places;
use super::problem::Problems;
use super::table::{Cell, Table};
use super::value::{self, Unit, Wrong};

/// What a case sheet says.
#[derive(Clone, Debug, Default)]
pub struct Tender {
    /// The values by path.
    values: BTreeMap<Vec<Segment>, (Found, Cell)>,
}

/// A value as JSON wants it, or what is wrong with its cell.
type Read = Result<Value, Wrong>;

impl Tender {
    /// Reads the sheet: keys in the first filled column, values in the next one; further columns are remarks.
    pub fn read(table: &Table, problems: &mut Problems, places: &mut Places) -> Tender {
        let mut tender = Tender::default();
        let mut begun = false;
        for row in table.rows.iter().filter(|row| !row.is_remark()) {
            let Some((key_at, Cell::Text(key))) = row.cells.first() else {
                let message = "a key belongs before the value";
                problems.push("key-missing", table.row_place(row.number), message);
                continue;
            };
            let heading = ["key", "项目", "键", "参数", "项目 / key"];
            if !begun && heading.contains(&key.trim().to_lowercase().as_str()) {
                begun = true;
                continue;
            }
            let Some(found) = keys::find(key) else {
                if !begun && row.cells.len() == 1 {
                    // A title.
                    continue;
                }
                let message = format!(
                    "the key \"{key}\" is not known; the page on evaluating lists them all; begin the row with # to keep it as a remark"
                );
                problems.push("key-unknown", table.place(row.number, *key_at, ""), message);
                continue;
            };
            begun = true;
            let Some(cell) = row.cell(key_at + 1) else {
                // To be filled in, or not needed.
                continue;
            };
            let place = table.place(row.number, key_at + 1, &found.path());
            if tender.values.contains_key(&found.segments) {
                problems.push(
                    "key-twice",
                    place,
                    "this key stands here for the second time",
                );
                continue;
            }
            places.values.insert(found.pointer(), place);
            tender
                .values
                .insert(found.segments.clone(), (found, cell.clone()));
        }
        tender
    }

    /// Whether nothing is said.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The text of a key that is no member of the case (`rules`, `shortlist`) or has to be known early.
    pub fn text(&self, path: &str) -> Option<String> {
        let found = keys::of_path(path)?;
        let (_, cell) = self.values.get(&found.segments)?;
        value::text(cell).ok()
    }

    /// An amount that has to be known without the rest of the sheet, or what is wrong with its cell.
    pub fn money(&self, path: &str) -> Result<Option<evaluation::Money>, Wrong> {
        let cell = keys::of_path(path).and_then(|found| self.values.get(&found.segments));
        cell.map(|(_, cell)| value::money(cell)).transpose()
    }

    /// The plain text of a number, for a parameter that is checked against its grid.
    pub fn number_text(&self, path: &str) -> Option<String> {
        let found = keys::of_path(path)?;
        let (_, cell) = self.values.get(&found.segments)?;
        let number = value::decimal(cell, Unit::Share).ok()?;
        Some(number.to_string())
    }

    /// The paths of all values.
    pub fn paths(&self) -> impl Iterator<Item = &Found> {
        self.values.values().map(|(found, _)| found)
    }

    /// All values as members of a case. The method says which drawn parameters are indexes.
    pub fn members(
        &self,
        method: Option<Method>,
        problems: &mut Problems,
        places: &Places,
    ) -> Map<String, Value> {
        let mut root = Node::Map(BTreeMap::new());
        for (found, cell) in self.values.values() {
            if found.key.kind == Kind::Reference {
                continue;
            }
            match read(found, cell, method) {
                Ok(value) => root.put(&found.segments, value),
                Err((code, message)) => {
                    let place = places.locate(&found.pointer()).unwrap_or_default();
                    problems.push(code, place, message);
                }
            }
        }
        match root.into_value() {
            Value::Object(map) => map,
            _ => Map::new(),
        }
    }
}

fn read(found: &Found, cell: &Cell, method: Option<Method>) -> Read {
    Ok(match found.key.kind {
        Kind::Text | Kind::Reference => json!(value::text(cell)?),
        Kind::Word(words) => json!(word(&value::text(cell)?, words)?),
        Kind::Words(words) => {
            let text = value::text(cell)?;
            let list = value::list(&text).into_iter().map(|part| word(part, words));
            json!(list.collect::<Result<Vec<_>, _>>()?)
        }
        Kind::Money => json!(value::money(cell)?),
        Kind::Decimal(unit) => json!(value::decimal(cell, unit)?),
        Kind::Count => json!(value::count(cell)?),
        Kind::Flag => json!(value::flag(cell)?),
        Kind::Day => json!(value::day(cell)?),
        Kind::Drawn => {
            let name = match found.segments.last() {
                Some(Segment::Name(name)) => name.as_str(),
                _ => "",
            };
            match is_index(method, name) {
                true => json!(value::count(cell)?),
                false => json!(value::decimal(cell, Unit::Share)?),
            }
        }
        Kind::Fixed => match cell {
            Cell::Number(_) => json!(value::decimal(cell, fixed_unit(found))?),
            other => json!(value::text(other)?),
        },
    })
}

/// Whether the drawn parameter of this name is an index into a list of prices.
pub fn is_index(method: Option<Method>, name: &str) -> bool {
    let declared = method.into_iter().flat_map(Method::drawn_parameters);
    declared
        .filter(|parameter| parameter.name == name)
        .any(|parameter| parameter.kind == ParameterKind::Index)
}

/// Announced parameters whose name says per cent are per cents, the others shares.
fn fixed_unit(found: &Found) -> Unit {
    if found.path().ends_with("percent") {
        Unit::Percent
    } else {
        Unit::Share
    }
}

fn word(text: &str, words: &[&str]) -> Result<String, Wrong> {
    let known = words.iter().find(|word| word.eq_ignore_ascii_case(text));
    known.map(|word| (*word).to_owned()).ok_or_else(|| {
        let message = format!("holds \"{text}\"; possible are: {}", words.join(", "));
        ("cell-word", message)
    })
}

/// Members of a case as they grow together from paths.
enum Node {
    Leaf(Value),
    Map(BTreeMap<String, Node>),
    List(BTreeMap<usize, Node>),
}

impl Node {
    fn put(&mut self, segments: &[Segment], value: Value) {
        let Some((first, rest)) = segments.split_first() else {
            *self = Node::Leaf(value);
            return;
        };
        let empty = |segment: Option<&Segment>| match segment {
            Some(Segment::Index(_)) => Node::List(BTreeMap::new()),
            _ => Node::Map(BTreeMap::new()),
        };
        match (self, first) {
            (Node::Map(map), Segment::Name(name)) => map
                .entry(name.clone())
                .or_insert_with(|| empty(rest.first()))
                .put(rest, value),
            (Node::List(list), Segment::Index(index)) => list
                .entry(*index)
                .or_insert_with(|| empty(rest.first()))
                .put(rest, value),
            // The table of keys has no path that is a list here and an object there.
            (node, _) => *node = Node::Leaf(value),
        }
    }

    fn into_value(self) -> Value {
        match self {
            Node::Leaf(value) => value,
            Node::Map(map) => {
                let entries = map
                    .into_iter()
                    .map(|(name, node)| (name, node.into_value()));
                Value::Object(entries.collect())
            }
            // Whether numbers are left out shows when the list is read: its entries are incomplete.
            Node::List(list) => list.into_values().map(Node::into_value).collect(),
        }
    }
}

/// The members of a case but for its bids, as keys with cells, in the order of the table of keys.
pub fn flatten(case: &Value) -> Vec<(Found, Out)> {
    let mut flat = Vec::new();
    if let Value::Object(members) = case {
        for (name, value) in members {
            if name != "bids" && name != "format" {
                walk(name, value, &mut flat);
            }
        }
    }
    flat.sort_by_key(|(found, _)| {
        let order = keys::KEYS.iter().position(|key| *key == found.key);
        (order, found.segments.clone())
    });
    flat.sort_by_key(|(found, _)| group(found));
    flat
}

/// Entries of one list stay together.
fn group(found: &Found) -> (Option<usize>, Vec<Segment>) {
    let at = found
        .segments
        .iter()
        .position(|segment| matches!(segment, Segment::Index(_)));
    let stem = match at {
        Some(_) => {
            let prefix = found.key.path.split('#').next().unwrap_or_default();
            keys::KEYS
                .iter()
                .position(|key| key.path.starts_with(prefix))
        }
        None => keys::KEYS.iter().position(|key| *key == found.key),
    };
    let entry = at.map(|at| found.segments[..=at].to_vec());
    (stem, entry.unwrap_or_default())
}

fn walk(path: &str, value: &Value, flat: &mut Vec<(Found, Out)>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                walk(&format!("{path}.{name}"), value, flat);
            }
        }
        Value::Array(entries) if entries.iter().any(Value::is_object) => {
            for (number, entry) in (1..).zip(entries) {
                walk(&format!("{path}.{number}"), entry, flat);
            }
        }
        Value::Null => {}
        // A member without a key would be lost; reading the table back shows it.
        value => flat.extend(keys::of_path(path).map(|found| {
            let out = out(&found, value);
            (found, out)
        })),
    }
}

fn out(found: &Found, value: &Value) -> Out {
    let text = match value {
        Value::Array(words) => {
            let words = words.iter().filter_map(Value::as_str);
            return Out::Text(words.collect::<Vec<_>>().join(";"));
        }
        Value::Bool(value) => return Out::Text(if *value { "yes" } else { "no" }.to_owned()),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    match found.key.kind {
        Kind::Money => Out::money(&text),
        Kind::Decimal(_) | Kind::Count | Kind::Drawn | Kind::Fixed => Out::number(&text),
        _ => Out::Text(text),
    }
}
