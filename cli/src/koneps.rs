//! Reads the public data set of Korean tenders (KONEPS) and checks the rule "lowest price at or above estimated
//! price x floor rate" against the recorded first rank.
//!
//! Columns: `notice_id,base_price,estimated_price,bidders,floor_rate_percent,rigged,rank,firm,price`; a row is a
//! bid, prices are KRW with at most two decimals, `rank` is `1` or `other`, a floor rate of 0 occurs.

use evaluation::benchmark::BenchmarkRule;
use evaluation::case::{CaseFormat, RecomputePolicy, TieKey};
use evaluation::{Bid, Case, Decimal, Money, Outcome, evaluate};
use serde::Serialize;

/// The header line of the data set.
const HEADER: &str =
    "notice_id,base_price,estimated_price,bidders,floor_rate_percent,rigged,rank,firm,price";

/// One recorded bid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RecordedBid {
    /// Recorded as the first rank.
    pub first: bool,
    /// Anonymous id of the firm.
    pub firm: String,
    /// KRW, a decimal with at most two decimals (a few bids have fractions).
    pub price: String,
}

/// One recorded tender.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RecordedTender {
    /// Id of the notice.
    pub notice: String,
    /// KRW, a decimal; not a ceiling.
    pub base_price: String,
    /// Drawn at the opening, KRW, a decimal.
    pub estimated_price: String,
    /// Floor rate in per cent, a decimal.
    pub floor_rate_percent: String,
    /// Legally confirmed bid rigging.
    pub rigged: bool,
    /// The bids that are listed, in the order of the file.
    pub bids: Vec<RecordedBid>,
}

/// A line that is not what it should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct KonepsError {
    /// From 1.
    pub line: usize,
    /// What is wrong.
    pub reason: String,
}

/// How a recomputed tender compares with the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Comparison {
    /// The recorded first rank follows, alone.
    Alone,
    /// It is one of several equal lowest prices.
    Tied,
    /// It does not follow from the prices.
    Exception,
}

/// One recomputed tender.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Recomputed {
    /// Id of the notice.
    pub notice: String,
    /// The comparison.
    pub comparison: Comparison,
    /// Recorded first rank.
    pub recorded: Option<String>,
    /// What the rule gives: one firm, several with one price, or nobody.
    pub computed: Vec<String>,
}

/// Reads the file; tenders in the order of their first line.
///
/// # Errors
/// The line that is malformed.
pub fn read(text: &str) -> Result<Vec<RecordedTender>, KonepsError> {
    let mut lines = (1..).zip(text.lines());
    if lines
        .next()
        .map(|(_, line)| line.trim_start_matches('\u{feff}'))
        != Some(HEADER)
    {
        return Err(KonepsError {
            line: 1,
            reason: format!("expected the header {HEADER}"),
        });
    }
    let mut tenders: Vec<RecordedTender> = Vec::new();
    let mut places = std::collections::HashMap::new();
    for (line, row) in lines.filter(|(_, row)| !row.is_empty()) {
        let (tender, bid) = read_row(row).map_err(|reason| KonepsError { line, reason })?;
        let place = *places.entry(tender.notice.clone()).or_insert_with(|| {
            tenders.push(RecordedTender {
                bids: Vec::new(),
                ..tender.clone()
            });
            tenders.len() - 1
        });
        let known = &mut tenders[place];
        let same = (&known.estimated_price, &known.floor_rate_percent)
            == (&tender.estimated_price, &tender.floor_rate_percent);
        if !same {
            return Err(KonepsError {
                line,
                reason: "estimated price or floor rate differ from the tender's first line"
                    .to_owned(),
            });
        }
        known.bids.push(bid);
    }
    Ok(tenders)
}

