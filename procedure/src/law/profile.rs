//! Profiles: released documents that say what one body of law demands.

use std::sync::LazyLock;

use record::{Digest, Identifier};
use serde::Deserialize;

use super::Zone;
use super::rule::{Limit, Rule, Text};
use crate::act::{AwardClass, ProfileRef};

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
    #[serde(default)]
    award_classes: Option<Vec<AwardClass>>,
    #[serde(default = "open_to_tenders")]
    tenders: bool,
    #[serde(default)]
    replaces_older_from_ms: Option<u64>,
    rules: Vec<Rule>,
}

fn open_to_tenders() -> bool {
    true
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
    /// Award classes that it allows; none: it says nothing about classes.
    pub award_classes: Option<Vec<AwardClass>>,
    /// Whether a tender may be announced under it. Otherwise it is for checking rule sets: it demands stages
    /// that the procedure does not have yet.
    pub tenders: bool,
    /// From when on (UTC) no notice may name an older version; absent: older versions stay in use. It is data,
    /// so that a record from before is still replayed as it was.
    pub replaces_older_from_ms: Option<u64>,
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
            award_classes: parsed.award_classes,
            tenders: parsed.tenders,
            replaces_older_from_ms: parsed.replaces_older_from_ms,
            rules: parsed.rules,
            document: document.to_vec(),
        })
    }

    /// The first rule whose limit `pick` turns into a value, with that value.
    pub fn rule<'a, T>(&'a self, pick: impl Fn(&'a Limit) -> Option<T>) -> Option<(&'a Rule, T)> {
        self.rules
            .iter()
            .find_map(|rule| pick(&rule.limit).map(|value| (rule, value)))
    }

    /// Least number of live bidders at closing, and the rule that says so.
    pub fn bidders_min(&self) -> (u32, Option<&Rule>) {
        match self.rule(|limit| match limit {
            Limit::BiddersMin { count } => Some(*count),
            _ => None,
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

/// The version that has replaced `profile` by `time_ms` (UTC), if there is one.
pub fn replaced_by(profile: &Profile, time_ms: u64) -> Option<&'static Profile> {
    profiles().iter().find(|newer| {
        newer.reference.id == profile.reference.id
            && newer.reference.version > profile.reference.version
            && newer
                .replaces_older_from_ms
                .is_some_and(|from_ms| from_ms <= time_ms)
    })
}

/// Every released profile; of each id the oldest version first.
pub fn profiles() -> &'static [Profile] {
    static RELEASED: LazyLock<Vec<Profile>> = LazyLock::new(|| {
        let documents: [&[u8]; 10] = [
            include_bytes!("profiles/below-threshold.1.json"),
            include_bytes!("profiles/cn-2017-tendering.1.json"),
            include_bytes!("profiles/kr-floor-rate.1.json"),
            include_bytes!("profiles/below-threshold.2.json"),
            include_bytes!("profiles/cn-2017-tendering.2.json"),
            include_bytes!("profiles/cn-gov-procurement.1.json"),
            include_bytes!("profiles/suqian-2016.1.json"),
            include_bytes!("profiles/below-threshold.3.json"),
            include_bytes!("profiles/cn-2017-tendering.3.json"),
            include_bytes!("profiles/kr-floor-rate.2.json"),
        ];
        // A released document that does not parse is left out here and fails the test that counts them.
        documents
            .iter()
            .filter_map(|document| Profile::read(document).ok())
            .collect()
    });
    &RELEASED
}

/// The highest released version of a profile.
pub fn latest(id: &str) -> Option<&'static Profile> {
    profiles()
        .iter()
        .filter(|profile| profile.reference.id.as_str() == id)
        .max_by_key(|profile| profile.reference.version)
}
