//! Which member is left out because his totals spread the widest between the bids (rules.md section 2.2,
//! S30): whoever wants to lift one bid and sink another shows there.

use crate::decimal::Decimal;
use crate::error::{EvaluationError, Problem};
use crate::score::{OVERFLOW, SCALE};

use super::{Aggregate, Sheet, TechnicalRule};

/// The member that is left out, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dropped {
    /// From 0.
    pub member: usize,
    /// How the decision fell.
    pub rounds: Vec<Round>,
    /// Whether a draw decided between those who were still equal.
    pub drawn: bool,
}

/// One comparison: the highest less the lowest total of each candidate, then the second highest less the
/// second lowest of those who are still equal, and so on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Round {
    /// The members that are compared, from 0, ascending.
    pub candidates: Vec<usize>,
    /// The spread of each.
    pub spreads: Vec<Decimal>,
}

/// The member to leave out, if the rule wants it and there is a bid. `sheets` are those of all bids that are
/// ranked, each with the bid's index. Refuses bids that were not scored by as many members as the first.
pub fn widest_member(
    rule: &TechnicalRule,
    sheets: &[(usize, Sheet<'_>)],
) -> Result<Option<Dropped>, EvaluationError> {
    let Some((_, first)) = sheets.first() else {
        return Ok(None);
    };
    // Whatever the aggregate: means over different committees cannot be compared.
    let members = first.members();
    if let Some((bid, sheet)) = sheets.iter().find(|(_, sheet)| sheet.members() != members) {
        return Err(Problem::MemberCountDiffers {
            given: sheet.members(),
            expected: members,
        }
        .at(format!("/bids/{bid}/technical")));
    }
    if rule.aggregate != Aggregate::DropWidestMember {
        return Ok(None);
    }
    let mut totals: Vec<(usize, Vec<i128>)> = Vec::new();
    for member in 0..members {
        let of_bids = sheets.iter().map(|(_, sheet)| sheet.total_of(member));
        let mut of_bids = of_bids.collect::<Result<Vec<i128>, _>>()?;
        of_bids.sort_unstable();
        totals.push((member, of_bids));
    }
    let mut rounds = Vec::new();
    // One bid spreads by nothing: everybody is equal after one round.
    for round in 0..sheets.len().div_ceil(2) {
        let mut spreads = Vec::with_capacity(totals.len());
        for (_, ascending) in &totals {
            let low = ascending.get(round);
            let high = ascending.iter().rev().nth(round);
            let spread = high.zip(low).and_then(|(high, low)| high.checked_sub(*low));
            spreads.push(spread.ok_or(OVERFLOW)?);
        }
        let widest = spreads.iter().max().copied().unwrap_or(0);
        rounds.push(Round {
            candidates: totals.iter().map(|(member, _)| *member).collect(),
            spreads: spreads
                .iter()
                .map(|spread| Decimal::from_units(*spread, SCALE).shortest())
                .collect(),
        });
        let mut spread = spreads.iter();
        totals.retain(|_| spread.next() == Some(&widest));
        if let [(member, _)] = totals.as_slice() {
            let member = *member;
            return Ok(Some(Dropped {
                member,
                rounds,
                drawn: false,
            }));
        }
    }
    let equal: Vec<usize> = totals.iter().map(|(member, _)| *member).collect();
    let drawn = rule
        .drawn_member
        .and_then(|member| usize::try_from(member).ok())
        .filter(|member| equal.contains(member));
    match drawn {
        Some(member) => Ok(Some(Dropped {
            member,
            rounds,
            drawn: true,
        })),
        None => Err(Problem::MemberDrawNeeded { members: equal }.at("/technical/drawn_member")),
    }
}
