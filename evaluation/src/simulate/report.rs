//! From a plan to the report of a simulation (`kaibiao-simulation/1`).

use std::sync::Arc;

use record::Digest;
use serde::{Serialize, Serializer};

use crate::case::{Bid, TieKey};
use crate::decimal::Money;
use crate::draw::Stream;
use crate::error::{EvaluationError, Problem};
use crate::rules::RuleSet;

use super::field::{FIELD_LABEL, FieldModel, bids_of};
use super::ratio::Ratio;
use super::ring::{Honest, Power, PowerPlan, Suspicion, SuspicionPlan};
use super::scenario::Scenario;
use super::spread::Spread;
use super::tally::Effort;
use super::view::{Covered, View, Views};

/// In the search for a ring's best strategy, so many combinations are enumerated at most.
const SEARCH_ENUMERATE: u64 = 500;
/// Where there are more, so many draws are made.
const SEARCH_DRAWS: u64 = 200;
/// The same for each group of bids that suspects are compared with.
const GROUP_DRAWS: u64 = 64;
/// So many groups are enumerated at most; where there are more, a twentieth as many are drawn.
pub const GROUPS_MAX: u64 = 100_000;
/// How often suspects are replaced by honest prices.
const REPLACEMENTS: u64 = 500;
/// A ring's power is measured over at most so many fields.
const POWER_FIELDS_MAX: usize = 60;

/// What is to be simulated.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The rule set.
    pub rules: Arc<RuleSet>,
    /// Id of the profile.
    pub profile: String,
    /// Where prices come from.
    pub source: Source,
    /// How the draws are gone through, over all fields together.
    pub effort: Effort,
    /// The ring that is asked about.
    pub ring: Option<Ring>,
}

/// Where prices come from.
#[derive(Clone, Debug)]
pub enum Source {
    /// These bids.
    Given(Vec<Bid>),
    /// A model of them.
    Model {
        /// The model.
        model: FieldModel,
        /// How many fields are drawn from it.
        fields: usize,
    },
}

/// A ring.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ring {
    /// So many of the bidders, whoever they are: what could they do?
    Size(usize),
    /// These bidders: what did they do?
    Members(Vec<String>),
}

/// What a simulation found.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// `kaibiao-simulation/1`
    pub format: &'static str,
    /// The seed of everything that was sampled.
    #[serde(serialize_with = "as_text")]
    pub seed: Digest,
    /// Id of the profile.
    pub profile: String,
    /// What was left out or taken for granted.
    pub notes: Vec<Note>,
    /// How many fields were drawn from a model; none for given bids.
    pub fields: Option<usize>,
    /// The bids; of a model, by place, with the mean price of that place.
    pub bids: Vec<BidPrice>,
    /// The whole draw, the method included.
    pub whole: Findings,
    /// Each candidate.
    pub methods: Vec<MethodFindings>,
    /// What a ring of some size could do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub power: Option<Power>,
    /// What a suspected ring did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suspicion: Option<Suspicion>,
}

/// Something that a reader has to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Note {
    /// No bid has technical scores: the technical part was left out, as if all were equal in it.
    TechnicalEqual,
    /// No bid has a credit value: credit was left out, as if all were equal in it.
    CreditEqual,
    /// Something was sampled: chances have an error.
    Sampled,
    /// Shared first ranks are reported, not drawn; they were split equally all the same.
    TiesReported,
}

/// A bid.
#[derive(Clone, Debug, Serialize)]
pub struct BidPrice {
    /// Its bidder, or its place in a model's fields.
    pub bidder: String,
    /// Its price; of a place, the mean.
    pub price: Money,
    /// Whether it belongs to the suspected ring.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub suspected: bool,
}

/// What one candidate does.
#[derive(Clone, Debug, Serialize)]
pub struct MethodFindings {
    /// Id of the method.
    pub method: String,
    /// What it does.
    #[serde(flatten)]
    pub findings: Findings,
}

