//! Deductions, and what amounts to a minimum price without being called one.
//!
//! A minimum price (实施条例 article 27) hides in a method that rejects every price below an amount (a floor
//! rate) or every other price (a fixed price), and in a mark by which all prices far below the benchmark lose
//! everything, so that one fen decides. It works like one, which is for people to judge, if that mark is only
//! a step down from what the deductions alone would leave, or if the deductions are so steep that all marks
//! are gone a little below the benchmark. It does not hide in a range outside of which prices do not enter the
//! mean (`range_low`), as long as they are scored, nor in a mark that only stops the deductions.
//!
//! A rate is judged by what it does, not by how it is written: a segment that takes (almost) all marks within a
//! percent is a mark of 0, and the ratio above to below holds for every segment near the benchmark.

use evaluation::Decimal;
use evaluation::benchmark::Scoring;
use evaluation::case::{PriceScore, Segment};
use evaluation::fraction::{ArithmeticError, Fraction};

use super::{Finding, FindingCode, Severity, Subject, fraction, show};
use crate::law::{Limit, Rule};

/// Below so many percent of the marks nothing is left that anyone would bid for.
const GONE_PERCENT: i128 = 5;

pub(super) fn look(subject: &Subject<'_>, found: &mut Vec<Finding>) {
    if let Some(score) = &subject.rules.price_score
        && idle(subject, score)
    {
        let code = FindingCode::PriceIdle;
        found.push(Finding::new(code, Severity::Error, "/price_score", &[]));
    }
    for rule in &subject.profile.rules {
        match &rule.limit {
            Limit::NoMinimumPrice {
                exhausted_within_percent,
            } => {
                rejecting_methods(subject, rule, found);
                if let Some(score) = &subject.rules.price_score
                    && !idle(subject, score)
                {
                    cliff(score, rule, found);
                    exhausted(score, rule, *exhausted_within_percent, found);
                }
            }
            Limit::UpDownRatio { methods, percent } if subject.names(methods) => {
                ratio(subject, rule, *percent, found);
            }
            Limit::DeductionMin { methods, marks } if subject.names(methods) => {
                if let Some(score) = &subject.rules.price_score {
                    deduction(score, rule, *marks, found);
                }
            }
            _ => {}
        }
    }
}

impl Subject<'_> {
    /// Whether a candidate method's id begins so.
    fn names(&self, prefix: &str) -> bool {
        let mut specs = self.rules.methods.iter();
        specs.any(|spec| spec.method.starts_with(prefix))
    }
}

/// Whether (almost) no mark depends on the price: the floor leaves none, or nothing is ever deducted.
fn idle(subject: &Subject<'_>, score: &PriceScore) -> bool {
    let full = score.full.fraction();
    let least = full.times(Fraction::hundredths(GONE_PERCENT));
    let range = full.minus(score.floor().fraction());
    if let (Ok(range), Ok(least)) = (range, least)
        && (range.sign() == 0 || range < least)
    {
        // A floor above the full mark is another fault, which the rule set's own check names.
        return range.sign() >= 0;
    }
    let mut methods = subject.methods();
    let deviates = methods.any(|(_, _, formula)| formula.scoring() == Scoring::Deviation);
    let free = |above: bool| {
        let kept = |segment: &Segment| {
            fraction(segment.rate).sign() == 0
                && segment.mark.is_none_or(|mark| mark.fraction() >= full)
        };
        score.rate(above).fraction().sign() == 0 && score.segments(above).iter().all(kept)
    };
    deviates && free(true) && free(false)
}

/// Methods that reject a price because it is too low.
fn rejecting_methods(subject: &Subject<'_>, rule: &Rule, found: &mut Vec<Finding>) {
    for (place, spec, formula) in subject.methods() {
        let floor = formula.scoring() == Scoring::PriceOnly && formula.needs().estimated_price;
        if floor || formula.draws_winner() {
            let method = &spec.method;
            let (zh, en) = (
                format!("方法 {method} 否决低于某一价格的投标"),
                format!("The method {method} rejects bids below a price"),
            );
            let values = [("what", zh.as_str()), ("what_en", en.as_str())];
            let pointer = format!("/methods/{place}/method");
            found.push(Finding::under(
                rule,
                FindingCode::MinimumPrice,
                pointer,
                &values,
            ));
        }
    }
}

