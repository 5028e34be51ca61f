//! Between the notice and the deadline: announcement of the draw, bids, withdrawals, contributions.

use std::collections::BTreeSet;

use record::Identifier;
use record::sealing::{EnvelopeKind, SealContext};

use super::envelope::{bid_context, check_parts, contribution_context, decode_key_block};
use super::{Bid, BidStatus, Bidding, Case, Contribution, Sealed, Stage, Tender};
use crate::act::{
    BidManifest, BidWithdrawn, CreditCommitted, CreditSnapshot, DrawContribution, Role,
    SealedEnvelope,
};
use crate::limits::{
    BIDDERS_MAX, CONSORTIUM_MEMBERS_MAX, CREDIT_PAGES_MAX, MANIFESTS_MAX, MANIFESTS_PER_BIDDER_MAX,
    NAME_CHARS_MAX,
};
use crate::refusal::{Code, Refusal, demand};
use crate::text;

impl Tender {
    /// The announced tender, while statements before the deadline are admitted. Accepted iff
    /// `admitted_ms < deadline_ms` (protocol section 6).
    pub(super) fn before_deadline(&self, case: &Case<'_>) -> Result<&Bidding, Refusal> {
        if let Stage::Suspended(_) = self.stage {
            return Err(self.suspended());
        }
        let Stage::Announced(bidding) = &self.stage else {
            let closed = self.stage.closed().is_some();
            let refusal = self.wrong_stage();
            return Err(if closed {
                Refusal {
                    code: Code::DeadlinePassed,
                    ..refusal
                }
            } else {
                refusal
            });
        };
        demand(
            case.at.time_ms < bidding.deadline_ms,
            Code::DeadlinePassed,
            || {
                format!(
                    "deadline {} ms, admitted at {} ms",
                    bidding.deadline_ms, case.at.time_ms
                )
            },
        )?;
        Ok(bidding)
    }

    fn bidding_mut(&mut self) -> Option<&mut Bidding> {
        match &mut self.stage {
            Stage::Announced(bidding) => Some(bidding),
            _ => None,
        }
    }

    pub(super) fn bid_manifest(
        &mut self,
        body: &BidManifest,
        case: &Case<'_>,
    ) -> Result<(), Refusal> {
        let bidding = self.before_deadline(case)?;
        demand(
            bidding.announce.is_some(),
            Code::DrawNotAnnounced,
            || "bids wait for the announcement of the draw",
        )?;
        case.signed_only_by(&body.bidder_id)?;
        self.check_may_bid(bidding, body, case)?;
        check_binding(bidding, body, case)?;
        check_succession(bidding, body, case)?;
        let bid = sealed_bid(bidding, body, case)?;
        check_roots(bidding, body)?;
        check_key_blocks(bidding, &bid)?;

        let Some(bidding) = self.bidding_mut() else {
            return Ok(());
        };
        if let Some(replaced) = body.replaces.and_then(|id| bidding.bids.get_mut(&id)) {
            replaced.status = BidStatus::Replaced(case.id);
        }
        bidding.roots.extend(
            body.envelopes
                .iter()
                .flat_map(|envelope| &envelope.parts)
                .map(|part| part.root),
        );
        bidding
            .key_blocks
            .extend([bid.opening.fingerprint(), bid.contrib.fingerprint()]);
        bidding.live.insert(body.bidder_id.clone(), case.id);
        bidding.manifests.insert(body.bidder_id.clone(), body.seq);
        bidding.bids.insert(case.id, bid);
        Ok(())
    }

    /// Tenderee, operator, supervisors, trustees, witnesses and the credit source do not bid (电子招标投标办法 §23), nor
    /// does anybody under common control with tenderee or operator.
    fn check_may_bid(
        &self,
        bidding: &Bidding,
        body: &BidManifest,
        case: &Case<'_>,
    ) -> Result<(), Refusal> {
        let directory = case.directory;
        let oversees = |who: &Identifier| directory.has_role(who, Role::Supervisor, case.at);
        let trustees = bidding
            .trustees
            .members
            .iter()
            .map(|member| &member.trustee);
        let neutral: BTreeSet<&Identifier> = trustees
            .chain(&bidding.notice.witnesses)
            .chain(bidding.notice.credit_source())
            .collect();
        for who in std::iter::once(&body.bidder_id).chain(&body.members) {
            let known = directory.account(who).is_some();
            demand(known, Code::AccountUnknown, || who.to_string())?;
            let excluded = self.is_inside(who, case) || neutral.contains(who) || oversees(who);
            demand(!excluded, Code::BidderExcluded, || {
                format!("{who} has another part in this tender")
            })?;
        }
        let unique: BTreeSet<_> = body.members.iter().chain([&body.bidder_id]).collect();
        demand(
            unique.len() == body.members.len().saturating_add(1),
            Code::BidderExcluded,
            || "a member of the consortium stands twice",
        )
    }

