//! V7: the key of every opened envelope follows from what was released, and deals to exactly the key block
//! that was submitted; the bid forms open under it.
//!
//! A key that the replay resolved has passed `Deal(K) == key_block` there; only others are dealt again.

use std::collections::{BTreeMap, BTreeSet};

use procedure::act::{Act, BidManifest, BidResult, OutcomeReason};
use procedure::{Opened, Resolved};
use record::Digest;
use record::bundle::OpenedKeys;
use record::sealing::EnvelopeKind;

use crate::findings::Findings;
use crate::replay::{Item, Replay, acts};
use crate::sealed::{Sealed, trustee_keys};

const KEYS: &str = "keys.json";

pub(super) fn check(replay: &Replay<'_>, found: &mut Findings) {
    let mut proved = 0_usize;
    let carriers: BTreeMap<Digest, &Item> =
        replay.tender_items().map(|item| (item.id, item)).collect();
    for (statement, keys) in &replay.keys {
        let named = [
            (EnvelopeKind::Opening, keys.opening),
            (EnvelopeKind::Contrib, keys.contrib),
        ];
        for (kind, key) in named {
            let Some(key) = key else { continue };
            if resolved(replay, statement, kind) == Some(key) {
                proved = proved.saturating_add(1);
            } else {
                let carrier = carriers.get(statement).copied();
                unexplained(replay, (statement, carrier), kind, &key, found);
            }
        }
        // Rehearsals hide nothing; their keys are in no bundle.
        let others = [keys.technical, keys.commercial, keys.rehearsal];
        if others.iter().any(Option::is_some) {
            let detail =
                format!("{statement} has no technical, commercial or rehearsal envelope to open");
            found.fail_member(KEYS, "envelope-unknown", detail);
        }
        if *keys == OpenedKeys::default() {
            let detail = format!("the entry of {statement} holds no key");
            found.fail_member(KEYS, "keys-empty", detail);
        }
    }
    complete(replay, found);
    let Some(opened) = replay.stage().and_then(|stage| stage.opened()) else {
        return found.not_checkable(format!("no bid has been read out: {}", replay.ends_at()));
    };
    forms_open(replay, opened, found);
    found.note(format!("{proved} keys: each deals to its key block"));
    passed_over(replay, opened, found);
    attachments(replay, found);
}

/// Bids that no trustee released a share of, although some released shares of others: whoever was added to the
/// record when the trustees had done their part looks like that, and so does whoever they all left out.
fn passed_over(replay: &Replay<'_>, opened: &Opened, found: &mut Findings) {
    let released: BTreeSet<Digest> = acts!(replay, ShareRelease)
        .filter(|(_, body)| body.kind == EnvelopeKind::Opening)
        .flat_map(|(_, body)| body.shares.iter().map(|one| one.envelope))
        .collect();
    if released.is_empty() {
        return;
    }
    for line in opened
        .results
        .iter()
        .filter(|line| !released.contains(&line.manifest))
    {
        found.note(format!(
            "no trustee released a share of the bid of {}, though some released shares of others: \
             ask them whether they knew it",
            line.bidder
        ));
    }
}

/// The key that the releases of the record give, where they give one.
fn resolved(replay: &Replay<'_>, statement: &Digest, kind: EnvelopeKind) -> Option<Digest> {
    let stage = replay.stage()?;
    if kind == EnvelopeKind::Opening {
        return stage.opened()?.keys.get(statement).copied();
    }
    let mut attempts = stage.drawing()?.attempts.iter();
    attempts.find_map(|attempt| match attempt.releases.resolved(statement)? {
        Resolved::Opened { key } => Some(key),
        _ => None,
    })
}

