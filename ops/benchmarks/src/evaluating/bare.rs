//! The same awards with nothing around them: whole numbers of fen in i128, no checks, no explanation, no ties at a
//! cut. Each method's benchmark, then scores in hundredths of a point, then places.

/// 招标控制价 of every case here.
pub const CONTROL_FEN: i128 = 1_000_000_000;
/// The budget price that a range is taken from: most bids lie in it.
pub const BUDGET_FEN: i128 = 1_050_000_000;
/// Every bid's credit points, in hundredths.
const CREDIT_POINTS: i128 = 800;
/// Tenths of a point lost per per cent, above and below.
const RATES: (i128, i128) = (9, 6);

fn half_up(dividend: i128, divisor: i128) -> i128 {
    (2 * dividend + divisor).div_euclid(2 * divisor)
}

fn total(prices: &[i128]) -> (i128, i128) {
    (prices.iter().sum(), prices.len() as i128)
}

/// The bids by place, first the best. With `fixed-price` those that take part in the draw, by name as a result lists
/// them.
pub fn places(method: &str, prices: &[i128], names: &[String]) -> Vec<usize> {
    let all = 0..prices.len();
    match method {
        "lowest-evaluated" => in_order(all, |bid| (prices[bid] + adjustment(bid), prices[bid])),
        "fixed-price" => {
            let award = award_price();
            let mut tied: Vec<usize> = all.filter(|bid| prices[*bid] == award).collect();
            tied.sort_unstable_by_key(|bid| names[*bid].as_str());
            tied
        }
        "floor-rate-lowest" => {
            // 87.745 % of the estimated price, which is the control price here.
            let from = CONTROL_FEN * 87_745;
            let kept = all.filter(|bid| prices[*bid] * 100_000 >= from);
            in_order(kept, |bid| (prices[bid], 0))
        }
        "lowest-ratio" => {
            // Evaluated prices in hundredths of a fen: a deduction has two decimals.
            let own = |bid: usize| prices[bid] * (100 - deduction(bid));
            let lowest = all.clone().map(own).min().unwrap_or(0);
            let scores: Vec<i128> = all
                .clone()
                .map(|bid| half_up(lowest * 9_000, own(bid)) + CREDIT_POINTS)
                .collect();
            in_order(all, |bid| (-scores[bid], prices[bid]))
        }
        _ => {
            let mut sorted: Vec<i128> = prices
                .iter()
                .copied()
                .filter(|price| *price <= CONTROL_FEN)
                .collect();
            sorted.sort_unstable();
            let benchmark = benchmark(method, &sorted);
            let score = |price: i128| {
                let rate = if price > benchmark { RATES.0 } else { RATES.1 };
                let exact = 9_000 * benchmark - (price - benchmark).abs() * rate * 1_000;
                half_up(exact, benchmark).max(0) + CREDIT_POINTS
            };
            let scores: Vec<i128> = prices.iter().map(|price| score(*price)).collect();
            in_order(all, |bid| (-scores[bid], prices[bid]))
        }
    }
}

fn in_order(bids: impl Iterator<Item = usize>, key: impl Fn(usize) -> (i128, i128)) -> Vec<usize> {
    let mut places: Vec<usize> = bids.collect();
    places.sort_unstable_by_key(|bid| key(*bid));
    places
}

/// In per cent.
pub fn deduction(bid: usize) -> i128 {
    [0, 10, 4, 20, 15][bid % 5]
}

/// In fen.
pub fn adjustment(bid: usize) -> i128 {
    [0, 1_200_000, -300_000][bid % 3]
}

/// Control price less 8 %.
pub fn award_price() -> i128 {
    half_up(CONTROL_FEN * 92, 100)
}

