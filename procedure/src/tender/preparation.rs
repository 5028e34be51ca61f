//! Draft: trustee keys, trustee sets, rehearsals (protocol section 3).

use std::collections::BTreeSet;

use record::sealing::TrusteeKeys;
use record::{Digest, Identifier};

use super::envelope::{decode_key_block, rehearsal_context};
use super::releases::{Releases, Resolved, Sealed};
use super::{Case, Preparation, PreparedSet, Stage, Tender};
use crate::act::{RehearsalDealt, ShareRelease, TrusteeKey, TrusteeSet};
use crate::limits::{TRUSTEE_KEYS_MAX, TRUSTEE_KEYS_PER_ACCOUNT_MAX, TRUSTEE_SETS_MAX};
use crate::refusal::{Code, Refusal, demand};

impl Tender {
    pub(super) fn trustee_key(
        &mut self,
        body: &TrusteeKey,
        case: &Case<'_>,
    ) -> Result<(), Refusal> {
        let wrong_stage = self.wrong_stage();
        let Stage::Draft(preparation) = &mut self.stage else {
            return Err(wrong_stage);
        };
        case.signed_only_by(&body.trustee)?;
        let room = preparation.keys.len() < TRUSTEE_KEYS_MAX
            || preparation.keys.contains_key(&body.trustee);
        demand(room, Code::LimitExceeded, || {
            format!("at most {TRUSTEE_KEYS_MAX} accounts publish a key")
        })?;
        let before = preparation.published.get(&body.trustee).copied();
        let published = before.unwrap_or(0).saturating_add(1);
        demand(
            published <= TRUSTEE_KEYS_PER_ACCOUNT_MAX,
            Code::LimitExceeded,
            || format!("an account publishes at most {TRUSTEE_KEYS_PER_ACCOUNT_MAX} keys"),
        )?;
        preparation
            .published
            .insert(body.trustee.clone(), published);
        preparation
            .keys
            .insert(body.trustee.clone(), body.key.clone());
        Ok(())
    }

    pub(super) fn trustee_set(
        &mut self,
        body: &TrusteeSet,
        case: &Case<'_>,
    ) -> Result<(), Refusal> {
        let Stage::Draft(preparation) = &self.stage else {
            return Err(self.wrong_stage());
        };
        let keys = body
            .members
            .iter()
            .map(|member| member.key.clone())
            .collect();
        let keys = TrusteeKeys::new(body.threshold, keys).map_err(|error| {
            Refusal::new(Code::TrusteeThreshold, error.to_string()).at("/threshold")
        })?;
        check_members(preparation, body)?;
        demand(
            preparation.sets.len() < TRUSTEE_SETS_MAX,
            Code::LimitExceeded,
            || format!("at most {TRUSTEE_SETS_MAX} trustee sets"),
        )?;
        let mut expected: BTreeSet<&Identifier> =
            body.members.iter().map(|member| &member.trustee).collect();
        expected.insert(&self.tenderee);
        let signed: BTreeSet<&Identifier> = case.signers.keys().collect();
        demand(
            signed.is_superset(&expected),
            Code::SignersMissing,
            || "tenderee and every trustee sign",
        )?;
        demand(
            signed.len() == expected.len(),
            Code::SignersTooMany,
            || "only tenderee and trustees sign",
        )?;
        self.check_independence(body, case)?;
        let prepared = PreparedSet {
            set: body.clone(),
            keys,
            rehearsal: None,
        };
        if let Stage::Draft(preparation) = &mut self.stage {
            preparation.sets.insert(case.id, prepared);
        }
        Ok(())
    }

    /// Operator, tenderee and organisations under common control with either hold together fewer than t keys.
    fn check_independence(&self, body: &TrusteeSet, case: &Case<'_>) -> Result<(), Refusal> {
        if case.directory.is_demo() {
            return Ok(());
        }
        let is_inside = |who: &Identifier| self.is_inside(who, case);
        let held = body
            .members
            .iter()
            .filter(|member| is_inside(&member.trustee))
            .count();
        demand(
            held < usize::from(body.threshold),
            Code::TrusteesNotIndependent,
            || format!("they hold {held} keys, the threshold is {}", body.threshold),
        )
    }