/// What a draw does.
#[derive(Clone, Debug, Serialize)]
pub struct Findings {
    /// The distribution of the benchmark.
    pub benchmark: Spread,
    /// Half of the 95 % interval of its mean; none where everything was enumerated.
    pub mean_half_width: Option<String>,
    /// The chance that nobody can win.
    pub nobody: Ratio,
    /// How much was gone through.
    pub coverage: Covered,
    /// By bid.
    pub chances: Vec<Chance>,
}

/// The chances of one bid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Chance {
    /// To win; a shared first rank counts in equal parts.
    pub win: Ratio,
    /// Half of the 95 % interval of `win`; none where everything was enumerated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub half_width: Option<Ratio>,
    /// To be of the first rank, alone or not.
    pub first: Ratio,
}

fn as_text<S: Serializer>(seed: &Digest, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(seed)
}

impl Report {
    /// Simulates.
    pub fn new(plan: &Plan) -> Result<Report, EvaluationError> {
        let fields = plan.fields()?;
        let (rules, mut notes) = plan.plain_rules(&fields);
        let rules = Arc::new(rules);
        let count = u64::try_from(fields.len()).unwrap_or(u64::MAX);
        let effort = Effort {
            enumerate: share(plan.effort.enumerate, count),
            draws: share(plan.effort.draws, count),
            ..plan.effort
        };
        let mut views = Vec::with_capacity(fields.len());
        for (bids, sample) in fields.iter().zip(0_u64..) {
            let scenario = Scenario::new(&rules, &plan.profile, bids.clone())?;
            views.push(Views::new(&scenario, &Effort { sample, ..effort })?);
        }
        let mixed = Views::mixed(&views);
        if !mixed.whole.is_exact() {
            notes.push(Note::Sampled);
        }
        if rules.ties == crate::rules::Ties::Report {
            notes.push(Note::TiesReported);
        }
        let of_method = |index: usize| -> Vec<&View> {
            views
                .iter()
                .filter_map(|views| views.methods.get(index))
                .collect()
        };
        let methods = mixed.methods.iter().zip(&rules.methods).zip(0_usize..);
        let methods = methods.map(|((view, spec), index)| MethodFindings {
            method: spec.method.clone(),
            findings: Findings::new(view, &of_method(index), &[]),
        });
        let each: Vec<&View> = views.iter().map(|views| &views.whole).collect();
        let parts: Vec<&View> = mixed.methods.iter().collect();
        let mut report = Report {
            format: "kaibiao-simulation/1",
            seed: plan.effort.seed,
            profile: plan.profile.clone(),
            notes,
            fields: match plan.source {
                Source::Given(_) => None,
                Source::Model { .. } => Some(fields.len()),
            },
            bids: mean_prices(&fields),
            whole: Findings::new(&mixed.whole, &each, &parts),
            methods: methods.collect(),
            power: None,
            suspicion: None,
        };
        match &plan.ring {
            None => {}
            Some(Ring::Size(size)) => report.power = Some(plan.power(&rules, *size)?),
            Some(Ring::Members(names)) => {
                let suspects = plan.suspects(names)?;
                for index in &suspects {
                    if let Some(bid) = report.bids.get_mut(*index) {
                        bid.suspected = true;
                    }
                }
                report.suspicion = Some(plan.suspicion(&rules, &suspects)?);
            }
        }
        Ok(report)
    }
}

impl Plan {
    fn control_price(&self) -> Result<Money, EvaluationError> {
        let reference = self.rules.control_price.or(self.rules.estimated_price);
        reference.ok_or_else(|| {
            Problem::FieldMissing {
                method: "a model of prices",
                field: "control_price",
            }
            .at("/control_price")
        })
    }

