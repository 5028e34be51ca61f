//! Profiles: released documents that say what one body of law demands.

use std::sync::LazyLock;

use record::{Digest, Identifier};
use serde::Deserialize;

use super::Zone;
use crate::act::ProfileRef;

/// A text in both languages.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Text {
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

/// What a rule limits. The numbers come from the profile, never from the code.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Limit {
    /// Days between the notice and the end of the documents' availability.
    DocumentDaysMin {
        /// At least this many.
        days: u32,
    },
    /// Days between the notice and the deadline.
    BiddingDaysMin {
        /// At least this many.
        days: u32,
    },
    /// The opening begins at the deadline.
    OpeningAtDeadline,
    /// Live bidders at closing.
    BiddersMin {
        /// At least this many.
        count: u32,
    },
    /// Objections to the opening are answered before it goes on.
    OpeningObjectionAnswered,
    /// Publication of the candidates.
    Publicity {
        /// At most so many days after the report.
        publish_within_days: u32,
        /// For at least so many days.
        days_min: u32,
    },
    /// Number of candidates.
    CandidatesMax {
        /// At most this many.
        count: u32,
    },
}

/// One rule of a profile.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Identifier, as in the collection of rules (`R03`).
    pub id: String,
    /// The article that it comes from.
    pub article: String,
    /// What it limits.
    pub limit: Limit,
    /// What it says.
    pub text: Text,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProfileDocument {
    format: ProfileFormat,
    id: Identifier,
    version: u32,
    title: Text,
    zone: Zone,
    statutory: bool,
    methods: Vec<String>,
    tie_draw: bool,
    attachments_public: bool,
    rules: Vec<Rule>,
}

#[derive(Deserialize)]
enum ProfileFormat {
    #[serde(rename = "kaibiao-profile/1")]
    V1,
}

/// A released profile.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    /// Identifier, version and digest, as a notice names it.
    pub reference: ProfileRef,
    /// Its title.
    pub title: Text,
    /// Zone of its civil days.
    pub zone: Zone,
    /// Whether it is for tenders that the law demands (依法必须招标).
    pub statutory: bool,
    /// Benchmark methods that it allows.
    pub methods: Vec<String>,
    /// Whether equal first ranks may be settled by a draw (发改法规规〔2022〕1117号 forbids it for statutory tenders).
    pub tie_draw: bool,
    /// Whether a public bundle carries attachments of opened bids.
    pub attachments_public: bool,
    /// Its rules.
    pub rules: Vec<Rule>,
    /// The released document, byte for byte.
    pub document: Vec<u8>,
}

impl Profile {
    /// Reads a profile document. The error says what is wrong with it.
    pub fn read(document: &[u8]) -> Result<Profile, record::json::JsonError> {
        let parsed: ProfileDocument = record::json::parse(document)?;
        let ProfileFormat::V1 = parsed.format;
        Ok(Profile {
            reference: ProfileRef {
                id: parsed.id,
                version: parsed.version,
                digest: Digest::sha256(document),
            },
            title: parsed.title,
            zone: parsed.zone,
            statutory: parsed.statutory,
            methods: parsed.methods,
            tie_draw: parsed.tie_draw,
            attachments_public: parsed.attachments_public,
            rules: parsed.rules,
            document: document.to_vec(),
        })
    }

    /// The first rule whose limit `pick` turns into a value, with that value.
    pub fn rule<T>(&self, pick: impl Fn(Limit) -> Option<T>) -> Option<(&Rule, T)> {
        self.rules
            .iter()
            .find_map(|rule| pick(rule.limit).map(|value| (rule, value)))
    }

    /// Least number of live bidders at closing, and the rule that says so.
    pub fn bidders_min(&self) -> (u32, Option<&Rule>) {
        match self.rule(|limit| {
            if let Limit::BiddersMin { count } = limit {
                Some(count)
            } else {
                None
            }
        }) {
            Some((rule, count)) => (count, Some(rule)),
            None => (1, None),
        }
    }

    /// The released profile that `reference` names, if its digest agrees.
    pub fn released(reference: &ProfileRef) -> Option<&'static Profile> {
        profiles()
            .iter()
            .find(|profile| profile.reference == *reference)
    }
}

/// Every released profile, oldest version first.
pub fn profiles() -> &'static [Profile] {
    static RELEASED: LazyLock<Vec<Profile>> = LazyLock::new(|| {
        let documents: [&[u8]; 3] = [
            include_bytes!("profiles/below-threshold.1.json"),
            include_bytes!("profiles/cn-2017-tendering.1.json"),
            include_bytes!("profiles/kr-floor-rate.1.json"),
        ];
        // A released document that does not parse is left out here and fails the test that counts them.
        documents
            .iter()
            .filter_map(|document| Profile::read(document).ok())
            .collect()
    });
    &RELEASED
}
