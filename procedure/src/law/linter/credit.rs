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
    for (place, item) in subject.rules.credit_items.iter().enumerate() {
        // An id such as `local-performance` says it, too.
        let said = format!("{} {}", item.id.replace(['-', '_'], " "), item.text).to_lowercase();
        let mut rules = subject.profile.rules.iter();
        let local = rules.find_map(|rule| Some((rule, words_of(&rule.limit, &said)?)));
        if let Some((rule, words)) = local {
            let pointer = format!("/credit_items/{place}");
            let values = [("word", words.as_str())];
            let code = FindingCode::CreditLocal;
            found.push(Finding::under(rule, code, pointer, &values));
        }
    }
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
    Some(format!("{}…{matter}", named(places)?))
}
