//! What a command line adds to a table: the rules, and what was drawn.

use std::collections::BTreeMap;

use evaluation::Money;

use super::keys::Segment;
use super::tender::Tender;
use crate::failure::Failure;

/// Options of a command that reads a case.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Rules and draw (for tables; a JSON case holds its own rules)")]
pub struct CaseArguments {
    /// The rules: a file (`kaibiao-rules/1`), or ready:ID from `kaibiao rules list`.
    #[arg(long, value_name = "FILE|ready:ID")]
    pub rules: Option<String>,
    /// The candidate that was drawn, where the rules have several: its id, or its number from 1.
    #[arg(long, value_name = "ID")]
    pub method: Option<String>,
    /// A drawn parameter, such as K=0.97; once for each.
    #[arg(long = "set", value_name = "NAME=VALUE")]
    pub set: Vec<String>,
    /// The shortlisting candidate that was drawn, from 1, where the rules have several.
    #[arg(long, value_name = "N")]
    pub shortlist: Option<usize>,
    /// 招标控制价, if neither the rules nor the sheet give it.
    #[arg(long, value_name = "PRICE")]
    pub control_price: Option<Money>,
    /// The law that the tender runs under, if neither the rules nor the sheet give it.
    #[arg(long, value_name = "ID")]
    pub profile: Option<String>,
}

/// What is known about the draw, from the command line before the sheet.
#[derive(Clone, Debug, Default)]
pub struct Given {
    /// Id or number of the candidate.
    pub method: Option<String>,
    /// Drawn parameters by name, as they were written.
    pub drawn: BTreeMap<String, String>,
    /// The shortlisting candidate, from 1.
    pub shortlist: Option<usize>,
}

impl CaseArguments {
    /// The drawn parameters of the command line.
    pub fn drawn(&self) -> Result<BTreeMap<String, String>, Failure> {
        let mut drawn = BTreeMap::new();
        for text in &self.set {
            let malformed = || {
                let message = format!("--set {text}: write NAME=VALUE, such as K=0.97");
                Failure::input("set-malformed", message)
            };
            let (name, value) = text.split_once('=').ok_or_else(malformed)?;
            let (name, value) = (name.trim().to_owned(), value.trim().to_owned());
            if name.is_empty() || value.is_empty() {
                return Err(malformed());
            }
            if drawn.insert(name.clone(), value).is_some() {
                let message = format!("--set gives {name} twice");
                return Err(Failure::input("set-malformed", message));
            }
        }
        Ok(drawn)
    }

    /// What is known about the draw; the command line goes before the sheet.
    pub fn given(&self, tender: &Tender) -> Result<Given, Failure> {
        let mut drawn = BTreeMap::new();
        for found in tender.paths() {
            let [
                Segment::Name(first),
                Segment::Name(second),
                Segment::Name(name),
            ] = found.segments.as_slice()
            else {
                continue;
            };
            if first == "benchmark" && second == "drawn" {
                let text = tender.number_text(&found.path());
                drawn.extend(text.map(|text| (name.clone(), text)));
            }
        }
        drawn.extend(self.drawn()?);
        let in_sheet = tender.text(super::keys::SHORTLIST);
        let in_sheet = in_sheet.map(|text| {
            let wrong = || {
                let message = format!("the sheet's shortlist \"{text}\" is no number from 1");
                Failure::input("shortlist-unknown", message)
            };
            text.parse().map_err(|_| wrong())
        });
        Ok(Given {
            method: self
                .method
                .clone()
                .or_else(|| tender.text("benchmark.method")),
            drawn,
            shortlist: match self.shortlist {
                Some(number) => Some(number),
                None => in_sheet.transpose()?,
            },
        })
    }

    /// The options as they were given, for an example of a command.
    pub fn shown(&self) -> String {
        let mut text = String::new();
        for (name, value) in [
            ("rules", &self.rules),
            ("profile", &self.profile),
            ("method", &self.method),
        ] {
            if let Some(value) = value {
                text += &format!(" --{name} {value}");
            }
        }
        for set in &self.set {
            text += &format!(" --set {set}");
        }
        if let Some(price) = self.control_price {
            text += &format!(" --control-price {price}");
        }
        text
    }
}
