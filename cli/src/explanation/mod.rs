//! How a result came about, in words: the explanation of a `kaibiao-result/1` as an evaluation report would
//! carry it (评标报告), in Chinese or English.
//!
//! Nothing is calculated here. Every number stands in the case or in the result; this module only puts it
//! into a sentence, groups its digits, and looks up who bid a price.
//!
//! | file | what |
//! |---|---|
//! | `locales/*.json`, `locale.rs` | what each language says, by formula id |
//! | `template.rs`, `fill.rs` | sentences with holes, and how they are filled |
//! | `rules.rs` | the case's own rules in words |
//! | `report.rs` | the order of a report |
//! | `page.rs` | headings, lines and tables as text |

mod fill;
mod locale;
mod page;
mod report;
mod rules;
mod template;

use evaluation::explain::Step;
use evaluation::{Case, Outcome};
use serde_json::Value;

pub use fill::RESULT;
use fill::{Bidders, Fields, Fill};
pub use locale::{Language, Locale};
pub use page::Page;
pub use template::{Shape, Template};

/// The step that lists the bids that count in the benchmark: `bidders` and `prices`, one beside the other.
const SET: &str = "benchmark/set";
/// The same of the bids that a shortlist is made of.
const ENTRANTS: &str = "shortlist/set";

/// A field that every step has beside its inputs: what other formulas call its value.
pub const SYMBOL: &str = "symbol";

/// A field that every step has beside its inputs: the case's profile, because articles differ.
pub const PROFILE: &str = "profile";

/// A result that can be told.
#[derive(Debug)]
pub struct Prose<'a> {
    case: &'a Case,
    /// `kaibiao-result/1`.
    result: Value,
    bidders: Bidders,
    /// Who bid what when the shortlist was made.
    entrants: Bidders,
    language: Language,
    locale: &'static Locale,
}

impl<'a> Prose<'a> {
    /// The result of a case, in a language.
    ///
    /// # Errors
    /// The result cannot be written as JSON.
    pub fn new(
        case: &'a Case,
        outcome: &Outcome,
        language: Language,
    ) -> Result<Prose<'a>, serde_json::Error> {
        let result = serde_json::to_value(outcome)?;
        Ok(Prose {
            case,
            bidders: bidders(&result, SET),
            entrants: bidders(&result, ENTRANTS),
            result,
            language,
            locale: language.locale(),
        })
    }

    /// One step as a sentence: what it is, and how its value came about.
    pub fn sentence(&self, step: &Step) -> Option<String> {
        let step = serde_json::to_value(step).ok()?;
        self.step(&step)
            .map(|(name, sentence)| format!("{name}{}{sentence}", self.colon()))
    }

    /// The whole report. Lines are wrapped if a width in columns is given.
    pub fn report(&self, width: Option<usize>) -> String {
        report::report(self).write(width, &self.colon())
    }

    /// Name and sentence of a step; none if the language does not know its formula.
    fn step(&self, step: &Value) -> Option<(&'static str, String)> {
        let formula = self.locale.formula(step["formula"].as_str()?)?;
        let mut inputs = step["inputs"].as_object().cloned().unwrap_or_default();
        // What later formulas call this value: the last part of the step's id.
        let symbol = step["id"].as_str().and_then(|id| id.rsplit('/').next());
        inputs.insert(SYMBOL.to_owned(), symbol.into());
        inputs.insert(PROFILE.to_owned(), self.case.profile.as_str().into());
        let fields = Fields {
            inputs: &inputs,
            result: Some((&step["value"], step["rounding"].as_str().unwrap_or("exact"))),
        };
        let is_shortlist = step["id"]
            .as_str()
            .is_some_and(|id| id.starts_with("shortlist"));
        let bidders = if is_shortlist {
            &self.entrants
        } else {
            &self.bidders
        };
        let fill = Fill {
            bidders,
            ..self.fill()
        };
        Some((&formula.name, fill.sentence(&formula.sentence, fields)))
    }

    fn steps(&self) -> &[Value] {
        array(&self.result["explanation"])
    }

    fn fill(&self) -> Fill<'_> {
        Fill {
            locale: self.locale,
            currency: &self.case.currency,
            bidders: &self.bidders,
        }
    }

    /// A text of the report itself.
    fn text<const N: usize>(&self, key: &str, inputs: [(&str, Value); N]) -> String {
        self.fill().text(key, &fill::object(inputs))
    }

    fn colon(&self) -> String {
        self.text("colon", [])
    }
}

fn bidders(result: &Value, id: &str) -> Bidders {
    let mut bidders = Bidders::default();
    let set = array(&result["explanation"])
        .iter()
        .find(|step| step["id"] == id);
    if let Some(step) = set {
        let names = array(&step["inputs"]["bidders"]);
        for (name, price) in names.iter().zip(array(&step["inputs"]["prices"])) {
            if let (Some(name), Some(price)) = (name.as_str(), price.as_str()) {
                bidders.add(price, name);
            }
        }
    }
    bidders
}

fn array(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}