/// Marks below the benchmark that are gone at once: by a mark below what the deductions alone leave at its
/// deviation, or by a rate that takes (almost) all that was left within a percent. That is a minimum price; if
/// enough is left behind the step, it works like one.
fn cliff(score: &PriceScore, rule: &Rule, found: &mut Vec<Finding>) {
    let Ok(curve) = Curve::new(score, false) else {
        return;
    };
    let segments = score.segments(false);
    let mut steep = false;
    for (place, segment) in segments.iter().enumerate() {
        let Some(mark) = segment.mark else {
            continue;
        };
        let beyond = segment.beyond.fraction();
        let Some(left) = curve.before(place, beyond) else {
            continue;
        };
        if mark.fraction() >= left {
            continue;
        }
        steep = true;
        let pointer = format!("/price_score/segments/down/{place}/mark");
        let gone = mark.fraction() <= curve.gone;
        let (beyond, mark, left) = (show(beyond), mark.to_string(), show(left));
        let zh = format!(
            "低于基准价超过 {beyond}% 的报价一律只得 {mark} 分，而在该处按扣分尚余 {left} 分"
        );
        let en = format!(
            "Every price more than {beyond} % below the benchmark has {mark} marks, where the deductions alone leave {left}"
        );
        let values = [("what", zh.as_str()), ("what_en", en.as_str())];
        found.push(if gone {
            Finding::under(rule, FindingCode::MinimumPrice, pointer, &values)
        } else {
            in_effect(rule, pointer, &values)
        });
    }
    if !steep {
        found.extend(slope(&curve, rule));
    }
}

/// The worst place where a percent costs what a minimum price would.
fn slope(curve: &Curve, rule: &Rule) -> Option<Finding> {
    let falls: Vec<Fall> = curve.falls().ok()?;
    let gone = falls.iter().find(|fall| fall.kills);
    let fall = gone.or_else(|| falls.iter().find(|fall| fall.steep))?;
    let pointer = fall.segment.map_or_else(
        || "/price_score/down".to_owned(),
        |place| format!("/price_score/segments/down/{place}/rate"),
    );
    let (from, to) = (show(fall.from), show(fall.to));
    let (left, rest) = (show(fall.left), show(fall.rest));
    let zh = format!("报价低于基准价 {from}% 时尚余 {left} 分，低于 {to}% 时只余 {rest} 分");
    let en = format!(
        "A price {from} % below the benchmark still has {left} marks, one {to} % below only {rest}"
    );
    let values = [("what", zh.as_str()), ("what_en", en.as_str())];
    Some(if fall.kills {
        Finding::under(rule, FindingCode::MinimumPrice, pointer, &values)
    } else {
        in_effect(rule, pointer, &values)
    })
}

/// Whether it amounts to a minimum price is for people to judge.
fn in_effect(rule: &Rule, pointer: String, values: &[(&str, &str)]) -> Finding {
    let code = FindingCode::MinimumPriceInEffect;
    Finding::new(code, Severity::Warning, pointer, values).named(Some(rule))
}

/// What one percent further from the benchmark costs, from a place on.
struct Fall {
    /// The segment that begins there; none: the benchmark itself.
    segment: Option<usize>,
    from: Fraction,
    to: Fraction,
    left: Fraction,
    rest: Fraction,
    /// A fifth of the marks or more was left, and (almost) nothing is.
    kills: bool,
    /// A quarter of the marks is lost.
    steep: bool,
}

