//! Puts numbers into sentences. Nothing is calculated here: digits are grouped, lists joined, words
//! translated, and prices looked up among the bidders.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::locale::Locale;
use super::template::{Node, Shape, Template, When};

/// A field that every step has beside its inputs: the value alone, without sign and rounding.
pub const RESULT: &str = "result";

/// Who bid which price, for those bids that count in the benchmark.
#[derive(Debug, Default)]
pub struct Bidders(BTreeMap<String, Vec<String>>);

impl Bidders {
    /// Another bid.
    pub fn add(&mut self, price: impl Into<String>, bidder: impl Into<String>) {
        self.0.entry(price.into()).or_default().push(bidder.into());
    }
}

/// What a template is filled from.
#[derive(Clone, Copy)]
pub struct Fill<'a> {
    /// The language.
    pub locale: &'a Locale,
    /// The case's currency.
    pub currency: &'a str,
    /// Who bid what.
    pub bidders: &'a Bidders,
}

/// The fields of one sentence.
#[derive(Clone, Copy)]
pub struct Fields<'a> {
    /// By name.
    pub inputs: &'a Map<String, Value>,
    /// The step's value and rounding, if it is a step.
    pub result: Option<(&'a Value, &'a str)>,
}

impl Fill<'_> {
    /// The sentence.
    pub fn sentence(self, template: &Template, fields: Fields<'_>) -> String {
        let mut text = String::new();
        self.nodes(&template.0, fields, &mut text);
        text
    }

    fn nodes(self, nodes: &[Node], fields: Fields<'_>, text: &mut String) {
        for node in nodes {
            match node {
                Node::Text(piece) => text.push_str(piece),
                Node::Field { name, shape } => {
                    text.push_str(&self.field(name, fields.get(name), *shape));
                }
                Node::Result(shape) => text.push_str(&self.result(fields, *shape)),
                Node::Section {
                    name,
                    when: When::Each,
                    then,
                } => {
                    let count = fields.get(name).as_array().map_or(0, Vec::len);
                    for index in 0..count {
                        if index > 0 {
                            text.push_str(&self.locale.separator);
                        }
                        let inputs = &fields.entry(index);
                        self.nodes(then, Fields { inputs, ..fields }, text);
                    }
                }
                Node::Section { name, when, then } => {
                    if fields.holds(name, when) {
                        self.nodes(then, fields, text);
                    }
                }
            }
        }
    }

    fn field(self, name: &str, value: &Value, shape: Shape) -> String {
        let Value::Array(values) = value else {
            return match shape {
                Shape::Bids => self.bid(&plain(value), None),
                _ => self.one(name, &plain(value), shape),
            };
        };
        match shape {
            Shape::Bids => self.bids(values),
            Shape::MoneySum => joined(values, " + ", grouped),
            Shape::Sum => joined(values, " + ", str::to_owned),
            Shape::Signed => joined(values, " ", signed),
            _ => joined(values, &self.locale.separator, |value| {
                self.one(name, value, shape)
            }),
        }
    }

    fn one(self, name: &str, value: &str, shape: Shape) -> String {
        match shape {
            Shape::Plain | Shape::Sum | Shape::Bids => value.to_owned(),
            Shape::Money | Shape::MoneySum => grouped(value),
            Shape::Amount => self.amount(value),
            Shape::Percent => format!("{value}%"),
            Shape::Signed => signed(value),
            Shape::Absolute => value.trim_start_matches('-').to_owned(),
            Shape::Word => self.locale.word(name, value).unwrap_or(value).to_owned(),
            Shape::Ordinal => value
                .parse::<u64>()
                .map_or_else(|_| value.to_owned(), |index| (index + 1).to_string()),
        }
    }

    /// The step's value: `= 8,936,520.00 (rounded …)`, or `≈ 6.529163` if the digits go on behind it.
    fn result(self, fields: Fields<'_>, shape: Shape) -> String {
        let Some((value, rounding)) = fields.result else {
            return String::new();
        };
        let written = self.field(RESULT, value, shape);
        match rounding.split_once(':') {
            Some(("shown", _)) => format!("≈ {written}"),
            Some((kind, decimals)) => {
                let note = self.text(
                    &format!("rounding.{kind}"),
                    &object([("decimals", decimals.into())]),
                );
                format!("= {written}{note}")
            }
            None => format!("= {written}"),
        }
    }

    /// A text of the report itself.
    pub fn text(self, key: &str, inputs: &Map<String, Value>) -> String {
        let fields = Fields {
            inputs,
            result: None,
        };
        self.locale.text(key).map_or_else(
            || key.to_owned(),
            |template| self.sentence(template, fields),
        )
    }

    fn amount(self, value: &str) -> String {
        let unit = self.locale.word("currency", self.currency);
        let inputs = object([
            ("amount", grouped(value).into()),
            ("currency", unit.unwrap_or(self.currency).into()),
        ]);
        self.text("amount", &inputs)
    }

    /// Prices with those who bid them. Of several equal prices it decides nothing which one is meant, so
    /// all who bid it are named.
    fn bids(self, prices: &[Value]) -> String {
        let mut counts: Vec<(String, usize)> = Vec::new();
        for price in prices.iter().map(plain) {
            match counts.last_mut() {
                Some((last, count)) if *last == *price => *count += 1,
                _ => counts.push((price.into_owned(), 1)),
            }
        }
        let named = (counts.iter()).map(|(price, count)| self.bid(price, Some(*count)));
        named.collect::<Vec<_>>().join(&self.locale.separator)
    }

    /// A price with those who bid it, all of them or so many of them.
    fn bid(self, price: &str, count: Option<usize>) -> String {
        let names = self.bidders.0.get(price).map_or(&[][..], Vec::as_slice);
        let key = match names.len() {
            0 => return grouped(price),
            all if count.is_some_and(|count| count < all) => "bids.some",
            _ => "bids.all",
        };
        let each = if names.len() > 1 { "yes" } else { "" };
        let inputs = object([
            ("bidders", names.to_vec().into()),
            ("price", price.into()),
            ("count", count.unwrap_or(names.len()).to_string().into()),
            ("each", each.into()),
        ]);
        self.text(key, &inputs)
    }
}

