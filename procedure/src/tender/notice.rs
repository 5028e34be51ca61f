//! Admission of the notice: the law of its profile, the rule set, the bid form, the documents.

use std::collections::BTreeSet;

use record::sealing::document_set_digest;

use super::rules::check_rule_set;
use super::{Bidding, Case, Preparation, PreparedSet, Stage, Tender};
use crate::act::{FieldType, Notice};
use crate::law::{Limit, Profile, days_between, replaced_by};
use crate::limits::{
    DOCUMENTS_MAX, DURATION_MS_MAX, FORM_FIELDS_MAX, NAME_CHARS_MAX, TEXT_CHARS_MAX, TIME_MS_MAX,
    WITNESSES_MAX,
};
use crate::refusal::{Code, Refusal, demand};
use crate::{At, text};

/// The field of every bid form that holds the price.
pub(super) const PRICE_FIELD: &str = "price";

impl Tender {
    pub(super) fn notice(&mut self, body: &Notice, case: &Case<'_>) -> Result<(), Refusal> {
        let Stage::Draft(preparation) = &self.stage else {
            return Err(self.wrong_stage());
        };
        case.signed_only_by(&self.tenderee)?;
        let profile = Profile::released(&body.profile).ok_or_else(|| {
            Refusal::new(Code::ProfileUnknown, body.profile.id.to_string()).at("/profile")
        })?;
        demand(profile.tenders, Code::ProfileForChecking, || {
            format!(
                "{} version {}",
                profile.reference.id, profile.reference.version
            )
        })
        .map_err(|refusal| refusal.at("/profile"))?;
        if let Some(newer) = replaced_by(profile, case.at.time_ms) {
            let detail = format!("use version {}", newer.reference.version);
            return Err(Refusal::new(Code::ProfileReplaced, detail).at("/profile/version"));
        }
        check_sizes(body)?;
        check_basis(body, profile)?;
        check_documents(body)?;
        check_times(body, profile, case.at)?;
        check_bid_form(body)?;
        check_rule_set(&body.rules, profile)?;
        for account in body.witnesses.iter().chain(body.credit_source()) {
            let known = case.directory.account(account).is_some();
            demand(known, Code::AccountUnknown, || account.to_string())?;
        }
        let prepared = rehearsed_set(preparation, body)?;
        let bidding = Bidding {
            notice: body.clone(),
            notice_id: case.id,
            announced: case.at,
            deadline_ms: body.deadline_ms,
            outages: Vec::new(),
            profile,
            trustees: prepared.set.clone(),
            keys: prepared.keys.clone(),
            announce: None,
            credit_commitment: Vec::new(),
            bids: Default::default(),
            live: Default::default(),
            manifests: Default::default(),
            roots: Default::default(),
            key_blocks: Default::default(),
            contributions: Default::default(),
            given: Default::default(),
        };
        self.stage = Stage::Announced(Box::new(bidding));
        Ok(())
    }
}

fn rehearsed_set<'a>(
    preparation: &'a Preparation,
    body: &Notice,
) -> Result<&'a PreparedSet, Refusal> {
    let prepared = preparation.sets.get(&body.trustee_set).ok_or_else(|| {
        Refusal::new(Code::TrusteeSetMissing, body.trustee_set.to_string()).at("/trustee_set")
    })?;
    demand(
        prepared.is_rehearsed(),
        Code::RehearsalMissing,
        || "every trustee must release its rehearsal share",
    )?;
    Ok(prepared)
}

fn check_sizes(body: &Notice) -> Result<(), Refusal> {
    let opening = &body.opening;
    let durations = [
        opening.window_ms,
        opening.confirmation_ms,
        opening.draw_window_ms,
        opening.draw_objection_ms,
    ];
    let limits = [
        (body.documents.len() <= DOCUMENTS_MAX, "documents"),
        (body.bid_form.len() <= FORM_FIELDS_MAX, "bid_form"),
        (body.witnesses.len() <= WITNESSES_MAX, "witnesses"),
        (body.particulars.len() <= FORM_FIELDS_MAX, "particulars"),
        (
            durations
                .iter()
                .all(|duration| *duration <= DURATION_MS_MAX),
            "opening",
        ),
        (
            opening.window_ms > 0 && opening.draw_window_ms > 0,
            "opening",
        ),
        (
            body.deadline_ms <= TIME_MS_MAX && body.opening_ms <= TIME_MS_MAX,
            "deadline_ms",
        ),
        (body.publicity_days <= 366, "publicity_days"),
    ];
    for (holds, field) in limits {
        demand(holds, Code::LimitExceeded, || "see the limits of a notice")
            .map_err(|refusal| refusal.at(format!("/{field}")))?;
    }
    for (name, value) in &body.particulars {
        text::length(name, NAME_CHARS_MAX, "/particulars")?;
        text::length(value, TEXT_CHARS_MAX, "/particulars")?;
    }
    Ok(())
}

