//! What a language says: one JSON file per language, read once.
//!
//! ```json
//! { "formulas": { "jiangsu-1.benchmark": { "name": "…", "sentence": "… {A:money} × {K} {=:money}" } },
//!   "rules":    { "price_score.linear": "…" },
//!   "text":     { "title": "…" },
//!   "words":    { "reason": { "above-control-price": "…" } } }
//! ```
//! `formulas` are the steps of an explanation by formula id; `rules` say the case's own rules; `text` is
//! what the report says of itself; `words` are words of the data by the field they stand in. The browser
//! can read the same files.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;

use super::template::{Template, TemplateError};

/// The language of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Language {
    /// Chinese, as evaluation reports are written.
    Zh,
    /// English.
    En,
}

/// Everything that a language says.
#[derive(Debug)]
pub struct Locale {
    /// What stands between the entries of a list.
    pub separator: String,
    formulas: BTreeMap<String, Formula>,
    rules: BTreeMap<String, Template>,
    text: BTreeMap<String, Template>,
    words: BTreeMap<String, BTreeMap<String, String>>,
}

/// One rule of calculation in words.
#[derive(Debug)]
pub struct Formula {
    /// What it is called.
    pub name: String,
    /// How the numbers are put in.
    pub sentence: Template,
}

impl Language {
    /// The language's texts.
    pub fn locale(self) -> &'static Locale {
        static ZH: OnceLock<Locale> = OnceLock::new();
        static EN: OnceLock<Locale> = OnceLock::new();
        let (cell, json) = match self {
            Language::Zh => (&ZH, include_str!("locales/zh.json")),
            Language::En => (&EN, include_str!("locales/en.json")),
        };
        // The files are part of the program; a test reads them.
        cell.get_or_init(|| Locale::read(json).expect("the locale files are well-formed"))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    separator: String,
    formulas: BTreeMap<String, FormulaText>,
    rules: BTreeMap<String, String>,
    text: BTreeMap<String, String>,
    words: BTreeMap<String, BTreeMap<String, String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FormulaText {
    name: String,
    sentence: String,
}

impl Locale {
    fn read(json: &str) -> Result<Locale, String> {
        let file: File = serde_json::from_str(json).map_err(|error| error.to_string())?;
        let templates = |texts: BTreeMap<String, String>| {
            texts
                .into_iter()
                .map(|(key, text)| Ok((key, Template::parse(&text)?)))
                .collect::<Result<BTreeMap<_, _>, TemplateError>>()
                .map_err(|error| error.to_string())
        };
        let mut formulas = BTreeMap::new();
        for (id, text) in file.formulas {
            let sentence = Template::parse(&text.sentence).map_err(|error| error.to_string())?;
            let name = text.name;
            formulas.insert(id, Formula { name, sentence });
        }
        Ok(Locale {
            separator: file.separator,
            formulas,
            rules: templates(file.rules)?,
            text: templates(file.text)?,
            words: file.words,
        })
    }

    /// How a step by this formula is told.
    pub fn formula(&self, id: &str) -> Option<&Formula> {
        self.formulas.get(id)
    }

    /// How a rule of the case is told.
    pub fn rule(&self, key: &str) -> Option<&Template> {
        self.rules.get(key)
    }

    /// A text of the report itself.
    pub fn text(&self, key: &str) -> Option<&Template> {
        self.text.get(key)
    }

    /// A word of the data, by the field that it stands in.
    pub fn word(&self, field: &str, word: &str) -> Option<&str> {
        self.words.get(field)?.get(word).map(String::as_str)
    }

    /// Every key, for comparing languages: `formulas/…`, `rules/…`, `text/…`, `words/…/…`.
    pub fn keys(&self) -> Vec<String> {
        let of = |kind: &'static str, keys: Vec<&String>| {
            keys.into_iter()
                .map(|key| format!("{kind}/{key}"))
                .collect::<Vec<_>>()
        };
        let mut keys = of("formulas", self.formulas.keys().collect());
        keys.extend(of("rules", self.rules.keys().collect()));
        keys.extend(of("text", self.text.keys().collect()));
        for (field, words) in &self.words {
            keys.extend(words.keys().map(|word| format!("words/{field}/{word}")));
        }
        keys
    }
}