    fn fields(&self) -> Result<Vec<Vec<Bid>>, EvaluationError> {
        match &self.source {
            Source::Given(bids) => Ok(vec![bids.clone()]),
            Source::Model { model, fields } => {
                let control_price = self.control_price()?;
                let mut stream = Stream::new(&self.effort.seed, FIELD_LABEL);
                let drawn = (0..(*fields).max(1)).map(|_| {
                    Ok(bids_of(&model.draw(
                        control_price,
                        model.bids,
                        &mut stream,
                    )?))
                });
                drawn.collect()
            }
        }
    }

    /// The rules without what no bid has: there all bids are taken as equal.
    fn plain_rules(&self, fields: &[Vec<Bid>]) -> (RuleSet, Vec<Note>) {
        let mut rules = RuleSet::clone(&self.rules);
        let mut notes = Vec::new();
        let mut bids = fields.iter().flatten();
        if rules.technical.is_some() && bids.all(|bid| bid.technical.is_none()) {
            rules.technical = None;
            rules.tie_break.retain(|key| *key != TieKey::Technical);
            notes.push(Note::TechnicalEqual);
        }
        let mut bids = fields.iter().flatten();
        if rules.credit.is_some() && bids.all(|bid| bid.credit.is_none()) {
            rules.credit = None;
            rules.tie_break.retain(|key| *key != TieKey::Credit);
            notes.push(Note::CreditEqual);
        }
        if rules.tie_break.is_empty() {
            rules.tie_break.push(TieKey::Price);
        }
        (rules, notes)
    }

    fn power(&self, rules: &Arc<RuleSet>, size: usize) -> Result<Power, EvaluationError> {
        let honest = match &self.source {
            Source::Given(bids) => Honest::Given(bids),
            Source::Model { model, fields } => Honest::Model {
                model: *model,
                control_price: self.control_price()?,
                fields: (*fields).clamp(1, POWER_FIELDS_MAX),
            },
        };
        let available = match honest {
            Honest::Given(_) => usize::MAX,
            Honest::Model { model, .. } => model.bids,
        };
        if size == 0 || size >= available {
            let problem = crate::draw::DrawError::TooFew {
                wanted: size,
                available: available.saturating_sub(1),
            };
            return Err(Problem::from(problem).at("/ring"));
        }
        let search = Effort {
            enumerate: SEARCH_ENUMERATE,
            draws: SEARCH_DRAWS,
            ..self.effort
        };
        Power::new(&PowerPlan {
            rules,
            profile: &self.profile,
            ring: size,
            honest,
            search,
            effort: Effort {
                enumerate: SEARCH_ENUMERATE.saturating_mul(10),
                draws: SEARCH_DRAWS.saturating_mul(5),
                ..self.effort
            },
        })
    }

    /// The places of these bidders, ascending.
    fn suspects(&self, names: &[String]) -> Result<Vec<usize>, EvaluationError> {
        let Source::Given(bids) = &self.source else {
            return Err(Problem::FieldUnused("ring").at("/ring"));
        };
        let mut places = Vec::new();
        for (name, index) in names.iter().zip(0_usize..) {
            let place = bids.iter().position(|bid| bid.bidder == *name);
            let unknown = || Problem::BidderUnknown(name.clone()).at(format!("/ring/{index}"));
            places.push(place.ok_or_else(unknown)?);
        }
        places.sort_unstable();
        places.dedup();
        let available = bids.len().saturating_sub(1);
        if places.len() < 2 || places.len() > available {
            let wanted = places.len();
            let problem = crate::draw::DrawError::TooFew { wanted, available };
            return Err(Problem::from(problem).at("/ring"));
        }
        Ok(places)
    }

