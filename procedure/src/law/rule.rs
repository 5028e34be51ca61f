//! Rules of a profile: what each limits, and where it comes from.

use evaluation::rules::{Category, Confidence};
use evaluation::{Decimal, Money};
use serde::{Deserialize, Serialize};

/// A text in both languages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Text {
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

/// How heavy it is not to keep to a rule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// It is not lawful: a notice is refused.
    #[default]
    Error,
    /// It is likely to be wrong, or the source of the rule is not sure enough to refuse.
    Warning,
    /// Worth knowing.
    Note,
}

/// One rule of a profile.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Identifier, as in the collection of rules (`R03`).
    pub id: String,
    /// The article that it comes from.
    pub article: String,
    /// How heavy it is not to keep to it; the rules of the procedure itself are all errors.
    #[serde(default)]
    pub severity: Severity,
    /// How sure we are that the source says so; absent: its full text was read.
    #[serde(default)]
    pub confidence: Option<Confidence>,
    /// What it limits.
    pub limit: Limit,
    /// What it says.
    pub text: Text,
}

/// What a rule limits. The numbers come from the profile, never from the code.
#[derive(Clone, Debug, PartialEq, Deserialize)]
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
    /// The platform was serving before the deadline. If not, bidding is suspended instead of closed, and the
    /// deadline moves: after the resumption there is at least `extension_ms`, and at least the time that was lost,
    /// up to a full minute.
    Outage {
        /// For so long before the deadline, in milliseconds.
        window_ms: u64,
        /// Shorter times of not serving do not count, in milliseconds.
        gap_ms: u64,
        /// Least time between resumption and the new deadline, in milliseconds.
        extension_ms: u64,
    },
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

    // From here on: the law of rule sets, which `law::linter` reads.
    /// Why only the methods of the profile's list are allowed.
    MethodsListed,
    /// Why only the award classes of the profile's list are allowed.
    ClassesListed,
    /// Candidates of the method draw.
    CandidateMethodsMin {
        /// At least this many.
        count: u32,
    },
    /// Bidders, candidates and the winner are not found by lot.
    NoLot,
    /// A winner may be found by lot only with a legal basis.
    LotNeedsBasis,
    /// No price is too low by rule: no rejection, and no marks that do the same.
    NoMinimumPrice {
        /// A rule that takes all marks within so many percent below the benchmark does the same.
        exhausted_within_percent: u32,
    },
    /// Neither the highest nor the lowest prices are left out.
    NoTrimming,
    /// The price's share of all marks.
    PriceWeightMin {
        /// For this kind of purchase.
        category: Category,
        /// At least so many percent.
        percent: u32,
    },
    /// All parts together have this many marks.
    FullMarks {
        /// How many.
        points: u32,
    },
    /// What a percent above the benchmark costs, in percent of what one below it costs.
    UpDownRatio {
        /// For methods whose id begins so.
        methods: String,
        /// Exactly so many percent.
        percent: u32,
    },
    /// What a percent below the benchmark costs.
    DeductionMin {
        /// For methods whose id begins so.
        methods: String,
        /// At least so many marks.
        marks: Decimal,
    },
    /// The usual range of a coefficient.
    Coefficient {
        /// The method.
        method: String,
        /// The parameter, drawn or announced.
        parameter: String,
        /// The lowest usual value.
        min: Decimal,
        /// The highest usual value.
        max: Decimal,
    },
    /// The benchmark set is fixed at the opening.
    BenchmarkAtOpening,
    /// Numbers of a shortlisting.
    Shortlist {
        /// So many percent of the prices are dropped first.
        drop_percent: Decimal,
        /// At least so many are taken.
        take_min: u32,
    },
    /// Credit is no advantage for those from here. An item is one if it names a place and a matter.
    NoLocalCredit {
        /// Words for here; none: the matter alone is enough.
        places: Vec<String>,
        /// Words for what a place must not be asked for.
        matters: Vec<String>,
    },
    /// The usual share of credit in all marks.
    CreditShare {
        /// From so many percent.
        min_percent: u32,
        /// To so many percent.
        max_percent: u32,
    },
    /// The price of small firms is reduced before it is compared.
    SmallFirmDeduction {
        /// By at least so many percent.
        min_percent: u32,
        /// By at most so many percent.
        max_percent: u32,
    },
    /// From this contract estimate on, and for all tenders that are not decided by price alone, the tender
    /// document is announced beforehand.
    PreAnnouncement {
        /// From this amount on.
        estimate_from: Money,
    },
}
