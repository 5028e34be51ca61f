//! Award class, lots and their legal basis.

use super::{Finding, FindingCode, Severity, Subject};
use crate::act::{AwardClass, Ties};
use crate::law::Limit;

pub(super) fn look(subject: &Subject<'_>, found: &mut Vec<Finding>) {
    named_profile(subject, found);
    allowed_class(subject, found);
    lots(subject, found);
}

fn named_profile(subject: &Subject<'_>, found: &mut Vec<Finding>) {
    let profile = &subject.profile.reference.id;
    if let Some(named) = &subject.rules.profile
        && named != profile
    {
        let values = [("named", named.as_str()), ("profile", profile.as_str())];
        found.push(Finding::new(
            FindingCode::ProfileDiffers,
            Severity::Error,
            "/profile",
            &values,
        ));
    }
}

fn allowed_class(subject: &Subject<'_>, found: &mut Vec<Finding>) {
    let class = subject.rules.award_class;
    let Some(allowed) = &subject.profile.award_classes else {
        return;
    };
    if !allowed.contains(&class) {
        let allowed: Vec<&str> = allowed.iter().map(|class| class.id()).collect();
        let values = [("class", class.id()), ("allowed", &allowed.join(", "))];
        let rule = subject.rule(|limit| *limit == Limit::ClassesListed);
        let finding = Finding::new(
            FindingCode::ClassForbidden,
            Severity::Error,
            "/award_class",
            &values,
        );
        found.push(finding.named(rule));
    }
}

/// Who is found by lot: the winner among all at one price, or one of equal rank.
fn lots(subject: &Subject<'_>, found: &mut Vec<Finding>) {
    let rules = subject.rules;
    let forbidden = subject.rule(|limit| *limit == Limit::NoLot);
    let mut add = |code, pointer| {
        found.push(Finding::new(code, Severity::Error, pointer, &[]).named(forbidden));
    };
    if rules.ties == Ties::Draw && !subject.profile.tie_draw {
        add(FindingCode::TieDrawForbidden, "/ties");
    }
    let by_lot = rules.award_class == AwardClass::RandomAtFixedPrice
        || subject
            .methods()
            .any(|(_, _, formula)| formula.draws_winner());
    if !by_lot {
        return;
    }
    if forbidden.is_some() {
        add(FindingCode::WinnerByLot, "/award_class");
    }
    let basis = subject.rule(|limit| *limit == Limit::LotNeedsBasis);
    let is_blank = |text: &String| !text.chars().any(char::is_alphanumeric);
    if rules.legal_basis.as_ref().is_none_or(is_blank) {
        let code = FindingCode::LegalBasisMissing;
        let finding = Finding::new(code, Severity::Error, "/legal_basis", &[]);
        found.push(finding.named(basis));
    }
    if rules.ties == Ties::Report {
        let code = FindingCode::LotWithoutDraw;
        let finding = Finding::new(code, Severity::Error, "/ties", &[]);
        found.push(finding.named(basis));
    }
}
