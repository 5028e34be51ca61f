//! The order of a report: what was given, who is out, the benchmark, each bidder, the ranking, the winner.

use std::collections::BTreeMap;

use evaluation::Bid;
use serde_json::Value;

use super::fill::grouped;
use super::page::Page;
use super::{Prose, array, rules};

/// Sections between the rules and the bidders: the heading, and what the ids of their steps begin with.
const SECTIONS: [(&str, &[&str]); 6] = [
    ("shortlist", &["shortlist"]),
    ("benchmark", &["benchmark"]),
    ("award_price", &["award_price"]),
    ("floor", &["floor"]),
    ("technical", &["technical"]),
    ("credit", &["credit"]),
];
/// The step that takes the provisional sums off the control price.
const NET_CONTROL_PRICE: &str = "control_price";
/// The step that names the winner.
const WINNER: &str = "winner";
/// The columns of the ranking, as the result names them, from left to right behind rank, bidder and price.
const COLUMNS: [&str; 6] = [
    "evaluated_price",
    "deviation_percent",
    "price_score",
    "technical",
    "credit",
    "total",
];

/// The whole report.
pub fn report(prose: &Prose<'_>) -> Page {
    let steps = Steps::of(prose);
    let bids = array(&prose.result["bids"]);
    let ranked = ranked(bids);
    let mut writer = Writer {
        prose,
        given: (prose.case.bids.iter())
            .map(|bid| (bid.bidder.as_str(), bid))
            .collect(),
        page: Page::default(),
        sections: 0,
    };
    writer.page.title(prose.text("title", []));
    writer.section("rules");
    rules::write(prose, &mut writer.page);
    for step in steps
        .general
        .iter()
        .filter(|step| kind(step) == NET_CONTROL_PRICE)
    {
        writer.step(step);
    }
    writer.section("excluded");
    writer.excluded(&steps, bids);
    for (heading, kinds) in SECTIONS {
        let section = steps.general.iter();
        let section = section.filter(|step| kinds.contains(&kind(step)));
        let section: Vec<_> = section.collect();
        if !section.is_empty() {
            writer.section(heading);
        }
        for step in section {
            writer.step(step);
        }
    }
    if !ranked.is_empty() {
        writer.section("bids");
    }
    for bid in &ranked {
        writer.bidder(&steps, bid);
    }
    writer.section("ranking");
    writer.ranking(bids, &ranked);
    writer.section("winner");
    for step in steps.general.iter().filter(|step| kind(step) == WINNER) {
        writer.step(step);
    }
    writer.page
}

/// The steps of the explanation, by what they are about, each in the order of calculation.
struct Steps<'a> {
    general: Vec<&'a Value>,
    of_bidder: BTreeMap<&'a str, Vec<&'a Value>>,
}

impl<'a> Steps<'a> {
    fn of(prose: &'a Prose<'_>) -> Steps<'a> {
        let mut steps = Steps {
            general: Vec::new(),
            of_bidder: BTreeMap::new(),
        };
        for bid in array(&prose.result["bids"]) {
            steps.of_bidder.insert(name(bid), Vec::new());
        }
        for step in prose.steps() {
            match step["id"].as_str().and_then(|id| id.strip_prefix("bid/")) {
                Some(rest) => {
                    // A name may itself have a slash: the longest bidder that fits is meant.
                    let ends = rest
                        .match_indices('/')
                        .map(|(at, _)| at)
                        .collect::<Vec<_>>();
                    let bidder = ends
                        .into_iter()
                        .rev()
                        .filter_map(|end| rest.get(..end))
                        .find(|name| steps.of_bidder.contains_key(name));
                    if let Some(list) = bidder.and_then(|bidder| steps.of_bidder.get_mut(bidder)) {
                        list.push(step);
                    }
                }
                None => steps.general.push(step),
            }
        }
        steps
    }
}

