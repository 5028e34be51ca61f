//! Sentences with holes: the little language of the locale files.
//!
//! | written | gives |
//! |---|---|
//! | `{price}` | the field as it stands; a list joined with the language's separator |
//! | `{price:money}` | the field in a [`Shape`]; each element of a list in it |
//! | `{=:money}` | the step's value with `=` or `≈` before it and its rounding behind it |
//! | `{?up}…{/up}` | what is between, if the field is there and not empty |
//! | `{^up}…{/up}` | what is between, if it is not |
//! | `{?profile=cn-2017}…{/profile}`, `{^profile=cn-2017}…{/profile}` | what is between, if the field is this text, or is not |
//! | `{*grades}{grades} {points}{/grades}` | what is between, once for each entry of the list; every list stands for its entry there |
//!
//! The browser reads the same files, so that nothing here may need more than text replacement.

use std::fmt;

/// A parsed template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template(pub Vec<Node>);

/// A piece of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    /// Text as it stands.
    Text(String),
    /// A field in a shape.
    Field {
        /// Its name.
        name: String,
        /// How it is written.
        shape: Shape,
    },
    /// The step's value with its rounding.
    Result(Shape),
    /// What is only said on a condition.
    Section {
        /// The field that decides.
        name: String,
        /// When it is said.
        when: When,
        /// What is said.
        then: Vec<Node>,
    },
}

/// When a section is said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum When {
    /// The field is there and not empty.
    Present,
    /// The field is not there, or empty.
    Absent,
    /// The field is this text.
    Is(String),
    /// The field is not this text.
    IsNot(String),
    /// Once for each entry of the field, with the language's separator between.
    Each,
}

/// How a field is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shape {
    /// As it stands.
    #[default]
    Plain,
    /// With a separator after every three digits.
    Money,
    /// The same with the currency.
    Amount,
    /// With a percent sign.
    Percent,
    /// Amounts, joined with `+`.
    MoneySum,
    /// Numbers, joined with `+`.
    Sum,
    /// A number that is taken away or added: `− 3,000.00`, `+ 12,000.00`.
    Signed,
    /// Without its sign.
    Absolute,
    /// Prices, with those who bid them.
    Bids,
    /// A word of the data in the language of the report.
    Word,
    /// A place in a list or committee, counted from 0 in the data and from 1 on paper.
    Ordinal,
}

/// What is wrong with a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateError {
    /// The template.
    pub template: String,
    /// What is wrong.
    pub reason: String,
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.reason, self.template)
    }
}

impl std::error::Error for TemplateError {}

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// A brace that does not close, a shape that does not exist, a section that ends elsewhere.
    pub fn parse(text: &str) -> Result<Template, TemplateError> {
        let wrong = |reason: String| TemplateError {
            template: text.to_owned(),
            reason,
        };
        let mut rest = text;
        let nodes = nodes(&mut rest, None).map_err(wrong)?;
        Ok(Template(nodes))
    }

    /// The fields that the template asks for, in the order of the text, and whether it asks only where the
    /// field is there.
    pub fn uses(&self) -> Vec<(&str, bool)> {
        let mut uses = Vec::new();
        collect(&self.0, &mut Vec::new(), &mut uses);
        uses
    }
}

fn collect<'a>(nodes: &'a [Node], present: &mut Vec<&'a str>, uses: &mut Vec<(&'a str, bool)>) {
    for node in nodes {
        match node {
            Node::Text(_) | Node::Result(_) => {}
            Node::Field { name, .. } => uses.push((name, present.contains(&name.as_str()))),
            Node::Section { name, when, then } => {
                uses.push((name, true));
                // In a section for each entry the entry itself is there; other lists may be shorter.
                let is_there = !matches!(when, When::Absent | When::IsNot(_));
                if is_there {
                    present.push(name);
                }
                collect(then, present, uses);
                if is_there {
                    present.pop();
                }
            }
        }
    }
}

/// Reads up to the end, or up to the end of the section `inside`.
fn nodes(rest: &mut &str, inside: Option<&str>) -> Result<Vec<Node>, String> {
    let mut nodes = Vec::new();
    loop {
        let Some((text, behind)) = rest.split_once('{') else {
            push_text(&mut nodes, rest);
            *rest = "";
            return match inside {
                Some(name) => Err(format!("{{/{name}}} is missing")),
                None => Ok(nodes),
            };
        };
        push_text(&mut nodes, text);
        let (tag, behind) = behind
            .split_once('}')
            .ok_or_else(|| "a brace is not closed".to_owned())?;
        *rest = behind;
        if let Some(name) = tag.strip_prefix('/') {
            if inside == Some(name) {
                return Ok(nodes);
            }
            return Err(format!("{{/{name}}} closes what is not open"));
        }
        nodes.push(node(tag, rest)?);
    }
}

fn node(tag: &str, rest: &mut &str) -> Result<Node, String> {
    let section = |name: &str, when: When, rest: &mut &str| {
        let then = nodes(rest, Some(name))?;
        Ok(Node::Section {
            name: name.to_owned(),
            when,
            then,
        })
    };
    if let Some(condition) = tag.strip_prefix('?') {
        return match condition.split_once('=') {
            Some((name, text)) => section(name, When::Is(text.to_owned()), rest),
            None => section(condition, When::Present, rest),
        };
    }
    if let Some(condition) = tag.strip_prefix('^') {
        return match condition.split_once('=') {
            Some((name, text)) => section(name, When::IsNot(text.to_owned()), rest),
            None => section(condition, When::Absent, rest),
        };
    }
    if let Some(name) = tag.strip_prefix('*') {
        return section(name, When::Each, rest);
    }
    let (name, shape) = match tag.split_once(':') {
        Some((name, shape)) => (name, shape_of(shape)?),
        None => (tag, Shape::Plain),
    };
    Ok(match name {
        "=" => Node::Result(shape),
        _ => Node::Field {
            name: name.to_owned(),
            shape,
        },
    })
}

fn push_text(nodes: &mut Vec<Node>, text: &str) {
    if !text.is_empty() {
        nodes.push(Node::Text(text.to_owned()));
    }
}

fn shape_of(text: &str) -> Result<Shape, String> {
    Ok(match text {
        "money" => Shape::Money,
        "amount" => Shape::Amount,
        "percent" => Shape::Percent,
        "money+" => Shape::MoneySum,
        "+" => Shape::Sum,
        "signed" => Shape::Signed,
        "abs" => Shape::Absolute,
        "bids" => Shape::Bids,
        "word" => Shape::Word,
        "ordinal" => Shape::Ordinal,
        _ => return Err(format!("there is no shape \"{text}\"")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_fields_shapes_and_sections() {
        let template = Template::parse("A {x:money}{?up}, up {up}{/up}{=}").unwrap();
        assert_eq!(template.uses(), [("x", false), ("up", true), ("up", true)]);
        assert_eq!(template.0.len(), 4);
        assert_eq!(template.0[3], Node::Result(Shape::Plain));
    }

    #[test]
    fn refuses_what_it_cannot_read() {
        for (text, reason) in [
            ("{x", "a brace is not closed"),
            ("{?x}y", "{/x} is missing"),
            ("{/x}", "{/x} closes what is not open"),
            ("{?x}{?y}{/x}{/y}", "{/x} closes what is not open"),
            ("{x:loud}", "there is no shape \"loud\""),
        ] {
            assert_eq!(Template::parse(text).unwrap_err().reason, reason, "{text}");
        }
    }
}