/// In fen, of prices in ascending order.
fn benchmark(method: &str, sorted: &[i128]) -> i128 {
    match method {
        "jiangsu-1" | "jiangsu-4" => {
            let (sum, count) = average_a(sorted);
            half_up(sum * 97, count * 100)
        }
        "jiangsu-2" => {
            // A × 0.97 × 0.75 + control × 0.93 × 0.25
            let (sum, count) = average_a(sorted);
            half_up(
                sum * 97 * 75 + CONTROL_FEN * 93 * 25 * count,
                count * 10_000,
            )
        }
        "jiangsu-3" => sorted[1.min(sorted.len() - 1)],
        "jiangsu-5" => abc(sorted),
        "mean-trim-one" => {
            let (sum, count) = total(without_extremes(sorted, 4));
            half_up(sum, count)
        }
        "mean-float" => {
            let (sum, count) = total(without_extremes(sorted, 5));
            half_up(sum * 98, count * 100)
        }
        "limit-mean-blend" => {
            // control × 0.88 × (1 − 0.5) + B × 0.5
            let within = |price: &&i128| {
                **price * 100 >= BUDGET_FEN * 85 && **price * 100 <= BUDGET_FEN * 90
            };
            let (mut sum, mut count) = (0, 0);
            for price in sorted.iter().filter(within) {
                (sum, count) = (sum + price, count + 1);
            }
            match count {
                0 => half_up(CONTROL_FEN * 88, 100),
                _ => half_up(CONTROL_FEN * 88 * count + sum * 100, count * 200),
            }
        }
        "second-mean" => {
            let (_, (sum, count)) = two_means(sorted);
            half_up(sum, count)
        }
        "third-mean" => {
            let ((s1, n1), (s2, n2)) = two_means(sorted);
            let between = sorted
                .iter()
                .filter(|price| **price * n2 > s2 && **price * n1 < s1);
            let (mut sum, mut count) = (0, 2);
            for price in between {
                (sum, count) = (sum + price, count + 1);
            }
            half_up(sum * n1 * n2 + s1 * n2 + s2 * n1, count * n1 * n2)
        }
        other => unreachable!("{other} has no benchmark"),
    }
}

fn average_a(sorted: &[i128]) -> (i128, i128) {
    let count = sorted.len();
    match count {
        7.. => {
            let cut = (2 * count + 5) / 10;
            total(&sorted[cut..count - cut])
        }
        4..=6 => total(&sorted[..count - 1]),
        _ => (sorted[1.min(count - 1)], 1),
    }
}

fn without_extremes(sorted: &[i128], from: usize) -> &[i128] {
    let count = sorted.len();
    if count >= from {
        &sorted[1..count - 1]
    } else {
        sorted
    }
}

/// Sum and count of all prices, and of those below their mean.
fn two_means(sorted: &[i128]) -> ((i128, i128), (i128, i128)) {
    let first = total(sorted);
    let below = sorted.partition_point(|price| price * first.1 < first.0);
    (
        first,
        if below == 0 {
            first
        } else {
            total(&sorted[..below])
        },
    )
}

/// delta 0.12, K 0.96, the first of every list.
fn abc(sorted: &[i128]) -> i128 {
    let (sum, count) = total(sorted);
    // (mean × 0.7 + control × 0.3) × 0.75
    let edge = (sum * 7 + CONTROL_FEN * 3 * count) * 75;
    let in_range = &sorted[sorted.partition_point(|price| price * count * 1_000 < edge)..];
    let a = CONTROL_FEN * 88 / 100;
    let c = in_range[0];
    let others = &in_range[in_range.partition_point(|price| *price == c)..];
    let from = |percent: i128| others.partition_point(|price| price * 100 < a * percent);
    let (low, middle, high) = (from(89), from(92), from(95));
    // The pool's first entry: below the bands, then the lower band's pick, then the upper's.
    let b = match () {
        () if low > 0 => others[0],
        () if middle > low => others[low],
        () if high > middle => others[middle],
        () => others[0],
    };
    half_up((a * 50 + b * 30 + c * 20) * 96, 10_000)
}
