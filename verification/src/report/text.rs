//! The report for people: plain text, at most 100 columns, no colours.

use std::fmt::Write as _;

use procedure::act::DrawnValue;
use record::Digest;

use super::{BidLine, Check, GoneBid, Report, Status, Summary, TrustSource, Verdict};

const WIDTH: usize = 100;
/// Where the text of a check begins.
const INDENT: usize = 8;

pub(super) fn render(report: &Report) -> String {
    let mut out = String::new();
    head(&mut out, report);
    for check in &report.checks {
        check_lines(&mut out, check);
    }
    happened(&mut out, &report.summary);
    line(&mut out, 0, "");
    line(&mut out, 0, verdict(report));
    out
}

/// Writes one line, folded at [`WIDTH`], continued under its beginning.
fn line(out: &mut String, indent: usize, text: &str) {
    let mut room = WIDTH.saturating_sub(indent);
    let mut pending = " ".repeat(indent);
    let mut is_empty = true;
    for word in text.split(' ') {
        let length = word.chars().count();
        if !is_empty && length >= room {
            push_line(out, &pending);
            pending = " ".repeat(indent.saturating_add(2));
            room = WIDTH.saturating_sub(indent).saturating_sub(2);
            is_empty = true;
        }
        if !is_empty {
            pending.push(' ');
            room = room.saturating_sub(1);
        }
        pending.push_str(word);
        room = room.saturating_sub(length);
        is_empty = false;
    }
    push_line(out, &pending);
}

fn push_line(out: &mut String, text: &str) {
    out.push_str(text.trim_end());
    out.push('\n');
}

/// Texts come out of statements that anybody may have written: nothing in them may move the cursor.
fn printable(text: &str) -> String {
    // Besides control characters: marks that turn the direction of writing.
    let turns = |character| matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let clean = |character: char| match character.is_control() || turns(character) {
        true => '\u{fffd}',
        false => character,
    };
    text.chars().map(clean).collect()
}

fn head(out: &mut String, report: &Report) {
    let unknown = || "unknown".to_owned();
    let tender = report
        .tender
        .as_ref()
        .map_or_else(unknown, ToString::to_string);
    line(out, 0, &format!("Tender  {tender}"));
    if let Some(title) = &report.title {
        line(out, 0, &format!("Title   {}", printable(title)));
    }
    if let Some(origin) = &report.origin {
        line(out, 0, &format!("Log     {}", printable(origin)));
    }
    line(
        out,
        0,
        match report.trust {
            TrustSource::File => "Trust   from the trust file",
            TrustSource::SelfAsserted => "Trust   self-asserted (no trust file was given)",
        },
    );
    if report.simulated_time {
        line(
            out,
            0,
            "Clock   SIMULATED TIME (a demo log: nothing here is binding)",
        );
    }
    line(out, 0, "");
}

fn check_lines(out: &mut String, check: &Check) {
    let title = format!("{:<5}{:<15}{}", check.id, check.status.as_str(), check.name);
    line(out, 0, &title);
    if let (Some(why), true) = (&check.why, check.status != Status::Holds) {
        line(out, INDENT, &format!("? {}", printable(why)));
    }
    for finding in &check.findings {
        let place = finding
            .member
            .as_ref()
            .filter(|member| !member.is_empty())
            .map_or_else(String::new, |member| format!(" [{member}]"));
        let text = format!("! {}: {}{place}", finding.code, finding.detail);
        line(out, INDENT, &printable(&text));
    }
    for note in &check.notes {
        line(out, INDENT, &format!("- {}", printable(note)));
    }
}