fn read_row(row: &str) -> Result<(RecordedTender, RecordedBid), String> {
    let fields: Vec<&str> = row.split(',').collect();
    let [
        notice,
        base,
        estimated,
        _bidders,
        rate,
        rigged,
        rank,
        firm,
        price,
    ] = fields.as_slice()
    else {
        return Err(format!("{} fields instead of 9", fields.len()));
    };
    for (what, text) in [
        ("base_price", base),
        ("estimated_price", estimated),
        ("price", price),
    ] {
        text.parse::<Money>()
            .map_err(|error| format!("{what} {text:?}: {error}"))?;
    }
    let tender = RecordedTender {
        notice: (*notice).to_owned(),
        base_price: (*base).to_owned(),
        estimated_price: (*estimated).to_owned(),
        floor_rate_percent: (*rate).to_owned(),
        rigged: *rigged == "1",
        bids: Vec::new(),
    };
    let first = match *rank {
        "1" => true,
        "other" => false,
        _ => return Err(format!("rank is 1 or other, not {rank}")),
    };
    Ok((
        tender,
        RecordedBid {
            first,
            firm: (*firm).to_owned(),
            price: (*price).to_owned(),
        },
    ))
}

impl RecordedTender {
    /// The recorded first rank.
    pub fn recorded_first(&self) -> Option<&RecordedBid> {
        self.bids.iter().find(|bid| bid.first)
    }

    /// Name of the bid at `place` in a case: a firm may occur twice, so the place is part of it.
    pub fn bidder_name(&self, place: usize) -> String {
        let firm = self
            .bids
            .get(place)
            .map(|bid| bid.firm.as_str())
            .unwrap_or_default();
        format!("{}-{firm}", place + 1)
    }

    /// The evaluation case of the rule.
    ///
    /// # Errors
    /// A price or rate that is no decimal.
    pub fn case(&self) -> Result<Case, String> {
        let money = |won: &str| won.parse().map_err(|error| format!("{won}: {error}"));
        let rate: Decimal = self
            .floor_rate_percent
            .parse()
            .map_err(|error| format!("floor_rate_percent: {error}"))?;
        let bid = |(place, bid): (usize, &RecordedBid)| {
            Ok(Bid::of(self.bidder_name(place), money(&bid.price)?))
        };
        let method = "floor-rate-lowest".to_owned();
        let fixed = [("rate_percent".to_owned(), rate.into())];
        Ok(Case {
            format: CaseFormat::V1,
            profile: "kr-floor-rate".to_owned(),
            currency: "KRW".to_owned(),
            control_price: None,
            estimated_price: Some(money(&self.estimated_price)?),
            budget_price: None,
            contract_estimate: None,
            provisional_sums: None,
            recompute_policy: RecomputePolicy::AtOpening,
            shortlist: None,
            benchmark: BenchmarkRule {
                method,
                drawn: Default::default(),
                fixed: fixed.into(),
                trim_from: None,
            },
            price_score: None,
            technical: None,
            credit: None,
            credit_snapshot: None,
            tie_break: vec![TieKey::Price],
            bids: self
                .bids
                .iter()
                .enumerate()
                .map(bid)
                .collect::<Result<_, String>>()?,
        })
    }

    /// Evaluates the tender and compares with the record.
    ///
    /// # Errors
    /// The case is not one.
    pub fn recompute(&self) -> Result<Recomputed, String> {
        let outcome = evaluate(&self.case()?).map_err(|error| error.to_string())?;
        Ok(self.compare(&outcome))
    }

    fn compare(&self, outcome: &Outcome) -> Recomputed {
        let winners: Vec<String> = outcome
            .winner
            .iter()
            .chain(&outcome.tied)
            .cloned()
            .collect();
        let recorded = (0..)
            .zip(&self.bids)
            .find(|(_, bid)| bid.first)
            .map(|(place, _)| self.bidder_name(place));
        let follows = recorded
            .as_ref()
            .is_some_and(|recorded| winners.contains(recorded));
        let comparison = match (follows, winners.len()) {
            (true, 1) => Comparison::Alone,
            (true, _) => Comparison::Tied,
            (false, _) => Comparison::Exception,
        };
        Recomputed {
            notice: self.notice.clone(),
            comparison,
            recorded,
            computed: winners,
        }
    }
}