/// A key in the bundle that the replay did not give: wrong, or not derivable.
fn unexplained(
    replay: &Replay<'_>,
    (statement, carrier): (&Digest, Option<&Item>),
    kind: EnvelopeKind,
    key: &Digest,
    found: &mut Findings,
) {
    let (code, detail) = match deals(replay, carrier, kind, key) {
        None => ("envelope-unknown", "no statement carries such an envelope"),
        Some(false) => ("key-block-mismatch", "Deal(K) is not the key block"),
        Some(true) => (
            "key-not-released",
            "no release in the record gives this key",
        ),
    };
    let detail = format!("{} of {statement}: {detail}", kind.as_str());
    found.fail_member(KEYS, code, detail);
}

/// `Deal(K) == key_block`, from the raw statements; `None` when there is no such envelope.
fn deals(
    replay: &Replay<'_>,
    carrier: Option<&Item>,
    kind: EnvelopeKind,
    key: &Digest,
) -> Option<bool> {
    let (_, notice) = replay.notice()?;
    let (_, set) = replay.trustee_set(&notice.trustee_set)?;
    let keys = trustee_keys(set)?;
    let sealed = match carrier?.act.as_ref()? {
        Act::BidManifest(body) => Sealed::of_bid(body, kind),
        Act::DrawContribution(body) if kind == EnvelopeKind::Contrib => {
            Sealed::of_contribution(body, replay.directory.origin(), notice)
        }
        _ => None,
    }?;
    Some(sealed.is_dealt_by(key, &keys))
}

/// Every key that the record gives is in the bundle.
fn complete(replay: &Replay<'_>, found: &mut Findings) {
    let Some(stage) = replay.stage() else { return };
    let mut demand = |statement: &Digest, kind: EnvelopeKind, key: Option<Digest>| {
        if key.is_none() {
            let detail = format!("the key of the {} envelope of {statement}", kind.as_str());
            found.fail_member(KEYS, "key-missing", detail);
        }
    };
    let of = |statement: &Digest| replay.keys.get(statement).cloned().unwrap_or_default();
    for statement in stage.opened().iter().flat_map(|opened| opened.keys.keys()) {
        demand(statement, EnvelopeKind::Opening, of(statement).opening);
    }
    // While a draw is open its keys may still be coming in.
    let is_drawn = stage.drawn().is_some();
    let attempts = stage.drawing().into_iter().flat_map(|one| &one.attempts);
    for attempt in attempts.filter(|attempt| is_drawn || attempt.failed.is_some()) {
        for statement in attempt.releases.ids() {
            if let Some(Resolved::Opened { .. }) = attempt.releases.resolved(statement) {
                demand(statement, EnvelopeKind::Contrib, of(statement).contrib);
            }
        }
    }
}

/// Part 0 of every opened bid opens, or the results say that it does not.
fn forms_open(replay: &Replay<'_>, opened: &Opened, found: &mut Findings) {
    let lines: BTreeMap<Digest, &BidResult> = opened
        .results
        .iter()
        .map(|line| (line.manifest, line))
        .collect();
    for (item, body) in acts!(replay, BidManifest) {
        let key = replay.keys.get(&item.id).and_then(|keys| keys.opening);
        let (Some(key), Some(sealed)) = (key, Sealed::of_bid(body, EnvelopeKind::Opening)) else {
            continue;
        };
        let opens = sealed.form(&key).is_some();
        let line = lines.get(&item.id);
        let said = line.is_none_or(|line| line.reason != Some(OutcomeReason::Part));
        if opens != said {
            let detail = format!("the results say that the form opens: {said}; it opens: {opens}");
            found.fail_at(item, "form-does-not-open", detail);
        }
    }
}

fn attachments(replay: &Replay<'_>, found: &mut Findings) {
    let parts = |body: &BidManifest| {
        let parts = body.envelopes.iter().flat_map(|one| &one.parts);
        parts.filter(|part| part.inline.is_none()).count()
    };
    let count: usize = acts!(replay, BidManifest)
        .map(|(_, body)| parts(body))
        .sum();
    if count > 0 {
        found.note(format!(
            "{count} attachments are not part of a public bundle: their roots are on the log, their content was not opened here"
        ));
    }
}