fn happened(out: &mut String, summary: &Summary) {
    let Some(stage) = summary.stage else { return };
    let mut fact = |name: &str, value: &str| {
        line(out, 0, &format!("{name:<11}{}", printable(value)));
    };
    fact("", "");
    fact("Stage", stage);
    if let Some(ended) = &summary.ended {
        fact("Because", ended);
    }
    if let (Some(winner), Some(price)) = (&summary.winner, &summary.price) {
        fact("Winner", &format!("{winner} at {price}"));
    }
    if let Some(benchmark) = &summary.benchmark {
        fact("Benchmark", benchmark);
    }
    if let Some(method) = &summary.method {
        fact("Method", &format!("{method}{}", parameters(summary)));
    }
    if let Some(seed) = &summary.seed {
        fact("Seed", &seed.to_string());
    }
    for attempt in &summary.attempts {
        let (number, given) = (attempt.number, attempt.contributions);
        let text = format!(
            "attempt {number}: {given} contributions, {}",
            attempt.outcome
        );
        fact("Draw", &text);
    }
    table(out, &summary.bids);
    gone(out, summary);
}

fn parameters(summary: &Summary) -> String {
    let mut text = String::new();
    for (name, value) in &summary.parameters {
        let value = match value {
            DrawnValue::Decimal(value) => value.clone(),
            DrawnValue::Index(index) => index.to_string(),
        };
        // Writing into a string cannot fail.
        let _ = write!(text, "  {name} = {value}");
    }
    text
}

/// Bids by rank, those without one at the end.
fn table(out: &mut String, bids: &[BidLine]) {
    if bids.is_empty() {
        return;
    }
    let mut sorted: Vec<&BidLine> = bids.iter().collect();
    sorted.sort_by_key(|bid| (bid.rank.unwrap_or(u32::MAX), &bid.bidder));
    let width = |column: fn(&BidLine) -> usize, least: usize| {
        bids.iter().map(column).max().unwrap_or(0).max(least)
    };
    let names = width(|bid| bid.bidder.as_str().len(), 6);
    let prices = width(|bid| bid.price.as_ref().map_or(0, String::len), 5);
    let totals = width(|bid| bid.total.as_ref().map_or(0, String::len), 5);
    push_line(out, "");
    let title = format!(
        "Rank  {:<names$}  {:>prices$}  {:>totals$}  Outcome",
        "Bidder", "Price", "Total"
    );
    push_line(out, &title);
    for bid in sorted {
        let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
        let rank = bid
            .rank
            .map_or_else(|| "-".to_owned(), |rank| rank.to_string());
        let reason = match &bid.reason {
            Some(reason) => format!(" ({reason})"),
            None => String::new(),
        };
        let row = format!(
            "{rank:>4}  {:<names$}  {:>prices$}  {:>totals$}  {}{reason}",
            bid.bidder.as_str(),
            text(&bid.price),
            text(&bid.total),
            bid.outcome
        );
        push_line(out, &printable(&row));
    }
}

/// Bids that no longer count, and trustees who lied. The digests in full stand in the JSON form.
fn gone(out: &mut String, summary: &Summary) {
    let mut bid_line = |bid: &GoneBid, what: &str| {
        let (bidder, manifest, by) = (&bid.bidder, short(&bid.manifest), short(&bid.by));
        push_line(
            out,
            &format!("      {bidder}: bid {manifest} was {what} {by}"),
        );
    };
    for bid in &summary.replaced {
        bid_line(bid, "replaced by");
    }
    for bid in &summary.withdrawn {
        bid_line(bid, "withdrawn by");
    }
    for wrong in &summary.wrong_shares {
        let who = wrong
            .trustee
            .as_ref()
            .map_or_else(String::new, |who| format!(" ({who})"));
        let (slot, bids) = (wrong.slot, wrong.bids);
        push_line(
            out,
            &format!("      trustee {slot}{who} released wrong shares of {bids} bids"),
        );
    }
}

/// Enough of a digest to find it.
fn short(digest: &Digest) -> String {
    digest.to_string().chars().take(12).collect()
}

fn verdict(report: &Report) -> &'static str {
    match report.verdict {
        Verdict::Holds => "Nothing fails.",
        Verdict::SelfAsserted => {
            "Nothing fails, but log key and root key were taken from the bundle: self-asserted."
        }
        Verdict::Fails => "SOMETHING FAILS: do not rely on this record.",
        Verdict::Unusable => "This is not a bundle that can be checked.",
    }
}
