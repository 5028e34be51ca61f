//! V6: the trustee set of the notice: its size, its signers, its independence, its rehearsal (protocol
//! section 3).

use std::collections::BTreeSet;

use procedure::act::{Notice, RehearsalDealt, Role, ShareRelease, TrusteeSet};
use procedure::rehearsal_context;
use record::Identifier;
use record::sealing::{EnvelopeKind, Resolution, Share, TrusteeKeys, resolve};

use crate::findings::Findings;
use crate::replay::{Item, Replay, acts};
use crate::sealed::{decode_base64, trustee_keys};

pub(super) fn check(replay: &Replay<'_>, found: &mut Findings) {
    let Some((notice_item, notice)) = replay.notice() else {
        return found.not_checkable(format!("there is no notice: {}", replay.ends_at()));
    };
    let Some((item, set)) = replay.trustee_set(&notice.trustee_set) else {
        let detail = format!(
            "the notice names set {}, which is not there",
            notice.trustee_set
        );
        return found.fail_at(notice_item, "trustee-set-missing", detail);
    };
    if item.index() > notice_item.index() {
        found.fail_at(
            item,
            "trustee-set-late",
            "the set is younger than the notice",
        );
    }
    let Some(keys) = trustee_keys(set) else {
        let detail = format!("{} of {} trustees", set.threshold, set.members.len());
        return found.fail_at(item, "trustee-threshold", detail);
    };
    members(replay, item, set, found);
    independence(replay, item, set, found);
    rehearsal(replay, notice_item, notice, &keys, found);
    let names: Vec<&str> = set.members.iter().map(|one| one.trustee.as_str()).collect();
    let (threshold, all) = (set.threshold, names.len());
    found.note(format!(
        "{threshold} of {all} trustees open: {}",
        names.join(", ")
    ));
    found.note(format!(
        "{threshold} trustees together could have opened early; no record shows that they did not"
    ));
}

/// Each member with the key that it published last, each once; tenderee and all members signed.
fn members(replay: &Replay<'_>, item: &Item, set: &TrusteeSet, found: &mut Findings) {
    let mut seen = BTreeSet::new();
    for member in &set.members {
        let published = acts!(replay, TrusteeKey)
            .filter(|(one, body)| one.index() < item.index() && body.trustee == member.trustee)
            .last();
        if published.is_none_or(|(_, body)| body.key != member.key) {
            let detail = format!("{} has not published this key", member.trustee);
            found.fail_at(item, "trustee-key-missing", detail);
        }
        if !seen.insert(&member.trustee) {
            let detail = format!("{} stands twice in the set", member.trustee);
            found.fail_at(item, "trustee-repeated", detail);
        }
    }
    let signed: BTreeSet<&Identifier> = item
        .signers
        .iter()
        .filter_map(|key| replay.directory.key(key))
        .map(|entry| &entry.account)
        .collect();
    let missing: Vec<&str> = seen
        .into_iter()
        .chain(replay.tenderee())
        .filter(|who| !signed.contains(who))
        .map(Identifier::as_str)
        .collect();
    if !missing.is_empty() {
        let detail = format!("not signed by {}", missing.join(", "));
        found.fail_at(item, "signers-missing", detail);
    }
}

/// Operator, tenderee and organisations under common control with either hold fewer keys than the threshold.
fn independence(replay: &Replay<'_>, item: &Item, set: &TrusteeSet, found: &mut Findings) {
    let directory = &replay.directory;
    let is_operator = |who: &Identifier| directory.has_role(who, Role::Platform, item.at());
    let group = |who: &Identifier| directory.account(who)?.control_group.as_ref();
    let heads: Vec<&Identifier> = directory
        .accounts()
        .map(|(id, _)| id)
        .filter(|id| is_operator(id) || replay.tenderee() == Some(id))
        .collect();
    let groups: BTreeSet<&Identifier> = heads.iter().filter_map(|who| group(who)).collect();
    let is_inside = |who: &Identifier| {
        heads.contains(&who) || group(who).is_some_and(|group| groups.contains(group))
    };
    let held = set
        .members
        .iter()
        .filter(|member| is_inside(&member.trustee))
        .count();
    if held < usize::from(set.threshold) {
        found.note(format!(
            "operator, tenderee and organisations under common control hold {held} of {} keys",
            set.members.len()
        ));
    } else if replay.is_demo() {
        found.note(format!(
            "operator and tenderee hold {held} keys and can open alone: only a demo allows that"
        ));
    } else {
        let detail = format!("they hold {held} keys, {} open", set.threshold);
        found.fail_at(item, "trustees-not-independent", detail);
    }
}

/// Every trustee released a right share of a rehearsal envelope before the notice.
fn rehearsal(
    replay: &Replay<'_>,
    notice_item: &Item,
    notice: &Notice,
    keys: &TrusteeKeys,
    found: &mut Findings,
) {
    let dealt = acts!(replay, RehearsalDealt)
        .filter(|(item, body)| {
            body.trustee_set == notice.trustee_set && item.index() < notice_item.index()
        })
        .last();
    let Some((item, body)) = dealt else {
        let detail = "no rehearsal was dealt before the notice";
        return found.fail_at(notice_item, "rehearsal-missing", detail);
    };
    match rehearsed(replay, notice_item, item, body, keys) {
        Some(Resolution::Opened { wrong_slots, .. }) if wrong_slots.is_empty() => {
            found.note("every trustee proved its key in a rehearsal before the notice");
        }
        _ => found.fail_at(
            item,
            "rehearsal-missing",
            "the trustees have not all released right shares of the rehearsal",
        ),
    }
}

/// `None` while a share is missing.
fn rehearsed(
    replay: &Replay<'_>,
    notice_item: &Item,
    item: &Item,
    body: &RehearsalDealt,
    keys: &TrusteeKeys,
) -> Option<Resolution> {
    let released = |release: &ShareRelease| {
        let of_this = release.shares.iter().find(|one| one.envelope == item.id);
        of_this.map(|one| (release.slot, one.share.clone().unwrap_or(Share([0; 32]))))
    };
    let shares: Vec<(u8, Share)> = acts!(replay, ShareRelease)
        .filter(|(one, body)| {
            one.is_admitted()
                && one.index() < notice_item.index()
                && body.kind == EnvelopeKind::Rehearsal
        })
        .filter_map(|(_, body)| released(body))
        .collect();
    let dealer = &replay.directory.key(item.signers.first()?)?.account;
    let context = rehearsal_context(body, replay.directory.origin(), dealer).ok()?;
    let key_block = decode_base64(&body.key_block)?;
    (shares.len() == keys.keys.len()).then(|| {
        resolve(
            &key_block,
            &context.digest(),
            &body.recovery,
            keys,
            &shares,
            None,
        )
    })
}