impl<'a> Fields<'a> {
    fn get(self, name: &str) -> &'a Value {
        match (name, self.result) {
            (RESULT, Some((value, _))) => value,
            _ => self.inputs.get(name).unwrap_or(&Value::Null),
        }
    }

    /// The fields with one entry in place of each list.
    fn entry(self, index: usize) -> Map<String, Value> {
        let one = |value: &Value| match value {
            Value::Array(values) => values.get(index).cloned().unwrap_or(Value::Null),
            other => other.clone(),
        };
        let inputs = self.inputs.iter();
        inputs
            .map(|(name, value)| (name.clone(), one(value)))
            .collect()
    }

    fn holds(self, name: &str, when: &When) -> bool {
        let value = self.get(name);
        let empty = match value {
            Value::Null | Value::Bool(false) => true,
            Value::String(text) => text.is_empty(),
            Value::Array(values) => values.is_empty(),
            Value::Object(members) => members.is_empty(),
            _ => false,
        };
        match when {
            When::Present | When::Each => !empty,
            When::Absent => empty,
            When::Is(text) => plain(value) == text.as_str(),
            When::IsNot(text) => plain(value) != text.as_str(),
        }
    }
}

/// The members of an object, for a text.
pub fn object<const N: usize>(members: [(&str, Value); N]) -> Map<String, Value> {
    members
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

fn plain(value: &Value) -> Cow<'_, str> {
    match value {
        Value::String(text) => Cow::Borrowed(text),
        Value::Null => Cow::Borrowed("—"),
        other => Cow::Owned(other.to_string()),
    }
}

fn joined(values: &[Value], separator: &str, mut one: impl FnMut(&str) -> String) -> String {
    let written: Vec<String> = values.iter().map(|value| one(&plain(value))).collect();
    written.join(separator)
}

/// `-3000.00` as `− 3,000.00`, `12000` as `+ 12,000`.
fn signed(value: &str) -> String {
    match value.strip_prefix('-') {
        Some(digits) => format!("− {}", grouped(digits)),
        None => format!("+ {}", grouped(value)),
    }
}

/// A separator after every three digits before the point.
pub fn grouped(value: &str) -> String {
    let (sign, digits) = match value.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", value),
    };
    let (whole, fraction) = match digits.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (digits, None),
    };
    if whole.is_empty() || !whole.bytes().all(|byte| byte.is_ascii_digit()) {
        return value.to_owned();
    }
    let mut text = sign.to_owned();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if let Some(fraction) = fraction {
        text.push('.');
        text.push_str(fraction);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_digits() {
        for (plain, written) in [
            ("0", "0"),
            ("999.5", "999.5"),
            ("1000", "1,000"),
            ("-123456.789012", "-123,456.789012"),
            ("10000000000000.00", "10,000,000,000,000.00"),
            ("too large to show", "too large to show"),
        ] {
            assert_eq!(grouped(plain), written);
        }
    }
}