/// The marks on one side of the benchmark.
struct Curve {
    /// By rising deviation: from, marks there, marks lost per percent.
    pieces: Vec<(Fraction, Fraction, Fraction)>,
    /// No price has less.
    floor: Fraction,
    /// What the price can win or lose.
    range: Fraction,
    /// So many marks are as good as none: a twentieth of the range above the floor.
    gone: Fraction,
}

impl Curve {
    fn new(score: &PriceScore, above: bool) -> Result<Curve, ArithmeticError> {
        let full = score.full.fraction();
        let floor = score.floor().fraction();
        let base = floor.max(Fraction::ZERO);
        let range = full.minus(base)?;
        let gone = base.plus(range.times(Fraction::hundredths(GONE_PERCENT))?)?;
        let mut at = (Fraction::ZERO, full, score.rate(above).fraction());
        let mut pieces = vec![at];
        for segment in score.segments(above) {
            let from = segment.beyond.fraction();
            let start = match segment.mark {
                Some(mark) => mark.fraction(),
                None => at.1.minus(from.minus(at.0)?.times(at.2)?)?,
            };
            at = (from, start, fraction(segment.rate));
            pieces.push(at);
        }
        Ok(Curve {
            pieces,
            floor,
            range,
            gone,
        })
    }

    /// The marks at a deviation if only so many pieces held behind the first; no floor.
    fn unbounded(&self, pieces: usize, deviation: Fraction) -> Option<Fraction> {
        let held = self.pieces.iter().take(pieces.saturating_add(1));
        let (from, start, rate) = held.rev().find(|(from, ..)| {
            // A segment holds beyond its deviation, not at it.
            *from < deviation || from.sign() == 0
        })?;
        let lost = deviation.minus(*from).ok()?.times(*rate).ok()?;
        start.minus(lost).ok()
    }

    /// The marks that a price so far out has.
    fn at(&self, deviation: Fraction) -> Option<Fraction> {
        Some(self.unbounded(usize::MAX, deviation)?.max(self.floor))
    }

    /// The marks at a deviation without the segments from `place` on.
    fn before(&self, place: usize, deviation: Fraction) -> Option<Fraction> {
        Some(self.unbounded(place, deviation)?.max(self.floor))
    }

    /// What a price so far out loses; none if the floor stops it.
    fn cost(&self, deviation: Fraction) -> Option<Fraction> {
        let left = self.unbounded(usize::MAX, deviation)?;
        let (_, full, _) = self.pieces.first()?;
        if left < self.floor {
            return None;
        }
        full.minus(left).ok()
    }

    fn falls(&self) -> Result<Vec<Fall>, ArithmeticError> {
        let share = |percent| self.range.times(Fraction::hundredths(percent));
        let (fifth, quarter) = (share(20)?, share(25)?);
        let base = self.floor.max(Fraction::ZERO);
        let mut falls = Vec::new();
        for (place, (from, ..)) in self.pieces.iter().enumerate() {
            let to = from.plus(Fraction::integer(1))?;
            let (Some(left), Some(rest)) = (self.at(*from), self.at(to)) else {
                continue;
            };
            falls.push(Fall {
                segment: place.checked_sub(1),
                from: *from,
                to,
                left,
                rest,
                kills: self.range.sign() > 0 && left.minus(base)? >= fifth && rest <= self.gone,
                steep: place > 0 && self.range.sign() > 0 && left.minus(rest)? >= quarter,
            });
        }
        Ok(falls)
    }

    /// Where the marks are as good as gone, if they ever are.
    fn gone_at(&self) -> Result<Option<Fraction>, ArithmeticError> {
        let ends = self.pieces.iter().skip(1).map(|(from, ..)| Some(*from));
        for ((from, start, rate), to) in self.pieces.iter().zip(ends.chain([None])) {
            if *start <= self.gone {
                return Ok(Some(*from));
            }
            if rate.sign() <= 0 {
                continue;
            }
            let gone = from.plus(start.minus(self.gone)?.over(*rate)?)?;
            if to.is_none_or(|to| gone <= to) {
                return Ok(Some(gone));
            }
        }
        Ok(None)
    }
}