    pub(super) fn bid_withdrawn(
        &mut self,
        body: &BidWithdrawn,
        case: &Case<'_>,
    ) -> Result<(), Refusal> {
        let bidding = self.before_deadline(case)?;
        let bidder = case.only_signer()?.clone();
        demand(
            bidding.live.get(&bidder) == Some(&body.manifest),
            Code::BidNotLive,
            || body.manifest.to_string(),
        )
        .map_err(|refusal| refusal.at("/manifest"))?;
        check_key_age(bidding, &bidder, case)?;
        let Some(bidding) = self.bidding_mut() else {
            return Ok(());
        };
        bidding.live.remove(&bidder);
        if let Some(bid) = bidding.bids.get_mut(&body.manifest) {
            bid.status = BidStatus::Withdrawn(case.id);
        }
        Ok(())
    }

    /// A contribution of the tenderee or a witness for attempt 1; for a further attempt see the drawing.
    pub(super) fn first_contribution(
        &mut self,
        body: &DrawContribution,
        case: &Case<'_>,
    ) -> Result<(), Refusal> {
        let bidding = self.before_deadline(case)?;
        demand(
            bidding.announce.is_some(),
            Code::DrawNotAnnounced,
            || "contributions wait for the announcement",
        )?;
        let seated = body.contributor == self.tenderee
            || bidding.notice.witnesses.contains(&body.contributor);
        demand(
            seated,
            Code::SignerNotAllowed,
            || "tenderee and witnesses contribute; bidders do with their bids",
        )?;
        demand(
            body.attempt == 1,
            Code::AttemptMismatch,
            || "this is attempt 1",
        )
        .map_err(|refusal| refusal.at("/attempt"))?;
        let contribution = check_contribution(bidding, body, case)?;
        bidding.given.check(&body.contributor)?;
        // The last contribution of each contributor counts (protocol section 7.2), so a further one replaces.
        if let Some(bidding) = self.bidding_mut() {
            bidding.key_blocks.insert(contribution.sealed.fingerprint());
            bidding.given.note(&body.contributor, case.id);
            bidding
                .contributions
                .insert(body.contributor.clone(), contribution);
        }
        Ok(())
    }

    pub(super) fn credit_committed(
        &mut self,
        body: &CreditCommitted,
        case: &Case<'_>,
    ) -> Result<(), Refusal> {
        let bidding = self.before_deadline(case)?;
        let source = bidding.notice.credit_source();
        let source = source
            .ok_or_else(|| Refusal::new(Code::CreditNotForeseen, "the rules name no credit"))?;
        case.signed_only_by(source)?;
        demand(
            bidding.credit_commitment.is_empty(),
            Code::CreditCommitted,
            || "a commitment is final",
        )?;
        demand(
            body.further.len() < CREDIT_PAGES_MAX,
            Code::LimitExceeded,
            || format!("a snapshot has at most {CREDIT_PAGES_MAX} pages"),
        )
        .map_err(|refusal| refusal.at("/further"))?;
        if let Some(bidding) = self.bidding_mut() {
            bidding.credit_commitment = body.pages().copied().collect();
        }
        Ok(())
    }

    pub(super) fn credit_snapshot(
        &mut self,
        body: &CreditSnapshot,
        case: &Case<'_>,
    ) -> Result<(), Refusal> {
        let wrong_stage = self.wrong_stage();
        let closed = self.stage.credit_slot().ok_or(wrong_stage)?;
        let notice = &closed.bidding.notice;
        let source = notice.credit_source();
        let source = source
            .ok_or_else(|| Refusal::new(Code::CreditNotForeseen, "the rules name no credit"))?;
        case.signed_only_by(source)?;
        text::length(&body.origin, NAME_CHARS_MAX, "/origin")?;
        let expected = closed.bidding.credit_commitment.get(closed.credit_pages);
        demand(expected == Some(&case.id), Code::CreditMismatch, || {
            format!("this is {}", case.id)
        })?;
        let before = closed.credit.as_ref();
        let goes_on = before
            .is_none_or(|before| before.taken_ms == body.taken_ms && before.origin == body.origin);
        demand(
            goes_on,
            Code::CreditMismatch,
            || "every page has the time and the origin of the first",
        )?;
        let last = before.and_then(|before| before.values.last());
        let accounts = || last.into_iter().chain(&body.values).map(|one| &one.account);
        let ascending = accounts()
            .zip(accounts().skip(1))
            .all(|(one, next)| one < next);
        demand(
            ascending,
            Code::CreditMismatch,
            || "accounts stand in ascending order, each once",
        )
        .map_err(|refusal| refusal.at("/values"))?;
        for (position, entry) in body.values.iter().enumerate() {
            super::rules::check_credit_value(&notice.rules, &entry.value)
                .map_err(|refusal| refusal.at(format!("/values/{position}/value")))?;
        }
        closed.credit_pages = closed.credit_pages.saturating_add(1);
        match &mut closed.credit {
            Some(before) => before.values.extend_from_slice(&body.values),
            before @ None => *before = Some(body.clone()),
        }
        Ok(())
    }
}

