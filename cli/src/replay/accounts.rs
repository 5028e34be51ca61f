//! Which account chains a tender's statements need.

use std::collections::BTreeSet;

use procedure::act::Act;
use record::Identifier;
use record::chain::ChainId;
use record::statement::Envelope;

/// Every account that these statements name.
pub(super) fn named_in<'a>(envelopes: impl Iterator<Item = &'a Envelope>) -> BTreeSet<Identifier> {
    let acts = envelopes.filter_map(|envelope| Act::read(envelope)?.ok());
    acts.flat_map(|act| named(&act)).collect()
}

/// Whoever signs a statement of a tender is named in it or in one before it.
fn named(act: &Act) -> Vec<Identifier> {
    match act {
        Act::RoleGranted(body) => vec![body.account.clone()],
        Act::TenderCreated(body) => vec![body.tenderee.clone()],
        Act::TrusteeKey(body) => vec![body.trustee.clone()],
        Act::TrusteeSet(body) => body
            .members
            .iter()
            .map(|member| member.trustee.clone())
            .collect(),
        Act::Notice(body) => {
            let source = body.credit_source().cloned();
            source
                .into_iter()
                .chain(body.witnesses.iter().cloned())
                .collect()
        }
        Act::BidManifest(body) => body
            .members
            .iter()
            .chain([&body.bidder_id])
            .cloned()
            .collect(),
        Act::DrawContribution(body) => vec![body.contributor.clone()],
        Act::Closing(body) => {
            let account = |chain: &ChainId| match chain {
                ChainId::Account(account) => Some(account.clone()),
                _ => None,
            };
            body.chains
                .iter()
                .filter_map(|end| account(&end.chain))
                .collect()
        }
        Act::Objection(body) => vec![body.objector.clone()],
        _ => vec![],
    }
}