    pub(super) fn rehearsal_dealt(
        &mut self,
        body: &RehearsalDealt,
        case: &Case<'_>,
    ) -> Result<(), Refusal> {
        case.signed_by_platform()?;
        let platform = case.only_signer()?.clone();
        let own_key = case.signing_key(&platform)?;
        demand(
            own_key == body.signature_key,
            Code::RehearsalMismatch,
            || "/signature_key is not the signing key",
        )?;
        let Stage::Draft(preparation) = &self.stage else {
            return Err(self.wrong_stage());
        };
        let prepared = prepared_set(preparation, &body.trustee_set)?;
        let context = rehearsal_context(body, case.directory.origin(), &platform)?;
        let key_block = decode_key_block(&body.key_block, &prepared.keys, "/key_block")?;
        let sealed = Sealed {
            owner: platform,
            context: context.digest(),
            key_block,
            recovery: body.recovery.clone(),
        };
        let releases = Releases::new(prepared.keys.clone(), [(case.id, sealed)]);
        if let Stage::Draft(preparation) = &mut self.stage
            && let Some(prepared) = preparation.sets.get_mut(&body.trustee_set)
        {
            prepared.rehearsal = Some((case.id, releases));
        }
        Ok(())
    }

    /// A trustee's answer to a rehearsal.
    pub(super) fn rehearsal_release(
        &mut self,
        body: &ShareRelease,
        case: &Case<'_>,
    ) -> Result<(), Refusal> {
        let Stage::Draft(preparation) = &mut self.stage else {
            return Err(self.wrong_stage());
        };
        let envelope = body.shares.first().map(|released| released.envelope);
        let dealt =
            preparation
                .sets
                .values_mut()
                .find_map(|prepared| match &mut prepared.rehearsal {
                    Some((id, releases)) if Some(*id) == envelope => {
                        Some((&prepared.set, releases))
                    }
                    _ => None,
                });
        let Some((set, releases)) = dealt else {
            return Err(
                Refusal::new(Code::EnvelopeUnknown, "no such rehearsal").at("/shares/0/envelope")
            );
        };
        check_slot(set, body.slot, case)?;
        releases.check_shares(body.slot, &body.shares)?;
        releases.take_shares(body.slot, &body.shares);
        Ok(())
    }
}

/// The slot belongs to the account that signed, alone.
pub(super) fn check_slot(set: &TrusteeSet, slot: u8, case: &Case<'_>) -> Result<(), Refusal> {
    let member = usize::from(slot)
        .checked_sub(1)
        .and_then(|place| set.members.get(place));
    let Some(member) = member else {
        return Err(
            Refusal::new(Code::SlotMismatch, format!("there is no slot {slot}")).at("/slot"),
        );
    };
    let signer = case.only_signer()?;
    demand(member.trustee == *signer, Code::SlotMismatch, || {
        format!("slot {slot} belongs to {}", member.trustee)
    })
}

fn check_members(preparation: &Preparation, body: &TrusteeSet) -> Result<(), Refusal> {
    let mut trustees = BTreeSet::new();
    let mut keys = BTreeSet::new();
    for (position, member) in body.members.iter().enumerate() {
        let pointer = format!("/members/{position}");
        if preparation.keys.get(&member.trustee) != Some(&member.key) {
            return Err(
                Refusal::new(Code::TrusteeKeyMissing, member.trustee.to_string()).at(pointer),
            );
        }
        if !trustees.insert(&member.trustee) || !keys.insert(member.key.bytes().to_vec()) {
            return Err(
                Refusal::new(Code::TrusteeRepeated, member.trustee.to_string()).at(pointer),
            );
        }
    }
    Ok(())
}

fn prepared_set<'a>(preparation: &'a Preparation, id: &Digest) -> Result<&'a PreparedSet, Refusal> {
    preparation
        .sets
        .get(id)
        .ok_or_else(|| Refusal::new(Code::TrusteeSetMissing, id.to_string()).at("/trustee_set"))
}

impl PreparedSet {
    /// Every trustee of the set has proved that its key works.
    pub fn is_rehearsed(&self) -> bool {
        self.rehearsal.as_ref().is_some_and(|(id, releases)| {
            let opened = matches!(releases.resolved(id), Some(Resolved::Opened { .. }));
            opened && releases.complete() && releases.wrong_slots(id).is_empty()
        })
    }
}
