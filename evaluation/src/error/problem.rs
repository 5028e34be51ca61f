//! Everything that can be wrong, with its stable code and what to do about it.

use crate::decimal::DecimalError;
use crate::fraction::ArithmeticError;

use super::EvaluationError;

/// Everything that this crate refuses.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// The text is not the JSON that is expected: syntax, types, unknown or doubled members, floats.
    #[error("{reason} (line {line}, column {column})")]
    Json {
        /// The code of the record crate's parser.
        code: &'static str,
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
        /// What the parser says.
        reason: String,
    },
    /// No method has this id, or not yet.
    #[error("the method \"{0}\" is not known here; known are: {known}", known = crate::benchmark::Method::known_ids())]
    MethodUnknown(String),
    /// The law of the profile makes the method meaningless.
    #[error(
        "the method \"{method}\" removes the highest or lowest prices, which {profile} forbids (Order 87, article 55); use lowest-ratio or lowest-evaluated"
    )]
    MethodNotLawful {
        /// Id of the method.
        method: &'static str,
        /// Id of the profile.
        profile: String,
    },
    /// No method was announced, so none can be drawn.
    #[error("no benchmark method is announced; name at least one")]
    MethodsMissing,
    /// A method that stands twice among the candidates of a draw.
    #[error("the method \"{0}\" is named twice; what is drawn is known by the method's name alone")]
    MethodTwice(&'static str),
    /// A method that cannot decide a tender of the award class.
    #[error("the award class \"{class}\" cannot be decided by the method \"{method}\"")]
    ClassMethod {
        /// Name of the class.
        class: &'static str,
        /// Id of the method.
        method: &'static str,
    },
    /// A part that the award class does not have.
    #[error("the award class \"{class}\" has no {part} part; remove it or choose another class")]
    ClassPart {
        /// Name of the class.
        class: &'static str,
        /// The part.
        part: &'static str,
    },
    /// Something that only a draw may decide.
    #[error("\"{0}\" is drawn when there is something to draw from; it cannot be announced")]
    DrawnInAdvance(&'static str),
    /// Several candidates for shortlisting, of which none was drawn, or one that is not there.
    #[error("one of the {length} candidates for shortlisting has to be drawn; indexes start at 0")]
    ShortlistNotDrawn {
        /// How many candidates there are.
        length: usize,
    },
    /// The method or mode needs a field of the case that is absent.
    #[error("\"{method}\" needs \"{field}\"")]
    FieldMissing {
        /// Id of the method or mode.
        method: &'static str,
        /// The absent field.
        field: &'static str,
    },
    /// The case carries something that the method or the rules do not use, so that it would be lost in silence.
    #[error(
        "\"{0}\" is given, but nothing in this case uses it; remove it or add the rule that uses it"
    )]
    FieldUnused(&'static str),
    /// A parameter that the method needs is absent.
    #[error("the method \"{method}\" needs the parameter \"{name}\"")]
    ParameterMissing {
        /// Id of the method.
        method: &'static str,
        /// Name of the parameter.
        name: &'static str,
    },
    /// A parameter that the method does not have.
    #[error("the method \"{method}\" has no parameter \"{name}\" here")]
    ParameterUnexpected {
        /// Id of the method.
        method: &'static str,
        /// The name that was given.
        name: String,
    },
    /// A decimal where an index belongs, or the reverse.
    #[error("the parameter \"{name}\" is {expected}")]
    ParameterKind {
        /// Name of the parameter.
        name: &'static str,
        /// What it has to be.
        expected: &'static str,
    },
    /// A parameter that lies outside what makes sense for it.
    #[error("{value} is not possible for \"{name}\": it has to be {expected}")]
    ParameterOutOfRange {
        /// Name of the parameter.
        name: &'static str,
        /// The value.
        value: String,
        /// What it has to be.
        expected: &'static str,
    },
    /// A whole number outside its limits.
    #[error("{count} is not possible for \"{name}\": it has to be from {min} to {max}")]
    ParameterCount {
        /// Name of the parameter.
        name: &'static str,
        /// The number.
        count: u32,
        /// The least.
        min: u32,
        /// The most.
        max: u32,
    },
    /// A word that the parameter does not know.
    #[error("\"{word}\" is not possible for \"{name}\"; known are: {known}", known = known.join(", "))]
    ParameterWord {
        /// Name of the parameter.
        name: &'static str,
        /// The word.
        word: String,
        /// What it may be.
        known: &'static [&'static str],
    },
    /// Parameters that are possible one by one, but not together.
    #[error("{0}")]
    ParametersClash(&'static str),
    /// A drawn index that points behind the end of its list.
    #[error("index {index} is outside its list of {length} prices; indexes start at 0")]
    IndexOutOfList {
        /// The index.
        index: u64,
        /// The list's length.
        length: usize,
    },
    /// ABC method: no price lies in the range, so there is no C.
    #[error("no price lies in the range that the ABC method allows")]
    RangeEmpty,
    /// ABC method: nothing is left to draw B from.
    #[error("every price in the range equals the lowest one, so there is nothing to draw B from")]
    PoolEmpty,
    /// The rounded benchmark is zero or less, so that no deviation from it exists.
    #[error("the benchmark price is {0}; a deviation needs one above zero")]
    BenchmarkNotPositive(String),
    /// A price that is zero or less.
    #[error("a price has to be above zero")]
    PriceNotPositive,
    /// A number that has to be zero or more.
    #[error("this number must not be below zero")]
    Negative,
    /// A number that has to be above zero.
    #[error("this number has to be above zero")]
    NotPositive,
    /// A score's floor above its full mark.
    #[error("the floor is above the full mark")]
    FloorAboveFull,
    /// More digits than the rule's own rounding keeps.
    #[error("{value} cannot be written with {decimals} decimals, to which the rule rounds")]
    FinerThanRounding {
        /// The value.
        value: String,
        /// The rule's decimals.
        decimals: u8,
    },
    /// A rounding to more digits than is supported.
    #[error("at most {max} decimals can be kept")]
    DecimalsTooMany {
        /// The limit.
        max: u8,
    },
    /// A technical score outside 0 to full.
    #[error("the score {value} is not between 0 and {full}")]
    ScoreOutOfRange {
        /// The score.
        value: String,
        /// The full mark.
        full: String,
    },
    /// Too few or too many scores to aggregate.
    #[error("{given} scores are given; between {min} and {max} are needed")]
    ScoreCount {
        /// How many there are.
        given: usize,
        /// The fewest.
        min: usize,
        /// The most.
        max: usize,
    },
    /// Scores that do not have the form that the rule wants.
    #[error("what is needed here is {expected}")]
    ScoresShape {
        /// The form.
        expected: &'static str,
    },
    /// Scores for an item that the rule does not have.
    #[error("the rule has no item \"{0}\"; remove its scores or add the item")]
    ItemUnknown(String),
    /// No scores for an item of the rule.
    #[error("the scores for the item \"{0}\" are absent")]
    ItemMissing(String),
    /// Not every member scored everything.
    #[error(
        "{given} members scored here, {expected} elsewhere; every member scores every item of every ranked bid, so add the missing scores, or remove those of a member who did not score all"
    )]
    MemberCountDiffers {
        /// How many scores there are.
        given: usize,
        /// How many there are elsewhere.
        expected: usize,
    },
    /// Members disagree on a matter of fact.
    #[error(
        "\"{item}\" is objective, so that all members have to give the same score (Order 87, article 64); have it corrected"
    )]
    ObjectiveScoresDiffer {
        /// Id of the item.
        item: String,
    },
    /// A reason for a score that does not exist.
    #[error("no score belongs to this reason; name an item of the rule and a member from 0")]
    ReasonMisplaced,
    /// Several members have equally wide spreads.
    #[error(
        "the members {members:?} (from 0) spread their totals equally wide; draw one of them and give it as \"drawn_member\""
    )]
    MemberDrawNeeded {
        /// The members, from 0.
        members: Vec<usize>,
    },
    /// The items' full marks do not add up.
    #[error("the items' full marks add up to {sum}, the rule's full mark is {full}")]
    ItemsSum {
        /// What they add up to.
        sum: String,
        /// What they should.
        full: String,
    },
    /// Two entries of one name.
    #[error("\"{0}\" appears twice")]
    Twice(String),
    /// A member of a rule that its mode does not use.
    #[error("\"{member}\" has no meaning with \"{mode}\"; remove it")]
    MemberUnused {
        /// The member.
        member: &'static str,
        /// The mode or method.
        mode: &'static str,
    },
    /// A member of a rule that its mode needs.
    #[error("\"{mode}\" needs \"{member}\"")]
    MemberMissing {
        /// The member.
        member: &'static str,
        /// The mode or method.
        mode: &'static str,
    },
    /// A list that has to rise.
    #[error("these have to rise strictly from one entry to the next, from above zero")]
    NotAscending,
    /// A segment that is neither a rate nor a mark, or both.
    #[error(
        "a segment has either \"rate\" or \"mark\", and a mark is the last segment of its side"
    )]
    SegmentShape,
    /// A mark above the full mark.
    #[error("the mark is above the full mark")]
    MarkAboveFull,
    /// A threshold table whose end is open in the wrong place.
    #[error("every line but the last has \"estimate_below\", and the last has none")]
    ThresholdsOpen,
    /// No credit value, and no rule for that.
    #[error(
        "the bidder has no credit value; give one, or say in the rule what counts for a missing one (\"missing\")"
    )]
    CreditMissing,
    /// A credit grade outside the table.
    #[error("\"{grade}\" is no grade of the table; known are: {known}", known = known.join(", "))]
    GradeUnknown {
        /// The grade.
        grade: String,
        /// The table's grades.
        known: Vec<String>,
    },
    /// A consortium of none or too many.
    #[error("a consortium has 1 to {max} members")]
    ConsortiumSize {
        /// The limit.
        max: usize,
    },
    /// A tie-break by something that no bid has.
    #[error("nothing in this case gives \"{0}\", so that it cannot tell bids apart; remove it")]
    TieKeyUnused(&'static str),
    /// An amount above the limit.
    #[error("an amount is at most 10000000000000.00")]
    PriceTooLarge,
    /// A number of a rule above the limit.
    #[error("a number here is at most {max}")]
    NumberTooLarge {
        /// The limit.
        max: u32,
    },
    /// An evaluated price that is zero or less.
    #[error("the evaluated price is {0}; it has to be above zero")]
    EvaluatedPriceNotPositive(String),
    /// A control price that leaves nothing after the provisional sums.
    #[error("the provisional sums are not below the control price, so that no bid could be valid")]
    ProvisionalSumsTooHigh,
    /// A shortlist where every valid bid is scored.
    #[error("\"{method}\" scores every valid bid (Order 87, article 55); remove the shortlist")]
    ShortlistNotPossible {
        /// Id of the method.
        method: &'static str,
    },
    /// A list that is longer than it may be.
    #[error("at most {max} entries are possible here")]
    TooManyEntries {
        /// The limit.
        max: usize,
    },
    /// A day that is not written as one.
    #[error("a day is written like 2026-05-01")]
    Date,
    /// More bids than one tender may have.
    #[error("at most {max} bids can be evaluated together")]
    TooManyBids {
        /// The limit.
        max: usize,
    },
    /// A bidder's or reason's name that is empty or too long.
    #[error("this text has 1 to {max} characters")]
    NameLength {
        /// The limit.
        max: usize,
    },
    /// A name or reason with characters that do not show, or with white space around it.
    #[error(
        "this text holds a character that does not show (U+{codepoint:04X}): write it on one line, without control and formatting characters, and without spaces at its ends"
    )]
    NameCharacters {
        /// The first such character.
        codepoint: u32,
    },
    /// Two bids of one bidder.
    #[error("the bidder \"{0}\" appears twice; one bidder has one bid")]
    BidderTwice(String),
    /// A bidder who has no bid.
    #[error("no bid is by the bidder \"{0}\"")]
    BidderUnknown(String),
    /// A currency that is not three capital letters.
    #[error("a currency is three capital letters, such as CNY")]
    Currency,
    /// A grid that does not describe a list of values.
    #[error(transparent)]
    Grid(#[from] crate::draw::GridError),
    /// The draw's own inputs are wrong.
    #[error(transparent)]
    Draw(#[from] crate::draw::DrawError),
    /// A text that is no decimal number.
    #[error(transparent)]
    Decimal(#[from] DecimalError),
    /// The exact calculation does not fit.
    #[error(transparent)]
    Arithmetic(#[from] ArithmeticError),
}

impl Problem {
    /// The stable code that programs and translations go by.
    pub fn code(&self) -> &'static str {
        match self {
            Problem::Json { code, .. } => code,
            Problem::MethodUnknown(_) => "method-unknown",
            Problem::MethodNotLawful { .. } => "method-not-lawful",
            Problem::MethodsMissing => "methods-missing",
            Problem::MethodTwice(_) => "method-twice",
            Problem::ClassMethod { .. } => "class-method",
            Problem::ClassPart { .. } => "class-part",
            Problem::DrawnInAdvance(_) => "drawn-in-advance",
            Problem::ShortlistNotDrawn { .. } => "shortlist-not-drawn",
            Problem::FieldMissing { .. } => "field-missing",
            Problem::FieldUnused(_) => "field-unused",
            Problem::ParameterMissing { .. } => "parameter-missing",
            Problem::ParameterUnexpected { .. } => "parameter-unexpected",
            Problem::ParameterKind { .. } => "parameter-kind",
            Problem::ParameterOutOfRange { .. } => "parameter-out-of-range",
            Problem::ParameterCount { .. } => "parameter-count",
            Problem::ParameterWord { .. } => "parameter-word",
            Problem::ParametersClash(_) => "parameters-clash",
            Problem::IndexOutOfList { .. } => "index-out-of-list",
            Problem::RangeEmpty => "range-empty",
            Problem::PoolEmpty => "pool-empty",
            Problem::BenchmarkNotPositive(_) => "benchmark-not-positive",
            Problem::PriceNotPositive => "price-not-positive",
            Problem::Negative => "number-negative",
            Problem::NotPositive => "number-not-positive",
            Problem::FloorAboveFull => "floor-above-full",
            Problem::FinerThanRounding { .. } => "finer-than-rounding",
            Problem::DecimalsTooMany { .. } => "decimals-too-many",
            Problem::ScoreOutOfRange { .. } => "score-out-of-range",
            Problem::ScoreCount { .. } => "score-count",
            Problem::ScoresShape { .. } => "scores-shape",
            Problem::ItemUnknown(_) => "item-unknown",
            Problem::ItemMissing(_) => "item-missing",
            Problem::MemberCountDiffers { .. } => "member-count-differs",
            Problem::ObjectiveScoresDiffer { .. } => "objective-scores-differ",
            Problem::ReasonMisplaced => "reason-misplaced",
            Problem::MemberDrawNeeded { .. } => "member-draw-needed",
            Problem::ItemsSum { .. } => "items-sum",
            Problem::Twice(_) => "entry-twice",
            Problem::MemberUnused { .. } => "member-unused",
            Problem::MemberMissing { .. } => "member-missing",
            Problem::NotAscending => "not-ascending",
            Problem::SegmentShape => "segment-shape",
            Problem::MarkAboveFull => "mark-above-full",
            Problem::ThresholdsOpen => "thresholds-open",
            Problem::CreditMissing => "field-missing",
            Problem::GradeUnknown { .. } => "grade-unknown",
            Problem::ConsortiumSize { .. } => "consortium-size",
            Problem::TieKeyUnused(_) => "tie-key-unused",
            Problem::PriceTooLarge => "price-too-large",
            Problem::NumberTooLarge { .. } => "number-too-large",
            Problem::EvaluatedPriceNotPositive(_) => "evaluated-price-not-positive",
            Problem::ProvisionalSumsTooHigh => "provisional-sums-too-high",
            Problem::ShortlistNotPossible { .. } => "shortlist-not-possible",
            Problem::TooManyEntries { .. } => "too-many-entries",
            Problem::Date => "date-malformed",
            Problem::TooManyBids { .. } => "too-many-bids",
            Problem::NameLength { .. } => "name-length",
            Problem::NameCharacters { .. } => "name-characters",
            Problem::BidderTwice(_) => "bidder-twice",
            Problem::BidderUnknown(_) => "bidder-unknown",
            Problem::Currency => "currency-malformed",
            Problem::Grid(_) => "grid-invalid",
            Problem::Draw(_) => "draw-invalid",
            Problem::Decimal(_) => "decimal-invalid",
            Problem::Arithmetic(_) => "arithmetic-overflow",
        }
    }

    /// The refusal with the place where it belongs.
    pub fn at(self, pointer: impl Into<String>) -> EvaluationError {
        EvaluationError {
            pointer: pointer.into(),
            problem: self,
        }
    }
}
