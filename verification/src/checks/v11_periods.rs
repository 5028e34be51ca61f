//! V11: the law. The profile is a released one, and each of its limits is counted again from the log's times
//! (civil days of the profile's zone).

use procedure::act::{Candidates, Notice};
use procedure::law::linter::{FindingCode, Severity, lint};
use procedure::law::{Limit, Profile, Rule, days_between};
use procedure::limits::OBJECTIONS_MAX;
use record::Digest;

use super::outages;
use crate::findings::Findings;
use crate::replay::{Item, Replay, acts};

pub(super) fn check(replay: &Replay<'_>, found: &mut Findings) {
    let Some((item, notice)) = replay.notice() else {
        if replay.profile.is_some() {
            let detail = "no notice names a profile, and the bundle holds a document";
            found.fail_member("profile.json", "profile-unexpected", detail);
        }
        return found.not_checkable(format!("there is no notice: {}", replay.ends_at()));
    };
    document(replay, notice, found);
    let Some(profile) = Profile::released(&notice.profile) else {
        let named = &notice.profile;
        let detail = format!(
            "{} version {} with digest {} is not a released profile",
            named.id, named.version, named.digest
        );
        return found.fail_at(item, "profile-unknown", detail);
    };
    let law = Law {
        replay,
        item,
        notice,
        profile,
    };
    for rule in &profile.rules {
        law.rule(rule, found);
    }
    law.outages_foreseen(found);
    law.rules(found);
    law.objections(found);
    law.publicity_held(found);
    found.note(format!(
        "profile {} version {}: {}",
        notice.profile.id, notice.profile.version, profile.title.en
    ));
}

/// The profile document travels with the record, so that it can be read in twenty years.
fn document(replay: &Replay<'_>, notice: &Notice, found: &mut Findings) {
    match &replay.profile {
        None => found.fail_member(
            "profile.json",
            "profile-missing",
            "the notice names a profile, the bundle does not hold it",
        ),
        Some(bytes) if Digest::sha256(bytes) != notice.profile.digest => found.fail_member(
            "profile.json",
            "profile-digest",
            "its SHA-256 is not the one that the notice names",
        ),
        Some(_) => {}
    }
}

struct Law<'a> {
    replay: &'a Replay<'a>,
    /// The notice's statement.
    item: &'a Item,
    notice: &'a Notice,
    profile: &'a Profile,
}