/// What the envelopes are bound to is this tender, as announced, under the key that signs.
fn check_binding(bidding: &Bidding, body: &BidManifest, case: &Case<'_>) -> Result<(), Refusal> {
    let notice = &bidding.notice;
    let fields = [
        (body.log_origin == case.directory.origin(), "log_origin"),
        (
            body.document_set_digest == notice.document_set,
            "document_set_digest",
        ),
        (body.lot_id == notice.lot, "lot_id"),
        (
            body.bidder_sig_pk == case.signing_key(&body.bidder_id)?,
            "bidder_sig_pk",
        ),
        (
            body.trustee_set_digest == notice.trustee_set,
            "trustee_set_digest",
        ),
    ];
    for (holds, field) in fields {
        demand(holds, Code::ContextMismatch, || field)
            .map_err(|refusal| refusal.at(format!("/{field}")))?;
    }
    demand(
        body.members.len() <= CONSORTIUM_MEMBERS_MAX,
        Code::LimitExceeded,
        || format!("at most {CONSORTIUM_MEMBERS_MAX} further members"),
    )
    .map_err(|refusal| refusal.at("/members"))
}

/// A first bid, a replacement of the live one, or a new one after a withdrawal.
fn check_succession(bidding: &Bidding, body: &BidManifest, case: &Case<'_>) -> Result<(), Refusal> {
    match (bidding.live.get(&body.bidder_id), body.replaces) {
        (Some(live), None) => {
            return Err(Refusal::new(Code::BidLive, live.to_string()).at("/replaces"));
        }
        (Some(live), Some(named)) if *live == named => {
            check_key_age(bidding, &body.bidder_id, case)?
        }
        (_, Some(named)) => {
            return Err(Refusal::new(Code::BidNotLive, named.to_string()).at("/replaces"));
        }
        (None, None) => {}
    }
    let number = bidding
        .manifests
        .get(&body.bidder_id)
        .copied()
        .unwrap_or(0)
        .saturating_add(1);
    demand(body.seq == number, Code::BidSequence, || {
        format!("the next number is {number}")
    })
    .map_err(|refusal| refusal.at("/seq"))?;
    demand(
        number <= MANIFESTS_PER_BIDDER_MAX,
        Code::LimitExceeded,
        || format!("a bidder submits at most {MANIFESTS_PER_BIDDER_MAX} times"),
    )
    .map_err(|refusal| refusal.at("/seq"))?;
    let known = bidding.manifests.contains_key(&body.bidder_id);
    let room = has_room(bidding.bids.len(), bidding.manifests.len(), known);
    demand(room, Code::BiddersMax, || "the tender takes no further bid")
}

/// Whether a tender with so many `manifests` of so many `bidders` takes one more, of a bidder who is `known` or of
/// another one. Every bidder who ever bid counts, so that whoever submits and withdraws cannot take the seats of
/// tenderee, trustees and supervisors among the signers; and room is kept for the first bid of each bidder to come.
fn has_room(manifests: usize, bidders: usize, known: bool) -> bool {
    if known {
        let to_come = BIDDERS_MAX.saturating_sub(bidders);
        manifests.saturating_add(to_come) < MANIFESTS_MAX
    } else {
        bidders < BIDDERS_MAX
    }
}

/// Withdrawing or replacing counts only under a key registered before that bid's leaf.
fn check_key_age(bidding: &Bidding, bidder: &Identifier, case: &Case<'_>) -> Result<(), Refusal> {
    let live = bidding.live.get(bidder).and_then(|id| bidding.bids.get(id));
    let key = case
        .signers
        .get(bidder)
        .and_then(|id| case.directory.key(id));
    match (live, key) {
        (Some(bid), Some(key)) if key.registered_index < bid.at.index => Ok(()),
        _ => Err(Refusal::new(
            Code::KeyTooYoung,
            "sign with a key that you had when you submitted the bid",
        )),
    }
}

