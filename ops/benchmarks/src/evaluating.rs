//! Evaluating 10 000 bids with explanations, beside a bare loop over the same prices in i128.

use evaluation::{Bid, Case, evaluate};

use crate::measure::in_turns;
use crate::table::{Row, duration, hundredths, ratio};
use crate::{Failure, Size};

const CONTROL_FEN: i128 = 1_000_000_000;

/// jiangsu-1 with price score and credit.
pub fn rows(size: Size) -> Result<Vec<Row>, Failure> {
    let count = size.pick(10_000, 200);
    let prices: Vec<i128> = (0..count)
        .map(|bid| 850_000_000 + (bid * 7_919 % 99_991) * 1_003)
        .collect();
    let case = case(&prices)?;
    let outcome = evaluate(&case)?;
    let winner = prices[bare(&prices)[0]];
    let ranked_first = outcome
        .winner
        .as_deref()
        .and_then(|name| name.strip_prefix('b')?.parse::<usize>().ok());
    if ranked_first.map(|bid| prices[bid]) != Some(winner) {
        return Err("the two evaluations differ: they do not do the same work".into());
    }
    let (ours, bare) = in_turns(size.pick(9, 1), || evaluate(&case), || bare(&prices));
    let times = hundredths(ours.as_nanos(), bare.as_nanos());
    Ok(vec![Row {
        what: format!("evaluate {count} bids, beside a bare i128 loop"),
        ours: duration(ours),
        bare: duration(bare),
        comes_to: ratio(times),
        budget: "< 20.00".to_owned(),
        kept: Some(times < 2_000),
    }])
}

fn case(prices: &[i128]) -> Result<Case, Failure> {
    let head = br#"{ "format": "kaibiao-case/1", "profile": "below-threshold", "control_price": "10000000.00",
        "benchmark": { "method": "jiangsu-1", "drawn": { "K": "0.97" } },
        "price_score": { "full": "90", "up": "0.9", "down": "0.6", "floor": "0",
            "benchmark_decimals": 2, "deviation_decimals": null, "score_decimals": 2 },
        "credit": { "mode": "linear", "full": "100", "weight": "10", "decimals": 2 }, "bids": [] }"#;
    let mut case = Case::parse(head)?;
    for (number, fen) in prices.iter().enumerate() {
        let price = format!("{}.{:02}", fen / 100, fen % 100);
        case.bids.push(Bid {
            bidder: format!("b{number}"),
            price: price.parse()?,
            technical: None,
            credit: Some("80".parse()?),
            rejected: None,
        });
    }
    Ok(case)
}

/// The same award with nothing around it: benchmark, scores in hundredths, places.
fn bare(prices: &[i128]) -> Vec<usize> {
    let half_up = |dividend: i128, divisor: i128| (2 * dividend + divisor).div_euclid(2 * divisor);
    let mut sorted: Vec<i128> = prices
        .iter()
        .copied()
        .filter(|price| *price <= CONTROL_FEN)
        .collect();
    sorted.sort_unstable();
    let count = sorted.len() as i128;
    let cut = usize::try_from(half_up(count, 5)).unwrap_or(0);
    let kept = &sorted[cut..sorted.len() - cut];
    let benchmark = half_up(kept.iter().sum::<i128>() * 97, kept.len() as i128 * 100);
    let score = |price: i128| {
        // Tenths of a point lost per percent: 9 above, 6 below; the score in hundredths of a point.
        let rate = if price > benchmark { 9 } else { 6 };
        let exact = 9_000 * benchmark - (price - benchmark).abs() * rate * 1_000;
        half_up(exact, benchmark).max(0) + 800
    };
    let scores: Vec<i128> = prices.iter().map(|price| score(*price)).collect();
    let mut places: Vec<usize> = (0..prices.len()).collect();
    places.sort_unstable_by_key(|bid| (-scores[*bid], prices[*bid]));
    places
}
