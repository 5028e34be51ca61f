//! The library: a ready rule set for every source that says enough to make one. Each carries its sources
//! and how sure we are of them; what a source does not say is an example, and its note says so.

use std::sync::LazyLock;

use super::RuleSet;

/// One rule set of the library.
#[derive(Clone, Debug)]
pub struct Ready {
    /// Its id, as in `about.id`.
    pub id: &'static str,
    /// The document, byte for byte.
    pub json: &'static str,
    /// The document, read.
    pub rules: RuleSet,
}

macro_rules! library {
    ($($id:literal,)*) => {
        &[$(($id, include_str!(concat!("ready/", $id, ".json")))),*]
    };
}

/// Ids and documents; each stands in the file of its name.
const LIBRARY: &[(&str, &str)] = library![
    "jiangsu-2017-comprehensive",
    "jiangsu-2017-five-methods",
    "jiangsu-2017-abc",
    "jiangsu-2017-shortlisted",
    "jiangsu-2017-reasonable-low-price",
    "suqian-2016-works",
    "suqian-2016-business-credit",
    "suqian-2016-credit-gate",
    "sichuan-hydraulic-1",
    "fujian-limit-mean-blend",
    "gansu-works",
    "state-owned-buyer-less-5",
    "highway-reasonable-low-price",
    "second-or-third-mean",
    "gov-goods-lowest-ratio",
    "gov-services-lowest-ratio",
    "gov-lowest-evaluated",
    "lowest-evaluated-price",
    "fujian-roads-price-90-credit-10",
    "random-at-fixed-price",
    "korea-floor-rate",
    "chuzhou-credit-tiers",
    "tibet-credit-linear",
    "credit-grades",
    "technical-nine-members",
    "technical-seven-members",
    "jiahe-fixed-mark",
];

/// The library, in the order of its sources.
pub fn ready() -> &'static [Ready] {
    static READY: LazyLock<Vec<Ready>> = LazyLock::new(|| {
        // A document that does not parse is left out here and fails the test that counts them.
        LIBRARY
            .iter()
            .filter_map(|(id, json)| {
                let rules = RuleSet::parse(json.as_bytes()).ok()?;
                Some(Ready { id, json, rules })
            })
            .collect()
    });
    &READY
}

/// How many documents the library has.
pub const READY_COUNT: usize = LIBRARY.len();

/// The rule set of the library with this id.
pub fn ready_by_id(id: &str) -> Option<&'static Ready> {
    ready().iter().find(|ready| ready.id == id)
}
