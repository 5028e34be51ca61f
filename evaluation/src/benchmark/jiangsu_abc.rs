//! 方法五, ABC合成法 (rules.md section 1.7).
//!
//! | formula id | meaning |
//! |---|---|
//! | `jiangsu-5.a` | A = control price × (1 − delta), exact |
//! | `jiangsu-5.range-from` | (mean of all × 0.7 + control price × 0.3) × 0.75; prices from here on are in range |
//! | `jiangsu-5.c` | C = the lowest price in range |
//! | `jiangsu-5.band1` | from [0.92 A, 0.95 A), other than C, the one at the drawn index |
//! | `jiangsu-5.band2` | from [0.89 A, 0.92 A), other than C, the one at the drawn index |
//! | `jiangsu-5.b` | B = the entry at the drawn index of the pool: both picks and everything in (C, 0.89 A), ascending |
//! | `jiangsu-5.fallback` | the pool is empty: B = the entry at the drawn index of everything in range other than C |
//! | `jiangsu-5.benchmark` | (A × 0.5 + B × 0.3 + C × 0.2) × K |

use crate::decimal::Money;
use crate::error::{EvaluationError, Problem};
use crate::explain::{Inputs, Step, Value};
use crate::fraction::{ArithmeticError, Fraction};

use super::price_set::mean;
use super::{Basis, Domain, Formula, Needs, Parameter, Pick, PriceSet, Values};

/// 方法五.
pub(super) struct Abc;

impl Formula for Abc {
    fn id(&self) -> &'static str {
        "jiangsu-5"
    }

    fn drawn(&self) -> &'static [Parameter] {
        const {
            &[
                Parameter::decimal("delta", Domain::ZeroToBelowOne),
                Parameter::decimal("K", Domain::AboveZero),
                Parameter::index("band1"),
                Parameter::index("band2"),
                Parameter::index("B"),
            ]
        }
    }

    fn needs(&self) -> Needs {
        Needs {
            control_price: true,
            ..Needs::default()
        }
    }

    fn draw_indexes(
        &self,
        set: &PriceSet,
        values: &Values,
        pick: &mut Pick<'_>,
    ) -> Result<(), EvaluationError> {
        let lists = Lists::new(set, values)?;
        Choice::new(&lists, pick).map(|_| ())
    }

    fn settle(
        &self,
        set: &PriceSet,
        values: &Values,
        steps: &mut Vec<Step>,
    ) -> Result<Basis, EvaluationError> {
        let lists = Lists::new(set, values)?;
        lists.explain(set, values, steps)?;
        let c = lists.lowest.ok_or_else(|| Problem::RangeEmpty.at(""))?;
        let choice = Choice::new(&lists, &mut |name, length| values.index(name, length))?;
        choice.explain(&lists, steps);
        let b = choice
            .b
            .map(|(_, price)| price)
            .ok_or_else(|| Problem::PoolEmpty.at(""))?;
        let k = values.decimal("K")?;
        let weighted = (lists.a.times(percent(50)?)?)
            .plus(b.fraction().times(percent(30)?)?)?
            .plus(c.fraction().times(percent(20)?)?)?;
        let inputs = Inputs::new()
            .with("A", lists.a)
            .with("B", b)
            .with("C", c)
            .with("K", k);
        Ok(Basis::Benchmark {
            exact: weighted.times(k.fraction())?,
            formula: "jiangsu-5.benchmark",
            inputs,
        })
    }
}

/// The lists that B is drawn from; each ascending, in-range prices only, none equal to C.
struct Lists<'a> {
    a: Fraction,
    mean: Fraction,
    range_from: Fraction,
    /// C, if any price is in range.
    lowest: Option<Money>,
    /// In range, other than C.
    others: &'a [Money],
    /// [0.92 A, 0.95 A)
    band1: &'a [Money],
    /// [0.89 A, 0.92 A)
    band2: &'a [Money],
    /// (C, 0.89 A)
    below: &'a [Money],
}

