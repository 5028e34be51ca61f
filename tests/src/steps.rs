//! The steps of a play up to the deadline; [`crate::opening`] has the rest. Tests may call them one by one.

use procedure::act::*;
use procedure::{Releases, Stage};
use record::Digest;
use record::sealing::{EnvelopeKind, FileKey};

use crate::notice::notice_of;
use crate::play::{Milestone, Play};
use crate::script::{Bidder, Conduct, Script};
use crate::seal::{Bid, contribution, form_json, open_slot, seal_bid, spoil_key_block, spoil_part};
use crate::{Actor, HOUR_MS, SECOND_MS, World, id, seed};

/// Registers everybody in `script` who has no account yet, and grants the supervisor's role.
pub(crate) fn register_accounts(world: &mut World, script: &Script) {
    let trustees = (1..=script.trustees).map(|slot| format!("trustee-{slot}"));
    let bidders = script.bidders.iter().map(|bidder| bidder.name.clone());
    let named = ["supervisor", "credit-source"]
        .map(str::to_owned)
        .into_iter();
    let names = named
        .chain(trustees)
        .chain(script.witnesses.iter().cloned())
        .chain(bidders);
    let actors = std::iter::once(Actor::new("tenderee").in_group("city-holding"));
    for actor in actors.chain(names.map(|name| Actor::new(&name))) {
        if world.directory().account(actor.id()).is_none() {
            world.register(&actor);
        }
    }
    if !world
        .directory()
        .has_role(&id("supervisor"), Role::Supervisor, world.at())
    {
        world.grant(&Actor::new("supervisor"), Role::Supervisor);
    }
}

pub(crate) fn create_tender(world: &mut World, script: &Script) {
    let tenderee = Actor::new("tenderee");
    let body = TenderCreated {
        tender: id(&script.tender),
        project: id("SQ-2026-017"),
        title: "沭阳县中小河流治理工程施工一标段".to_owned(),
        tenderee: tenderee.id().clone(),
    };
    world.must(body, &[&tenderee]);
}

impl Play {
    /// Goes on to the next milestone.
    pub fn step(&mut self) {
        self.world.now_ms += SECOND_MS;
        self.reached = match self.reached {
            Milestone::Created => self.rehearse(),
            Milestone::Rehearsed => self.announce(),
            Milestone::Announced => self.submit(),
            Milestone::Submitted => self.close(),
            Milestone::Closed => self.release(),
            Milestone::Released => self.publish_results(),
            Milestone::Opened => self.confirm(),
            Milestone::Confirmed => self.freeze(),
            Milestone::Frozen => self.draw(),
            Milestone::Drawn => self.sign_record(),
            Milestone::Recorded => self.evaluate(),
            Milestone::Evaluated => self.publish_candidates(),
            Milestone::Published | Milestone::Awarded => self.award(),
        };
    }

    /// Publishes the key of every trustee.
    pub fn publish_trustee_keys(&mut self) {
        for slot in 1..=self.script.trustees {
            let trustee = self.trustee(slot);
            let key = trustee.hpke().public().clone();
            let body = TrusteeKey {
                tender: self.tender.clone(),
                trustee: trustee.id().clone(),
                key,
            };
            self.world.must(body, &[&trustee]);
        }
    }

    /// The trustee set of the script.
    pub fn trustee_set(&self) -> TrusteeSet {
        let member = |slot| {
            let trustee = self.trustee(slot);
            TrusteeMember {
                trustee: trustee.id().clone(),
                key: trustee.hpke().public().clone(),
            }
        };
        TrusteeSet {
            tender: self.tender.clone(),
            threshold: self.script.threshold,
            members: (1..=self.script.trustees).map(member).collect(),
            suite: Suite::KaibiaoV1,
        }
    }

    /// Who signs the trustee set: the tenderee and every trustee.
    pub fn set_signers(&self) -> Vec<Actor> {
        std::iter::once(self.tenderee())
            .chain((1..=self.script.trustees).map(|slot| self.trustee(slot)))
            .collect()
    }

    /// What the trustee of `slot` releases of a rehearsal.
    pub fn rehearsal_release(&self, slot: u8) -> ShareRelease {
        let Stage::Draft(preparation) = self.stage() else {
            panic!("rehearsals belong to drafts")
        };
        let dealt = preparation
            .sets
            .values()
            .find_map(|prepared| prepared.rehearsal.as_ref());
        let (_, releases) = dealt.expect("a rehearsal is dealt");
        self.release_of(EnvelopeKind::Rehearsal, slot, releases)
    }

    pub(crate) fn release_of(
        &self,
        kind: EnvelopeKind,
        slot: u8,
        releases: &Releases,
    ) -> ShareRelease {
        let trustee = self.trustee(slot);
        let open =
            |id: &Digest| open_slot(*id, releases.sealed(id).expect("listed"), slot, &trustee);
        ShareRelease {
            tender: self.tender.clone(),
            slot,
            kind,
            shares: releases.ids().map(open).collect(),
        }
    }

    pub(crate) fn rehearse(&mut self) -> Milestone {
        self.publish_trustee_keys();
        let signers = self.set_signers();
        let set = self.trustee_set();
        self.world.must(set, &signers.iter().collect::<Vec<_>>());
        self.world.do_duties(&self.tender);
        for slot in 1..=self.script.trustees {
            let body = self.rehearsal_release(slot);
            self.world.must(body, &[&self.trustee(slot)]);
        }
        Milestone::Rehearsed
    }