fn check_basis(body: &Notice, profile: &Profile) -> Result<(), Refusal> {
    if let Some(basis) = &body.legal_basis {
        text::length(basis, TEXT_CHARS_MAX, "/legal_basis")?;
    }
    demand(
        profile.statutory || body.legal_basis.is_some(),
        Code::LegalBasisMissing,
        || {
            format!(
                "{} is for tenders that the law does not demand",
                profile.reference.id
            )
        },
    )
    .map_err(|refusal| refusal.at("/legal_basis"))
}

fn check_documents(body: &Notice) -> Result<(), Refusal> {
    let refuse =
        |detail: String| Refusal::new(Code::DocumentSetMismatch, detail).at("/document_set");
    let documents: Vec<_> = body
        .documents
        .iter()
        .map(|document| (document.name.clone(), document.size, document.root))
        .collect();
    for document in &body.documents {
        text::length(&document.name, NAME_CHARS_MAX, "/documents")?;
    }
    let digest = document_set_digest(&documents).map_err(|error| refuse(error.to_string()))?;
    demand(
        digest == body.document_set,
        Code::DocumentSetMismatch,
        || format!("the digest is {digest}"),
    )
    .map_err(|refusal| refusal.at("/document_set"))
}

fn check_times(body: &Notice, profile: &Profile, at: At) -> Result<(), Refusal> {
    demand(body.deadline_ms > at.time_ms, Code::DeadlineInPast, || {
        format!("now is {} ms", at.time_ms)
    })
    .map_err(|refusal| refusal.at("/deadline_ms"))?;
    let days_to = |end_ms| days_between(profile.zone, at.time_ms, end_ms);
    if let Some((rule, days)) = profile.rule(|limit| match limit {
        Limit::DocumentDaysMin { days } => Some(*days),
        _ => None,
    }) {
        let available = days_to(body.documents_until_ms);
        demand(
            available >= i64::from(days),
            Code::DocumentPeriodShort,
            || format!("{available} days, {days} needed"),
        )
        .map_err(|refusal| refusal.at("/documents_until_ms").under(Some(rule)))?;
    }
    if let Some((rule, days)) = profile.rule(|limit| match limit {
        Limit::BiddingDaysMin { days } => Some(*days),
        _ => None,
    }) {
        let available = days_to(body.deadline_ms);
        demand(
            available >= i64::from(days),
            Code::BiddingPeriodShort,
            || format!("{available} days, {days} needed"),
        )
        .map_err(|refusal| refusal.at("/deadline_ms").under(Some(rule)))?;
    }
    check_opening_time(body, profile)?;
    check_publicity(body, profile)
}

fn check_opening_time(body: &Notice, profile: &Profile) -> Result<(), Refusal> {
    let at_deadline = profile.rule(|limit| matches!(limit, Limit::OpeningAtDeadline).then_some(()));
    let holds = match at_deadline {
        Some(_) => body.opening_ms == body.deadline_ms,
        None => body.opening_ms >= body.deadline_ms,
    };
    demand(holds, Code::OpeningTime, || {
        format!(
            "opening {} ms, deadline {} ms",
            body.opening_ms, body.deadline_ms
        )
    })
    .map_err(|refusal| {
        refusal
            .at("/opening_ms")
            .under(at_deadline.map(|(rule, ())| rule))
    })
}

fn check_publicity(body: &Notice, profile: &Profile) -> Result<(), Refusal> {
    let Some((rule, days_min)) = profile.rule(|limit| match limit {
        Limit::Publicity { days_min, .. } => Some(*days_min),
        _ => None,
    }) else {
        return Ok(());
    };
    demand(
        body.publicity_days >= days_min,
        Code::PublicityShort,
        || format!("{days_min} days are needed"),
    )
    .map_err(|refusal| refusal.at("/publicity_days").under(Some(rule)))
}

fn check_bid_form(body: &Notice) -> Result<(), Refusal> {
    let refuse = |detail: &str| Refusal::new(Code::BidFormInvalid, detail).at("/bid_form");
    for unit in body
        .bid_form
        .iter()
        .filter_map(|field| field.unit.as_deref())
    {
        text::length(unit, NAME_CHARS_MAX, "/bid_form")?;
    }
    let unique: BTreeSet<_> = body.bid_form.iter().map(|field| &field.id).collect();
    demand(
        unique.len() == body.bid_form.len(),
        Code::BidFormInvalid,
        || "a field stands twice",
    )?;
    let price = body
        .bid_form
        .iter()
        .find(|field| field.id.as_str() == PRICE_FIELD);
    let price = price.ok_or_else(|| refuse("the field `price` is missing"))?;
    demand(
        price.required && price.field_type == FieldType::Money,
        Code::BidFormInvalid,
        || "`price` is required and of type money",
    )
}
