//! The twelve checks, one file each. A check states what it finds by itself; refusals of the replay are
//! added to the check that answers for them.

mod chains;
mod outages;
mod receipts;
mod v01_form;
mod v02_signatures;
mod v03_trust;
mod v04_log;
mod v05_times;
mod v06_trustees;
mod v07_envelopes;
mod v08_bids;
mod v09_draws;
mod v10_evaluation;
mod v11_periods;
mod v12_limits;

use record::bundle::BundleError;

use crate::Options;
use crate::findings::Findings;
use crate::replay::Replay;
use crate::report::{Check, FORMAT, Report, Status, Summary, TrustSource, Verdict};
use crate::{responsible, summary};

/// Looks at the replay and says what does not hold.
type Look = fn(&Replay<'_>, &mut Findings);

/// V1 to V11. V12 looks at the others and comes last.
const CHECKS: [(&str, &str, Look); 11] = [
    ("V1", "form and limits", v01_form::check),
    ("V2", "signatures and account chains", v02_signatures::check),
    ("V3", "checkpoint and trust", v03_trust::check),
    ("V4", "tender chain complete and in the log", v04_log::check),
    ("V5", "times and deadlines", v05_times::check),
    ("V6", "trustees and rehearsal", v06_trustees::check),
    ("V7", "keys and envelopes", v07_envelopes::check),
    ("V8", "every bid accounted for", v08_bids::check),
    ("V9", "draws", v09_draws::check),
    ("V10", "evaluation and award", v10_evaluation::check),
    ("V11", "law: notices and periods", v11_periods::check),
];
const LAST: (&str, &str) = ("V12", "limits of this verification");

/// Runs every check.
pub(crate) fn report(replay: &Replay<'_>) -> Report {
    let mut checks = Vec::new();
    for (number, (id, name, look)) in (1..).zip(CHECKS) {
        let mut found = Findings::default();
        look(replay, &mut found);
        refusals(replay, number, &mut found);
        checks.push(found.finish(id, name));
    }
    let mut found = Findings::default();
    v12_limits::check(replay, &checks, &mut found);
    checks.push(found.finish(LAST.0, LAST.1));

    let head = replay.head.body();
    let title = replay.tender.as_ref().map(|one| one.title().to_owned());
    Report {
        format: FORMAT,
        verdict: verdict(&checks, replay.options),
        tender: Some(head.tender.clone()),
        title,
        origin: Some(head.origin.to_string()),
        simulated_time: replay.is_demo(),
        trust: trust_source(replay.options),
        checks,
        summary: summary::of(replay),
    }
}

/// The report on something that cannot be read as a bundle.
pub(crate) fn unreadable(error: &BundleError, options: &Options) -> Report {
    let mut form = Findings::default();
    form.fail_member(error.member(), error.code(), error.to_string());
    let mut checks = vec![form.finish("V1", "form and limits")];
    let others = CHECKS
        .iter()
        .skip(1)
        .map(|(id, name, _)| (*id, *name))
        .chain([LAST]);
    for (id, name) in others {
        let mut found = Findings::default();
        found.not_checkable("the bundle cannot be read (V1)");
        checks.push(found.finish(id, name));
    }
    let verdict = match is_of_a_bundle(error) {
        true => Verdict::Fails,
        false => Verdict::Unusable,
    };
    Report {
        format: FORMAT,
        verdict,
        tender: None,
        title: None,
        origin: None,
        simulated_time: false,
        trust: trust_source(options),
        checks,
        summary: Summary::default(),
    }
}

/// Whether the outer form is good, so that this is a bent bundle and not something else.
fn is_of_a_bundle(error: &BundleError) -> bool {
    match error {
        BundleError::Unexpected { .. }
        | BundleError::MemberNotCanonical { .. }
        | BundleError::Head { .. } => true,
        BundleError::Missing { member } | BundleError::Content { member, .. } => {
            !matches!(member.as_str(), "format.txt" | "record-head.json")
        }
        _ => false,
    }
}

fn refusals(replay: &Replay<'_>, number: u8, found: &mut Findings) {
    for item in &replay.items {
        if let (Some(refusal), true) = (&item.refusal, responsible::check_of(item) == Some(number))
        {
            let detail = format!("{} cannot be admitted: {refusal}", item.kind());
            found.fail_at(item, refusal.code.as_str(), detail);
        }
    }
}

fn verdict(checks: &[Check], options: &Options) -> Verdict {
    let fails = checks.iter().any(|check| check.status == Status::Fails);
    match (fails, &options.trust) {
        (true, _) => Verdict::Fails,
        (false, Some(_)) => Verdict::Holds,
        (false, None) => Verdict::SelfAsserted,
    }
}

fn trust_source(options: &Options) -> TrustSource {
    match options.trust {
        Some(_) => TrustSource::File,
        None => TrustSource::SelfAsserted,
    }
}
