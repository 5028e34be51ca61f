//! What credit and other marks are made of, and who answers for the values.

use super::{Finding, FindingCode, Severity, Subject};
use crate::law::Limit;

pub(super) fn look(subject: &Subject<'_>, found: &mut Vec<Finding>) {
    if let Some(credit) = &subject.rules.credit
        && credit.source.is_none()
    {
        let code = FindingCode::CreditSourceOpen;
        found.push(Finding::new(code, Severity::Note, "/credit", &[]));
    }
    let items = subject.rules.credit_items.iter().enumerate();
    let items = items.map(|(place, item)| {
        let said = format!("{} {}", item.id, item.text);
        (format!("/credit_items/{place}"), said)
    });
    // What the committee scores is named by its id.
    let technical = subject.rules.technical.iter().flat_map(|rule| &rule.items);
    let technical = technical.enumerate().map(|(place, item)| {
        let pointer = format!("/technical/items/{place}");
        (pointer, item.id.clone())
    });
    for (pointer, said) in items.chain(technical) {
        let said = plain(&said);
        let mut rules = subject.profile.rules.iter();
        let local = rules.find_map(|rule| Some((rule, words_of(&rule.limit, &said)?)));
        if let Some((rule, words)) = local {
            let values = [("word", words.as_str())];
            let code = FindingCode::CreditLocal;
            found.push(Finding::under(rule, code, pointer, &values));
        }
    }
}

/// As it is compared: an id such as `local-performance` says it, too, and Chinese has no white space.
fn plain(said: &str) -> String {
    let blank = |letter: char| {
        letter.is_whitespace()
            || matches!(letter, '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}')
    };
    let said = said.replace(['-', '_'], " ").to_lowercase();
    let mut plain = String::new();
    for word in said.split(blank).filter(|word| !word.is_empty()) {
        let latin = |letter: Option<char>| letter.is_some_and(|letter| letter.is_ascii());
        if latin(plain.chars().next_back()) && latin(word.chars().next()) {
            plain.push(' ');
        }
        plain.push_str(word);
    }
    plain
}

/// Words for here that every profile with words for here means.
const PLACES: [&str; 3] = ["所在地", "属地", "项目地"];

/// What a place must not be asked for if it is named right before.
const NAMED_MATTERS: [&str; 2] = ["业绩", "纳税"];

/// "宿迁市业绩": a place by its name. A 小区 or 园区 is a kind of building.
fn named_place(said: &str) -> Option<String> {
    NAMED_MATTERS.into_iter().find_map(|matter| {
        let mut found = said.match_indices(matter);
        found.find_map(|(at, _)| {
            let before = said.get(..at)?.trim_end_matches(['的', '内']);
            let mut letters = before.chars().rev();
            let kind = letters
                .next()
                .filter(|kind| ['市', '县', '区'].contains(kind))?;
            let name = letters.next()?;
            let building = ['小', '园', '景', '城', '社', '校', '片', '库', '厂'].contains(&name);
            (!building).then(|| format!("{name}{kind}…{matter}"))
        })
    })
}

/// The words by which `said` asks for something from here.
fn words_of(limit: &Limit, said: &str) -> Option<String> {
    let Limit::NoLocalCredit { places, matters } = limit else {
        return None;
    };
    let named = |words: &[String]| {
        words
            .iter()
            .find(|word| said.contains(word.as_str()))
            .cloned()
    };
    let matter = named(matters)?;
    if places.is_empty() {
        return Some(matter);
    }
    let place = named(places).or_else(|| {
        let mut more = PLACES.into_iter();
        more.find(|place| said.contains(place)).map(str::to_owned)
    });
    place.map_or_else(
        || named_place(said),
        |place| Some(format!("{place}…{matter}")),
    )
}