impl Law<'_> {
    fn rule(&self, rule: &Rule, found: &mut Findings) {
        let notice = self.notice;
        match &rule.limit {
            Limit::DocumentDaysMin { days } => {
                let end_ms = notice.documents_until_ms;
                self.days(rule, "document-period-short", end_ms, *days, found);
            }
            Limit::BiddingDaysMin { days } => {
                self.days(
                    rule,
                    "bidding-period-short",
                    notice.deadline_ms,
                    *days,
                    found,
                );
            }
            Limit::OpeningAtDeadline => self.opening_time(rule, found),
            Limit::BiddersMin { count } => self.bidders(rule, *count, found),
            Limit::Publicity {
                publish_within_days,
                days_min,
            } => self.publicity(rule, *publish_within_days, *days_min, found),
            Limit::CandidatesMax { count } => self.candidates(rule, *count, found),
            Limit::Outage {
                window_ms,
                gap_ms,
                extension_ms,
            } => outages::check(
                self.replay,
                rule,
                [*window_ms, *gap_ms, *extension_ms],
                found,
            ),
            // Whatever the profile says, see `objections`; the law of rule sets, see `rules`.
            _ => {}
        }
    }

    fn opening_time(&self, rule: &Rule, found: &mut Findings) {
        if self.notice.opening_ms != self.notice.deadline_ms {
            let detail = says(rule, "the opening is not at the deadline");
            found.fail_at(self.item, "opening-time", detail);
        }
    }

    /// From the notice to `end_ms` there are at least so many days.
    fn days(&self, rule: &Rule, code: &str, end_ms: u64, least: u32, found: &mut Findings) {
        let days = days_between(self.profile.zone, self.item.time_ms(), end_ms);
        let text = says(rule, &format!("{days} days, at least {least}"));
        match days >= i64::from(least) {
            true => found.note(text),
            false => found.fail_at(self.item, code, text),
        }
    }

    /// Nothing was opened with fewer live bidders than the minimum.
    fn bidders(&self, rule: &Rule, least: u32, found: &mut Findings) {
        let closed = self.replay.stage().and_then(|stage| stage.closed());
        let Some(closed) = closed else { return };
        let live = closed.bidding.live.len();
        let enough = usize::try_from(least).is_ok_and(|least| live >= least);
        let results = acts!(self.replay, OpeningResults).next();
        let text = says(rule, &format!("{live} live bids, at least {least}"));
        match results {
            Some((item, _)) if !enough => found.fail_at(item, "too-few-bidders", text),
            _ => found.note(text),
        }
    }

    fn publicity(&self, rule: &Rule, within: u32, least: u32, found: &mut Findings) {
        if self.notice.publicity_days < least {
            let text = format!(
                "{} days announced, at least {least}",
                self.notice.publicity_days
            );
            found.fail_at(self.item, "publicity-short", says(rule, &text));
        }
        let report = acts!(self.replay, EvaluationReport).next();
        let candidates = acts!(self.replay, Candidates).next();
        let (Some((report, _)), Some((item, body))) = (report, candidates) else {
            return;
        };
        let zone = self.profile.zone;
        let waited = days_between(zone, report.time_ms(), item.time_ms());
        let lasted = days_between(zone, item.time_ms(), body.publicity_until_ms);
        let text = says(
            rule,
            &format!(
                "published {waited} days after the report (at most {within}), for {lasted} days (at least {least})"
            ),
        );
        match waited <= i64::from(within) && lasted >= i64::from(least) {
            true => found.note(text),
            false => found.fail_at(item, "publicity-late-or-short", text),
        }
    }

    fn candidates(&self, rule: &Rule, most: u32, found: &mut Findings) {
        let Some((item, body)) = acts!(self.replay, Candidates).next() else {
            return;
        };
        let is_tie = |body: &Candidates| body.candidates.iter().all(|place| place.rank == 1);
        let count = body.candidates.len();
        let text = says(rule, &format!("{count} candidates, at most {most}"));
        match usize::try_from(most).is_ok_and(|most| count <= most) || is_tie(body) {
            true => found.note(text),
            false => found.fail_at(item, "candidates-max", text),
        }
    }

    /// Without a rule of outages there is none.
    fn outages_foreseen(&self, found: &mut Findings) {
        let has_rule = |rule: &Rule| matches!(rule.limit, Limit::Outage { .. });
        if self.profile.rules.iter().any(has_rule) {
            return;
        }
        for (item, _) in acts!(self.replay, Outage) {
            let detail = "the profile closes at the deadline";
            found.fail_at(item, "outage-not-foreseen", detail);
        }
    }

    /// The announced rules are what the law of the profile allows.
    fn rules(&self, found: &mut Findings) {
        let findings = lint(&self.notice.rules, self.profile);
        for finding in &findings {
            let text = format!("/rules{}: {finding}", finding.pointer);
            match (finding.severity, finding.code) {
                (Severity::Error, FindingCode::MethodForbidden) => {
                    found.fail_at(self.item, "method-forbidden", text);
                }
                (Severity::Error, _) => found.fail_at(self.item, "rules-unlawful", text),
                (Severity::Warning | Severity::Note, _) => found.note(text),
            }
        }
    }

    /// The procedure stood still while an objection was unanswered.
    fn objections(&self, found: &mut Findings) {
        let mut answered = 0_usize;
        for (item, _) in acts!(self.replay, Objection).take(OBJECTIONS_MAX) {
            let answer = acts!(self.replay, ObjectionAnswered)
                .find(|(_, body)| body.objection == item.id)
                .map(|(answer, _)| answer.index());
            let went_on = self.replay.tender_items().find(|one| {
                one.index() > item.index()
                    && matches!(one.kind(), "benchmark-set" | "opening-record" | "award")
            });
            if let Some(next) = went_on.filter(|next| answer.is_none_or(|at| at > next.index())) {
                let detail = format!("{} came before it was answered", next.kind());
                found.fail_at(item, "objection-pending", detail);
            }
            answered = answered.saturating_add(usize::from(answer.is_some()));
        }
        let raised = acts!(self.replay, Objection).count();
        if raised > 0 {
            found.note(format!("{raised} objections, {answered} answered"));
        }
    }

    /// The award waited for the end of the publicity.
    fn publicity_held(&self, found: &mut Findings) {
        let award = acts!(self.replay, Award).next();
        let candidates = acts!(self.replay, Candidates).next();
        if let (Some((item, _)), Some((_, body))) = (award, candidates)
            && item.time_ms() < body.publicity_until_ms
        {
            let detail = "the award came before the publicity ended";
            found.fail_at(item, "publicity-short", detail);
        }
    }
}

pub(super) fn says(rule: &Rule, text: &str) -> String {
    format!("{} ({}): {text}", rule.id, rule.article)
}
