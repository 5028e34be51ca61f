//! Reads a report as somebody with a calculator would: whatever is written as `a × b = c` has to be so.

/// The most that two sides may differ beside the rounding of the right one: numbers on the left may have
/// been cut to six decimals.
const SLACK: f64 = 1e-5;

/// Does every calculation of an English report again, and says how many there were.
pub fn check(report: &str) -> Result<usize, String> {
    let mut checked = 0;
    for line in report.lines() {
        let sides: Vec<&str> = line.split(['=', '≈']).collect();
        for pair in sides.windows(2) {
            let (Some(left), Some((right, decimals))) = (left(pair[0]), right(pair[1])) else {
                continue;
            };
            checked += 1;
            let half = 0.5 * 10_f64.powi(-decimals);
            if (left - right).abs() > half + SLACK {
                return Err(format!("{left} is not {right} in: {line}"));
            }
        }
    }
    Ok(checked)
}

/// The calculation that the text ends with, if it has an operator.
fn left(text: &str) -> Option<f64> {
    let (text, limit) = limit(text.trim_end());
    let text = text.trim_end_matches(',').trim_end();
    for (start, _) in text.char_indices() {
        let (before, candidate) = text.split_at(start);
        let begins = candidate.starts_with(|first: char| "0123456789(-m".contains(first));
        let last = before.chars().next_back();
        let is_whole = last.is_none_or(|last| !last.is_alphanumeric() && !",.".contains(last))
            && before
                .trim_end()
                .chars()
                .next_back()
                .is_none_or(|last| !is_operator(last));
        if !begins || !is_whole {
            continue;
        }
        if let Some((value, "", _)) = sum(candidate) {
            let is_calculation = candidate.contains(['+', '−', '×', '÷']);
            return is_calculation.then(|| limit(value));
        }
    }
    None
}

/// What is said behind a calculation about the limits of its result.
fn limit(text: &str) -> (&str, Box<dyn Fn(f64) -> f64>) {
    if let Some(text) = text.strip_suffix(", rounded down,") {
        return (text, Box::new(f64::floor));
    }
    if let Some(text) = text.strip_suffix(", rounded half up to a whole number,") {
        return (text, Box::new(f64::round));
    }
    if let Some((text, floor)) = text
        .strip_suffix(')')
        .and_then(|text| text.rsplit_once(" (not under "))
    {
        let floor: f64 = floor.parse().unwrap();
        return (text, Box::new(move |value| value.max(floor)));
    }
    if let Some((text, cap)) = text
        .strip_suffix(',')
        .and_then(|text| text.rsplit_once(", at most "))
    {
        let cap: f64 = cap.parse().unwrap();
        return (text, Box::new(move |value| value.min(cap)));
    }
    (text, Box::new(|value| value))
}

/// The number or calculation that the text begins with, and the decimals of a number.
fn right(text: &str) -> Option<(f64, i32)> {
    let (value, _, decimals) = sum(text)?;
    Some((value, decimals))
}

fn is_operator(character: char) -> bool {
    matches!(character, '+' | '−' | '×' | '÷' | '(')
}

/// Value, rest, and the decimals of the last number.
type Read<'a> = Option<(f64, &'a str, i32)>;

fn sum(text: &str) -> Read<'_> {
    let (mut value, mut rest, mut decimals) = product(text)?;
    loop {
        let trimmed = rest.trim_start();
        let (sign, behind) = match (trimmed.strip_prefix('+'), trimmed.strip_prefix('−')) {
            (Some(behind), _) => (1.0, behind),
            (_, Some(behind)) => (-1.0, behind),
            _ => return Some((value, rest, decimals)),
        };
        let (more, behind, places) = product(behind)?;
        (value, rest, decimals) = (value + sign * more, behind, places);
    }
}

fn product(text: &str) -> Read<'_> {
    let (mut value, mut rest, mut decimals) = factor(text)?;
    loop {
        let trimmed = rest.trim_start();
        let (divides, behind) = match (trimmed.strip_prefix('×'), trimmed.strip_prefix('÷')) {
            (Some(behind), _) => (false, behind),
            (_, Some(behind)) => (true, behind),
            _ => return Some((value, rest, decimals)),
        };
        let (more, behind, places) = factor(behind)?;
        value = if divides { value / more } else { value * more };
        (rest, decimals) = (behind, places);
    }
}

fn factor(text: &str) -> Read<'_> {
    let text = text.trim_start();
    if let Some(inside) = text.strip_prefix('(') {
        let (value, rest, decimals) = sum(inside)?;
        return Some((value, rest.trim_start().strip_prefix(')')?, decimals));
    }
    if let Some(inside) = text.strip_prefix("min(") {
        let (first, rest, _) = sum(inside)?;
        let (second, rest, decimals) = sum(rest.strip_prefix(',')?)?;
        return Some((first.min(second), rest.strip_prefix(')')?, decimals));
    }
    number(text)
}

fn number(text: &str) -> Read<'_> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let bytes = digits.as_bytes();
    let is_digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let mut end = 0;
    while is_digit(end)
        || (end > 0 && matches!(bytes.get(end), Some(b',' | b'.')) && is_digit(end + 1))
    {
        end += 1;
    }
    let (written, rest) = digits.split_at(end);
    let mut value: f64 = written.replace(',', "").parse().ok()?;
    let mut decimals = written
        .split_once('.')
        .map_or(0, |(_, places)| places.len() as i32);
    if digits.len() < text.len() {
        value = -value;
    }
    match rest.strip_prefix('%') {
        Some(rest) => {
            decimals += 2;
            Some((value / 100.0, rest, decimals))
        }
        None => Some((value, rest, decimals)),
    }
}

#[test]
fn the_calculator_calculates() {
    for (line, count) in [
        (
            "A = (9,100,000.00 + 9,200,000.00) ÷ 2 = 18,300,000.00 ÷ 2 = 9,150,000.00",
            2,
        ),
        ("Q2 = 1 − Q1 = 1 − 0.75 = 0.25", 1),
        (
            "(price − benchmark) ÷ benchmark × 100% = (9 − 8) ÷ 8 × 100% = 12.50%",
            1,
        ),
        ("each 1% costs 2: 60 − 40 × 2 (not under 10) = 10.00", 1),
        ("min(120, 100) ÷ 100 × 10.05, at most 10, = 10.00", 1),
        ("n = 12 ≥ 7", 0),
    ] {
        assert_eq!(check(line).unwrap(), count, "{line}");
    }
    assert!(check("2 × 3 = 7").is_err());
}