    fn suspicion(
        &self,
        rules: &Arc<RuleSet>,
        suspects: &[usize],
    ) -> Result<Suspicion, EvaluationError> {
        let bids = match &self.source {
            Source::Given(bids) => bids.as_slice(),
            Source::Model { .. } => &[],
        };
        Suspicion::new(&SuspicionPlan {
            rules,
            profile: &self.profile,
            bids,
            suspects,
            effort: self.effort,
            quick: Effort {
                enumerate: GROUP_DRAWS.saturating_mul(2),
                draws: GROUP_DRAWS,
                ..self.effort
            },
            groups: GROUPS_MAX,
            replacements: REPLACEMENTS,
        })
    }
}

impl Findings {
    /// `fields`: the same of each field; `parts`: the candidates that `view` is made of, if it is made of any.
    fn new(view: &View, fields: &[&View], parts: &[&View]) -> Findings {
        let several = fields.len() > 1;
        let over_fields = |of: &dyn Fn(&View) -> Option<Ratio>| {
            let values: Vec<Ratio> = fields.iter().filter_map(|view| of(view)).collect();
            Ratio::standard_errors(&values)
        };
        let chance = |bid: usize| {
            let win = view.win.get(bid).cloned().unwrap_or_else(Ratio::zero);
            let half_width = match (several, view.is_exact()) {
                (true, _) => Some(over_fields(&|view| view.win.get(bid).cloned())),
                (false, true) => None,
                (false, false) => Some(sampled_half_width(view, parts, bid)),
            };
            Chance {
                half_width: half_width.map(|half| half.reduced()),
                first: view.first.get(bid).cloned().unwrap_or_else(Ratio::zero),
                win,
            }
        };
        let mean_half_width = match (several, view.is_exact()) {
            (true, _) => Some(over_fields(&|view| view.benchmark.mean())),
            (false, true) => None,
            (false, false) => view.benchmark.deviation().map(|deviation| {
                let draws = Ratio::of(view.coverage.sampled.max(1), 1).root();
                deviation.quotient(&draws).times(&Ratio::of(196, 100))
            }),
        };
        Findings {
            mean_half_width: mean_half_width.map(|half| view.benchmark.shown(&half)),
            nobody: view.nobody.clone(),
            coverage: view.coverage,
            chances: (0..view.win.len()).map(chance).collect(),
            benchmark: view.benchmark.clone(),
        }
    }
}

/// Of one candidate from its own draws; of several from theirs, which are independent.
fn sampled_half_width(view: &View, parts: &[&View], bid: usize) -> Ratio {
    let of = |view: &View| {
        let win = view.win.get(bid).cloned().unwrap_or_else(Ratio::zero);
        match view.coverage.sampled {
            0 => Ratio::zero(),
            draws => win.half_width(draws),
        }
    };
    if parts.is_empty() {
        return of(view);
    }
    let squares: Vec<Ratio> = parts
        .iter()
        .map(|part| of(part))
        .map(|half| half.times(&half).reduced())
        .collect();
    let count = u64::try_from(parts.len()).unwrap_or(u64::MAX);
    Ratio::sum(&squares).root().over(count)
}

fn share(effort: u64, count: u64) -> u64 {
    effort.checked_div(count).unwrap_or(effort).max(1)
}

/// The bids of a single field; of several, each place with its mean price.
fn mean_prices(fields: &[Vec<Bid>]) -> Vec<BidPrice> {
    let places = fields.first().map_or(&[][..], Vec::as_slice);
    let count = u64::try_from(fields.len()).unwrap_or(u64::MAX);
    let mean = |place: usize| {
        let fen = fields.iter().filter_map(|bids| {
            let price = bids.get(place)?.price;
            Some(Ratio::of(price.fen().unsigned_abs(), 1))
        });
        let sum = Ratio::sum(&fen.collect::<Vec<_>>());
        Money::from_fen(i64::try_from(sum.over(count).rounded()).unwrap_or(i64::MAX))
    };
    let named = places.iter().zip(0_usize..);
    named
        .map(|(bid, place)| BidPrice {
            bidder: bid.bidder.clone(),
            price: mean(place),
            suspected: false,
        })
        .collect()
}