/// Which part of the calculation a step belongs to: what its id begins with.
fn kind(step: &Value) -> &str {
    let id = step["id"].as_str().unwrap_or_default();
    id.split_once('/').map_or(id, |(kind, _)| kind)
}

fn name(bid: &Value) -> &str {
    bid["bidder"].as_str().unwrap_or_default()
}

/// Those with a rank, first to last, in the case's order within a rank.
fn ranked(bids: &[Value]) -> Vec<&Value> {
    let mut ranked: Vec<&Value> = bids.iter().filter(|bid| bid["rank"].is_u64()).collect();
    ranked.sort_by_key(|bid| bid["rank"].as_u64());
    ranked
}

struct Writer<'a, 'p> {
    prose: &'a Prose<'p>,
    /// The bids of the case.
    given: BTreeMap<&'a str, &'a Bid>,
    page: Page,
    sections: usize,
}

impl Writer<'_, '_> {
    fn section(&mut self, name: &str) {
        self.sections += 1;
        let inputs = [
            ("number", self.sections.to_string().into()),
            (
                "heading",
                self.prose.text(&format!("heading.{name}"), []).into(),
            ),
        ];
        self.page.heading(self.prose.text("heading", inputs));
    }

    fn step(&mut self, step: &Value) {
        if let Some((name, sentence)) = self.prose.step(step) {
            self.page.labelled(name.to_owned(), sentence);
        }
    }

    /// The bids that have no rank, and why.
    fn excluded(&mut self, steps: &Steps<'_>, bids: &[Value]) {
        let mut excluded = bids.iter().filter(|bid| bid["rank"].is_null()).peekable();
        if excluded.peek().is_none() {
            self.page.line(self.prose.text("excluded.nobody", []));
        }
        for bid in excluded {
            let sentences = steps.of_bidder[name(bid)].iter();
            let sentences = sentences.filter_map(|step| self.prose.step(step));
            let sentences: Vec<_> = sentences.map(|(_, sentence)| sentence).collect();
            let text = sentences.join(&self.prose.text("then", []));
            self.page.labelled(name(bid).to_owned(), text);
        }
    }

    fn bidder(&mut self, steps: &Steps<'_>, bid: &Value) {
        let prose = self.prose;
        let rank = bid["rank"].to_string();
        let inputs = [("bidder", name(bid).into()), ("rank", rank.into())];
        self.page.heading(prose.text("heading.bidder", inputs));
        if let Some(given) = self.given.get(name(bid)) {
            let price = given.price.to_string();
            let label = prose.text("label.price", []);
            let text = prose.text("head.price", [("price", price.into())]);
            self.page.labelled(label, text);
        }
        for step in &steps.of_bidder[name(bid)] {
            self.step(step);
        }
    }

    fn ranking(&mut self, bids: &[Value], ranked: &[&Value]) {
        let prose = self.prose;
        let columns = COLUMNS.iter();
        let columns = columns.filter(|column| bids.iter().any(|bid| !bid[**column].is_null()));
        let columns: Vec<&str> = columns.copied().collect();
        let head = ["rank", "bidder", "price"].iter().chain(&columns);
        let head = head.map(|column| prose.text(&format!("column.{column}"), []));
        let excluded = bids.iter().filter(|bid| bid["rank"].is_null());
        let rows = ranked.iter().copied().chain(excluded).map(|bid| {
            let rank = match bid["rank"].as_u64() {
                Some(rank) => rank.to_string(),
                None => {
                    let status = bid["status"].as_str().unwrap_or_default();
                    prose.text(&format!("status.{status}"), [])
                }
            };
            let price = self.given.get(name(bid));
            let price = price.map_or_else(String::new, |bid| grouped(&bid.price.to_string()));
            let mut row = vec![rank, name(bid).to_owned(), price];
            let numbers = columns.iter().map(|column| bid[*column].as_str());
            row.extend(numbers.map(|number| number.map_or_else(String::new, grouped)));
            row
        });
        self.page.table(head.collect(), rows.collect(), 1);
    }
}