/// Where all marks are gone, if that is soon.
fn exhausted(score: &PriceScore, rule: &Rule, within_percent: u32, found: &mut Vec<Finding>) {
    let limit = Fraction::integer(i128::from(within_percent));
    let gone_at = Curve::new(score, false).and_then(|curve| curve.gone_at());
    if let Ok(Some(percent)) = gone_at
        && percent <= limit
    {
        let percent = show(percent);
        let zh = format!("报价低于评标基准价 {percent}% 即失去几乎全部价格分");
        let en = format!("A price {percent} % below the benchmark has lost almost all marks");
        let values = [("what", zh.as_str()), ("what_en", en.as_str())];
        found.push(in_effect(rule, "/price_score/down".to_owned(), &values));
    }
}

/// A rate that changes within so many percent is not the rate of the rule; further out few prices lie.
const NEAR_PERCENT: i128 = 10;

/// Deviations at which the rates show: each percent, and wherever a rate changes.
fn near(curves: [&Curve; 2]) -> Vec<Fraction> {
    let end = Fraction::integer(NEAR_PERCENT);
    let changes = curves.into_iter().flat_map(|curve| &curve.pieces);
    let changes = changes.map(|(from, ..)| *from);
    let near = changes.filter(|from| from.sign() > 0 && *from < end);
    (1..=NEAR_PERCENT)
        .map(Fraction::integer)
        .chain(near)
        .collect()
}

fn deduction(score: &PriceScore, rule: &Rule, least: Decimal, found: &mut Vec<Finding>) {
    let mut add = |down: String, pointer: String| {
        let values = [("down", &*down), ("least", &*least.to_string())];
        let code = FindingCode::DeductionLow;
        found.push(Finding::under(rule, code, pointer, &values));
    };
    if let Some(down) = score.down
        && down.fraction() < least.fraction()
    {
        add(down.to_string(), "/price_score/down".to_owned());
        return;
    }
    for (place, segment) in score.segments(false).iter().enumerate() {
        if let Some(rate) = segment.rate
            && rate.fraction() < least.fraction()
            && segment.beyond.fraction() < Fraction::integer(NEAR_PERCENT)
        {
            let pointer = format!("/price_score/segments/down/{place}/rate");
            add(rate.to_string(), pointer);
        }
    }
}

fn ratio(subject: &Subject<'_>, rule: &Rule, percent: u32, found: &mut Vec<Finding>) {
    let Some(score) = &subject.rules.price_score else {
        return;
    };
    let (Some(up), Some(down)) = (score.up, score.down) else {
        return;
    };
    let of = |down: Fraction| down.times(Fraction::hundredths(i128::from(percent)));
    let mut add = |up: Fraction, down: Fraction, wanted: Fraction, pointer: &str| {
        let values = [
            ("up", &*show(up)),
            ("down", &show(down)),
            ("percent", &percent.to_string()),
            ("wanted", &show(wanted)),
        ];
        let code = FindingCode::UpDownRatio;
        found.push(Finding::under(rule, code, pointer, &values));
    };
    let (up, down) = (up.fraction(), down.fraction());
    if let Ok(wanted) = of(down)
        && wanted != up
    {
        add(up, down, wanted, "/price_score/up");
        return;
    }
    // Segments may say the contrary: what counts is what prices near the benchmark lose, per percent.
    let (Ok(above), Ok(below)) = (Curve::new(score, true), Curve::new(score, false)) else {
        return;
    };
    for deviation in near([&above, &below]) {
        let (Some(up), Some(down)) = (above.cost(deviation), below.cost(deviation)) else {
            continue;
        };
        let each = |cost: Fraction| cost.over(deviation);
        if let (Ok(up), Ok(down)) = (each(up), each(down))
            && let Ok(wanted) = of(down)
            && wanted != up
        {
            add(up, down, wanted, "/price_score/segments");
            return;
        }
    }
}