    /// The notice that the script gives now.
    pub fn notice(&self) -> Notice {
        let Stage::Draft(preparation) = self.stage() else {
            panic!("the notice ends the draft")
        };
        let set = preparation
            .sets
            .keys()
            .next()
            .expect("a trustee set is signed");
        notice_of(&self.script, self.world.now_ms, *set)
    }

    pub(crate) fn announce(&mut self) -> Milestone {
        let notice = self.notice();
        self.tenderee_says(notice);
        self.world.do_duties(&self.tender);
        if self.script.rules.credit.is_some() && self.script.commits_credit {
            let snapshot = Act::from(self.credit_snapshot()).envelope().id();
            let body = CreditCommitted {
                tender: self.tender.clone(),
                snapshot,
                further: Vec::new(),
            };
            self.world.must(body, &[&self.credit_source()]);
        }
        let tenderee = self.tenderee();
        self.contribute(&tenderee, 1, "first");
        for name in self.script.witnesses.clone() {
            self.contribute(&Actor::new(&name), 1, "first");
        }
        Milestone::Announced
    }

    /// The credit snapshot that is committed before closing and opened later.
    pub fn credit_snapshot(&self) -> CreditSnapshot {
        let value = |bidder: &Bidder| {
            Some(CreditValue {
                account: id(&bidder.name),
                value: bidder.credit.clone()?,
            })
        };
        let mut values: Vec<CreditValue> = self.script.bidders.iter().filter_map(value).collect();
        values.sort_by(|left, right| left.account.cmp(&right.account));
        CreditSnapshot {
            tender: self.tender.clone(),
            taken_ms: crate::START_MS,
            origin: "江苏省建筑市场信用平台".to_owned(),
            salt: Digest(seed("credit-salt")),
            values,
        }
    }

    /// Somebody contributes to the draw; `label` makes the envelope a fresh one.
    pub fn contribute(&mut self, who: &Actor, attempt: u32, label: &str) -> Digest {
        let (body, key) = self.contribution(who, attempt, label);
        let statement = self.world.must(body, &[who]);
        self.contrib_keys.insert(statement, key);
        statement
    }

    /// A sealed contribution with its key.
    pub fn contribution(
        &self,
        who: &Actor,
        attempt: u32,
        label: &str,
    ) -> (DrawContribution, FileKey) {
        let label = format!("{}/{}/{attempt}/{label}", self.tender, who.id());
        contribution(
            self.world.directory().origin(),
            self.bidding(),
            attempt,
            who,
            &label,
        )
    }

    /// Seals a bid with `form` for the announced tender, as the next one of `bidder`. Spoiled as its conduct
    /// in the script says.
    pub fn seal(&self, bidder: &Actor, form: &[u8], label: &str) -> crate::SealedBid {
        let bidding = self.bidding();
        let label = format!("{}/{}/{label}", self.tender, bidder.id());
        let seq = bidding.manifests.get(bidder.id()).copied().unwrap_or(0) + 1;
        let replaces = bidding.live.get(bidder.id()).copied();
        let bid = Bid {
            bidder,
            form: form.to_vec(),
            seq,
            replaces,
            label: &label,
        };
        let mut sealed = seal_bid(
            self.world.directory().origin(),
            &bidding.notice,
            &bidding.keys,
            &bid,
        );
        let conduct = self
            .script
            .bidders
            .iter()
            .find(|one| one.name == bidder.id().as_str());
        match conduct.map(|one| &one.conduct) {
            Some(Conduct::GarbageKeyBlock) => spoil_key_block(&mut sealed, &bidding.keys),
            Some(Conduct::GarbagePart) => spoil_part(&mut sealed, &label),
            _ => {}
        }
        sealed
    }

    /// A bidder seals and submits a bid.
    pub fn bid(&mut self, bidder: &Actor, form: &[u8], label: &str) -> Digest {
        let sealed = self.seal(bidder, form, label);
        let manifest = self.world.must(sealed.manifest, &[bidder]);
        self.manifests.insert(bidder.id().clone(), manifest);
        self.opening_keys.insert(manifest, sealed.opening_key);
        self.contrib_keys.insert(manifest, sealed.contrib_key);
        manifest
    }

    pub(crate) fn submit(&mut self) -> Milestone {
        for bidder in self.script.bidders.clone() {
            self.world.now_ms += HOUR_MS;
            let actor = Actor::new(&bidder.name);
            if let Conduct::Replaces { first } = &bidder.conduct {
                self.bid(&actor, &form_json(first), "first");
            }
            let form = match bidder.conduct {
                Conduct::GarbageForm => br#"{"period":90}"#.to_vec(),
                _ => form_json(&bidder.price),
            };
            let manifest = self.bid(&actor, &form, "bid");
            if bidder.conduct == Conduct::Withdraws {
                self.world.must(
                    BidWithdrawn {
                        tender: self.tender.clone(),
                        manifest,
                    },
                    &[&actor],
                );
            }
        }
        self.world.wait_until(self.bidding().deadline_ms - 1);
        Milestone::Submitted
    }
}