fn sealed_bid(bidding: &Bidding, body: &BidManifest, case: &Case<'_>) -> Result<Bid, Refusal> {
    let [first, second] = body.envelopes.as_slice() else {
        return Err(Refusal::new(
            Code::EnvelopesWrong,
            format!("{} envelopes", body.envelopes.len()),
        )
        .at("/envelopes"));
    };
    let kinds = (first.kind, second.kind);
    demand(
        kinds == (EnvelopeKind::Opening, EnvelopeKind::Contrib),
        Code::EnvelopesWrong,
        || "first `opening`, then `contrib`",
    )
    .map_err(|refusal| refusal.at("/envelopes"))?;
    demand(
        second.parts.is_empty(),
        Code::EnvelopesWrong,
        || "`contrib` has no parts",
    )
    .map_err(|refusal| refusal.at("/envelopes/1/parts"))?;
    let form = check_parts(first, "/envelopes/0")?;
    let seal = |position: usize, envelope: &SealedEnvelope| {
        let pointer = format!("/envelopes/{position}/key_block");
        let context = bid_context(body, envelope, &super::drawing::draw_id()?)?;
        sealed(bidding, &context, &envelope.key_block, &pointer)
    };
    Ok(Bid {
        bidder: body.bidder_id.clone(),
        members: body.members.clone(),
        at: case.at,
        status: BidStatus::Live,
        opening: seal(0, first)?,
        form,
        contrib: seal(1, second)?,
    })
}

fn sealed(
    bidding: &Bidding,
    context: &SealContext,
    key_block: &str,
    pointer: &str,
) -> Result<Sealed, Refusal> {
    Ok(Sealed {
        owner: context.bidder_id.clone(),
        context: context.digest(),
        key_block: decode_key_block(key_block, &bidding.keys, pointer)?,
        recovery: context.recovery.clone(),
    })
}

/// Duplicated roots are refused, inside a bid and between bids.
fn check_roots(bidding: &Bidding, body: &BidManifest) -> Result<(), Refusal> {
    let mut own = BTreeSet::new();
    for part in body.envelopes.iter().flat_map(|envelope| &envelope.parts) {
        let fresh = !bidding.roots.contains(&part.root) && own.insert(part.root);
        demand(fresh, Code::RootRepeated, || part.root.to_string())?;
    }
    Ok(())
}

/// No envelope is a copy of one in another statement, a replaced or withdrawn one included.
fn check_key_blocks(bidding: &Bidding, bid: &Bid) -> Result<(), Refusal> {
    for (position, sealed) in [&bid.opening, &bid.contrib].into_iter().enumerate() {
        let fresh = !bidding.key_blocks.contains(&sealed.fingerprint());
        demand(
            fresh,
            Code::RootRepeated,
            || "an envelope of an earlier statement",
        )
        .map_err(|refusal| refusal.at(format!("/envelopes/{position}/key_block")))?;
    }
    Ok(())
}

/// A contribution outside a bid: signed by the contributor, of kind `contrib`, without parts.
pub(super) fn check_contribution(
    bidding: &Bidding,
    body: &DrawContribution,
    case: &Case<'_>,
) -> Result<Contribution, Refusal> {
    case.signed_only_by(&body.contributor)?;
    let fits = body.draw == super::drawing::draw_id()?
        && body.envelope.kind == EnvelopeKind::Contrib
        && body.envelope.parts.is_empty()
        && body.signature_key == case.signing_key(&body.contributor)?;
    demand(
        fits,
        Code::ContributionMismatch,
        || "draw, kind or signature key differ, or there are parts",
    )?;
    let notice = &bidding.notice;
    let context = contribution_context(
        body,
        case.directory.origin(),
        notice.document_set,
        notice.trustee_set,
    )?;
    let sealed = sealed(
        bidding,
        &context,
        &body.envelope.key_block,
        "/envelope/key_block",
    )?;
    demand(
        !bidding.key_blocks.contains(&sealed.fingerprint()),
        Code::ContributionMismatch,
        || "an envelope of an earlier statement",
    )
    .map_err(|refusal| refusal.at("/envelope/key_block"))?;
    Ok(Contribution {
        statement: case.id,
        contributor: body.contributor.clone(),
        sealed,
    })
}

#[cfg(test)]
mod tests {
    use super::{BIDDERS_MAX, MANIFESTS_MAX, has_room};

    #[test]
    fn who_bid_before_is_no_further_bidder() {
        assert!(has_room(BIDDERS_MAX - 1, BIDDERS_MAX - 1, false));
        assert!(!has_room(BIDDERS_MAX, BIDDERS_MAX, false));
        assert!(has_room(BIDDERS_MAX, BIDDERS_MAX, true));
    }

    #[test]
    fn replacements_leave_room_for_every_first_bid() {
        // All bidders are there: every manifest up to the limit.
        assert!(has_room(MANIFESTS_MAX - 1, BIDDERS_MAX, true));
        assert!(!has_room(MANIFESTS_MAX, BIDDERS_MAX, true));
        // 9 000 are still to come, and each finds room whatever the first 1 000 replace.
        let spare = MANIFESTS_MAX - 9_000;
        assert!(has_room(spare - 1, BIDDERS_MAX - 9_000, true));
        assert!(!has_room(spare, BIDDERS_MAX - 9_000, true));
        assert!(has_room(spare, BIDDERS_MAX - 9_000, false));
    }
}