impl<'a> Lists<'a> {
    fn new(set: &'a PriceSet, values: &Values) -> Result<Lists<'a>, EvaluationError> {
        let control = set.control_price().fraction();
        let a = control.times(Fraction::ONE.minus(values.decimal("delta")?.fraction())?)?;
        let prices = set.prices();
        let mean = if prices.is_empty() {
            Fraction::ZERO
        } else {
            mean(prices)?
        };
        let range_from = mean
            .times(percent(70)?)?
            .plus(control.times(percent(30)?)?)?
            .times(percent(75)?)?;
        let in_range = from(prices, range_from);
        let lowest = in_range.first().copied();
        let others = in_range
            .get(in_range.partition_point(|price| Some(*price) == lowest)..)
            .unwrap_or(&[]);
        let (edge89, edge92, edge95) = (
            a.times(percent(89)?)?,
            a.times(percent(92)?)?,
            a.times(percent(95)?)?,
        );
        Ok(Lists {
            a,
            mean,
            range_from,
            lowest,
            others,
            band1: under(from(others, edge92), edge95),
            band2: under(from(others, edge89), edge92),
            below: under(others, edge89),
        })
    }

    fn explain(
        &self,
        set: &PriceSet,
        values: &Values,
        steps: &mut Vec<Step>,
    ) -> Result<(), EvaluationError> {
        let control = set.control_price();
        let inputs = Inputs::new()
            .with("control_price", control)
            .with("delta", values.decimal("delta")?);
        steps.push(Step::exact("benchmark/A", "jiangsu-5.a", inputs, self.a));
        let inputs = Inputs::new()
            .with("mean", self.mean)
            .with("n", set.prices().len())
            .with("control_price", control);
        steps.push(Step::exact(
            "benchmark/range_from",
            "jiangsu-5.range-from",
            inputs,
            self.range_from,
        ));
        let in_range = from(set.prices(), self.range_from).len();
        let inputs = Inputs::new()
            .with("in_range", in_range)
            .with("range_from", self.range_from);
        let lowest = self.lowest.map_or(Value::None, Value::Money);
        steps.push(Step::exact("benchmark/C", "jiangsu-5.c", inputs, lowest));
        Ok(())
    }
}

/// What the three indexes choose.
struct Choice {
    /// Index and price; none when the band is empty.
    band1: Option<(usize, Money)>,
    band2: Option<(usize, Money)>,
    pool: Vec<Money>,
    is_fallback: bool,
    /// None when even the fallback is empty.
    b: Option<(usize, Money)>,
}

impl Choice {
    /// Follows the order of the rule: one of band 1, one of band 2, then B out of the pool. The same path
    /// serves the draw (where `pick` draws) and the evaluation (where it looks up what was drawn).
    fn new(lists: &Lists<'_>, pick: &mut Pick<'_>) -> Result<Choice, EvaluationError> {
        let band1 = pick_from("band1", lists.band1, pick)?;
        let band2 = pick_from("band2", lists.band2, pick)?;
        // Ascending as it stands: (C, 0.89 A), then [0.89 A, 0.92 A), then [0.92 A, 0.95 A).
        let picked = [band2, band1].into_iter().flatten().map(|(_, price)| price);
        let mut pool: Vec<Money> = lists.below.iter().copied().chain(picked).collect();
        let is_fallback = pool.is_empty();
        if is_fallback {
            pool.extend_from_slice(lists.others);
        }
        let b = pick_from("B", &pool, pick)?;
        Ok(Choice {
            band1,
            band2,
            pool,
            is_fallback,
            b,
        })
    }

    fn explain(&self, lists: &Lists<'_>, steps: &mut Vec<Step>) {
        let mut pick = |id: &str, formula, prices: &[Money], picked: Option<(usize, Money)>| {
            let inputs = Inputs::new().with("prices", prices);
            let step = match picked {
                Some((index, price)) => {
                    Step::exact(id, formula, inputs.with("index", index), price)
                }
                None => Step::exact(id, formula, inputs, Value::None),
            };
            steps.push(step);
        };
        pick(
            "benchmark/band1",
            "jiangsu-5.band1",
            lists.band1,
            self.band1,
        );
        pick(
            "benchmark/band2",
            "jiangsu-5.band2",
            lists.band2,
            self.band2,
        );
        pick(
            "benchmark/B",
            if self.is_fallback {
                "jiangsu-5.fallback"
            } else {
                "jiangsu-5.b"
            },
            &self.pool,
            self.b,
        );
    }
}

fn pick_from(
    name: &'static str,
    prices: &[Money],
    pick: &mut Pick<'_>,
) -> Result<Option<(usize, Money)>, EvaluationError> {
    if prices.is_empty() {
        return Ok(None);
    }
    let index = pick(name, prices.len())?;
    Ok(prices.get(index).map(|price| (index, *price)))
}

/// The ascending prices that are at least `limit`.
fn from(prices: &[Money], limit: Fraction) -> &[Money] {
    prices
        .get(prices.partition_point(|price| price.fraction() < limit)..)
        .unwrap_or(&[])
}

/// The ascending prices below `limit`.
fn under(prices: &[Money], limit: Fraction) -> &[Money] {
    prices
        .get(..prices.partition_point(|price| price.fraction() < limit))
        .unwrap_or(&[])
}

fn percent(value: i128) -> Result<Fraction, ArithmeticError> {
    Fraction::new(value, 100)
}
