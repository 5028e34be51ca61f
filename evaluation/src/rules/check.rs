//! Whether a rule set can be carried out at all, under any law: what cannot would otherwise surface after
//! the bids are sealed. What the law says about it is the linter's business.

use std::collections::BTreeSet;

use crate::benchmark::{Method, Scoring};
use crate::case::NAME_CHARACTERS_MAX;
use crate::error::{EvaluationError, Problem};

use super::{AwardClass, RuleSet};

/// The most candidates of the method draw.
pub const METHODS_MAX: usize = 20;
/// The most candidates of the shortlisting draw.
pub const SHORTLISTS_MAX: usize = 10;
/// The most items that a document lists for credit.
pub const CREDIT_ITEMS_MAX: usize = 100;
/// The most sources that a rule set names.
pub const SOURCES_MAX: usize = 50;
/// The most characters of an explanatory text.
pub const TEXT_CHARACTERS_MAX: usize = 2_000;

type Check = Result<(), EvaluationError>;

impl RuleSet {
    /// Refuses what nobody could carry out. Pointers are relative to this document: `/methods/0/grids/K`.
    /// Amounts that are left open ([`RuleSet::open_amounts`]) are no fault of a document in a library.
    pub fn check(&self) -> Result<(), EvaluationError> {
        self.check_texts()?;
        self.check_methods()?;
        self.check_parts()?;
        self.rehearse()
    }

    fn check_texts(&self) -> Check {
        if let Some(about) = &self.about {
            text(&about.id, NAME_CHARACTERS_MAX, "/about/id")?;
            text(&about.title.zh, NAME_CHARACTERS_MAX, "/about/title/zh")?;
            text(&about.title.en, NAME_CHARACTERS_MAX, "/about/title/en")?;
            at_most(about.sources.len(), SOURCES_MAX, "/about/sources")?;
            for (position, source) in about.sources.iter().enumerate() {
                text(
                    source,
                    TEXT_CHARACTERS_MAX,
                    &format!("/about/sources/{position}"),
                )?;
            }
            if let Some(note) = &about.note {
                text(&note.zh, TEXT_CHARACTERS_MAX, "/about/note/zh")?;
                text(&note.en, TEXT_CHARACTERS_MAX, "/about/note/en")?;
            }
        }
        if let Some(basis) = &self.legal_basis {
            text(basis, TEXT_CHARACTERS_MAX, "/legal_basis")?;
        }
        at_most(self.credit_items.len(), CREDIT_ITEMS_MAX, "/credit_items")?;
        for (position, item) in self.credit_items.iter().enumerate() {
            let pointer = format!("/credit_items/{position}");
            text(&item.id, NAME_CHARACTERS_MAX, &format!("{pointer}/id"))?;
            text(&item.text, TEXT_CHARACTERS_MAX, &format!("{pointer}/text"))?;
        }
        Ok(())
    }

    /// Every method exists, stands once, fits the class, and has all its grids and announced values.
    fn check_methods(&self) -> Check {
        if self.methods.is_empty() {
            return Err(Problem::MethodsMissing.at("/methods"));
        }
        at_most(self.methods.len(), METHODS_MAX, "/methods")?;
        let mut seen = BTreeSet::new();
        for (position, spec) in self.methods.iter().enumerate() {
            let pointer = format!("/methods/{position}");
            let method = spec.validate().map_err(|error| error.under(&pointer))?;
            // A drawn method is known by its name, with what was announced for it.
            if !seen.insert(method.id()) {
                return Err(Problem::MethodTwice(method.id()).at(format!("{pointer}/method")));
            }
            if !self.award_class.takes(method) {
                let problem = Problem::ClassMethod {
                    class: self.award_class.id(),
                    method: method.id(),
                };
                return Err(problem.at(format!("{pointer}/method")));
            }
        }
        Ok(())
    }

    /// Nothing stands there that no method uses or that cannot be known yet.
    fn check_parts(&self) -> Check {
        at_most(self.shortlist.len(), SHORTLISTS_MAX, "/shortlist")?;
        if self.technical.is_some() && !self.award_class.has_technical_part() {
            let problem = Problem::ClassPart {
                class: self.award_class.id(),
                part: "technical",
            };
            return Err(problem.at("/technical"));
        }
        let needs = || {
            self.methods
                .iter()
                .filter_map(|spec| Method::from_id(&spec.method).ok())
                .map(Method::needs)
        };
        let unused = [
            (
                "estimated_price",
                self.estimated_price.is_some() && !needs().any(|needs| needs.estimated_price),
            ),
            (
                "budget_price",
                self.budget_price.is_some() && !needs().any(|needs| needs.budget_price),
            ),
        ];
        if let Some((field, _)) = unused.into_iter().find(|(_, unused)| *unused) {
            return Err(Problem::FieldUnused(field).at(format!("/{field}")));
        }
        // Which member a draw drops is known only when there are scores.
        if let Some(technical) = &self.technical
            && technical.drawn_member.is_some()
        {
            return Err(Problem::DrawnInAdvance("drawn_member").at("/technical/drawn_member"));
        }
        // The value of those whom the snapshot does not name has one place.
        if let Some(credit) = &self.credit
            && credit.rule.missing.is_some()
        {
            return Err(Problem::FieldUnused("missing").at("/credit/rule/missing"));
        }
        Ok(())
    }
}

impl AwardClass {
    /// Every class.
    pub const ALL: [AwardClass; 6] = [
        AwardClass::Comprehensive,
        AwardClass::ReasonableLowPrice,
        AwardClass::LowestEvaluatedPrice,
        AwardClass::LowestRatio,
        AwardClass::RandomAtFixedPrice,
        AwardClass::LowestFromFloor,
    ];

    /// Its name in documents.
    pub fn id(self) -> &'static str {
        match self {
            AwardClass::Comprehensive => "comprehensive",
            AwardClass::ReasonableLowPrice => "reasonable-low-price",
            AwardClass::LowestEvaluatedPrice => "lowest-evaluated-price",
            AwardClass::LowestRatio => "lowest-ratio",
            AwardClass::RandomAtFixedPrice => "random-at-fixed-price",
            AwardClass::LowestFromFloor => "lowest-from-floor",
        }
    }

    /// Whether a tender of this class can be decided by the method.
    pub fn takes(self, method: Method) -> bool {
        let formula = method.formula();
        let class = match formula.scoring() {
            Scoring::Deviation => {
                return matches!(
                    self,
                    AwardClass::Comprehensive | AwardClass::ReasonableLowPrice
                );
            }
            Scoring::Ratio => AwardClass::LowestRatio,
            Scoring::PriceOnly if formula.draws_winner() => AwardClass::RandomAtFixedPrice,
            Scoring::PriceOnly if formula.needs().estimated_price => AwardClass::LowestFromFloor,
            Scoring::PriceOnly => AwardClass::LowestEvaluatedPrice,
        };
        self == class
    }

    /// Whether a committee's scores count.
    pub fn has_technical_part(self) -> bool {
        matches!(self, AwardClass::Comprehensive | AwardClass::LowestRatio)
    }
}

fn text(text: &str, max: usize, pointer: &str) -> Check {
    if text.is_empty() || text.chars().count() > max {
        return Err(Problem::NameLength { max }.at(pointer));
    }
    Ok(())
}

fn at_most(count: usize, max: usize, pointer: &str) -> Check {
    if count > max {
        return Err(Problem::TooManyEntries { max }.at(pointer));
    }
    Ok(())
}
