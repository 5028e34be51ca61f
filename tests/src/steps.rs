//! The steps of a play, in the order of a tender's life. Tests may call them one by one.

use std::collections::BTreeMap;

use procedure::act::*;
use procedure::{Releases, Sealed, Stage, report_of};
use record::sealing::{EnvelopeKind, FileKey, Share};
use record::{Digest, Identifier};

use crate::notice::notice_of;
use crate::play::{Milestone, Play};
use crate::script::{Bidder, Conduct, Script};
use crate::seal::{Bid, contribution, form_json, open_slot, seal_bid, spoil_key_block, spoil_part};
use crate::{Actor, DAY_MS, HOUR_MS, SECOND_MS, World, id, seed};

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

/// A wrong share: any other value than the right one.
fn spoiled(share: Option<Share>) -> Option<Share> {
    share.map(|share| Share(share.0.map(|byte| byte ^ 0x5a)))
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

    fn release_of(&self, kind: EnvelopeKind, slot: u8, releases: &Releases) -> ShareRelease {
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

    fn rehearse(&mut self) -> Milestone {
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

    fn announce(&mut self) -> Milestone {
        let notice = self.notice();
        self.tenderee_says(notice);
        self.world.do_duties(&self.tender);
        if self.script.rules.credit.is_some() && self.script.commits_credit {
            let snapshot = Act::from(self.credit_snapshot()).envelope().id();
            let body = CreditCommitted {
                tender: self.tender.clone(),
                snapshot,
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

    fn submit(&mut self) -> Milestone {
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
        self.world.wait_until(self.bidding().notice.deadline_ms - 1);
        Milestone::Submitted
    }

    /// The platform closes, and does nothing else.
    pub fn close(&mut self) -> Milestone {
        self.world.wait_until(self.bidding().notice.deadline_ms);
        self.world
            .do_duty(&self.tender.clone())
            .expect("closing is due");
        Milestone::Closed
    }

    /// What the trustee of `slot` releases of the bids, as the script has it.
    pub fn opening_release(&self, slot: u8) -> ShareRelease {
        let Stage::Opening(opening) = self.stage() else {
            panic!("bids are opened in stage opening")
        };
        let mut body = self.release_of(EnvelopeKind::Opening, slot, &opening.releases);
        if self.script.wrong_shares.contains(&slot) {
            for released in &mut body.shares {
                released.share = spoiled(released.share.take());
            }
        }
        body
    }

    /// What a bidder says to open its own bid.
    pub fn own_opening(&self, bidder: &str) -> BidOpened {
        let envelope = self.manifest(bidder);
        let key = Digest(*self.opening_keys[&envelope].bytes());
        BidOpened {
            tender: self.tender.clone(),
            envelope,
            kind: EnvelopeKind::Opening,
            key,
        }
    }

    fn release(&mut self) -> Milestone {
        self.world.wait_until(self.bidding().notice.opening_ms);
        let who_opens = self.script.opening.who_opens;
        let opens_itself = |bidder: &&Bidder| {
            who_opens == WhoOpens::Bidder || bidder.conduct == Conduct::OpensItself
        };
        let skipped = [
            Conduct::Absent,
            Conduct::Withdraws,
            Conduct::GarbageKeyBlock,
        ];
        for bidder in self.script.bidders.clone().iter().filter(opens_itself) {
            if !skipped.contains(&bidder.conduct) {
                self.world
                    .must(self.own_opening(&bidder.name), &[&Actor::new(&bidder.name)]);
            }
        }
        if who_opens != WhoOpens::Bidder {
            for slot in (1..=self.script.trustees).filter(|slot| !self.script.silent.contains(slot))
            {
                let body = self.opening_release(slot);
                self.world.must(body, &[&self.trustee(slot)]);
            }
        }
        Milestone::Released
    }

    fn publish_results(&mut self) -> Milestone {
        let Stage::Opening(opening) = self.stage() else {
            panic!("results end the stage opening")
        };
        let (due, end_ms) = (
            opening.may_publish(self.world.now_ms),
            opening.window_end_ms(),
        );
        if !due {
            self.world.wait_until(end_ms);
        }
        while matches!(self.stage(), Stage::Opening(_)) {
            self.world
                .do_duty(&self.tender.clone())
                .expect("results are due");
        }
        Milestone::Opened
    }

    /// Somebody objects; the statement's id.
    pub fn object(&mut self, objector: &str, matter: Matter) -> Digest {
        let body = self.objection(objector, matter);
        self.world.must(body, &[&Actor::new(objector)])
    }

    /// What somebody says who objects.
    pub fn objection(&self, objector: &str, matter: Matter) -> Objection {
        let text = "请核对记录。".to_owned();
        Objection {
            tender: self.tender.clone(),
            objector: id(objector),
            matter,
            text,
        }
    }

    /// The tenderee answers an objection.
    pub fn answer(&mut self, objection: Digest) {
        let text = "已核对，与记录一致。".to_owned();
        self.tenderee_says(ObjectionAnswered {
            tender: self.tender.clone(),
            objection,
            upheld: false,
            text,
        });
    }

    fn object_and_answer(&mut self, matter: Matter) {
        if self.script.objections {
            let bidder = self.script.bidders[0].name.clone();
            let objection = self.object(&bidder, matter);
            self.answer(objection);
        }
    }

    fn confirm(&mut self) -> Milestone {
        let Stage::Opened(opened) = self.stage() else {
            panic!("bidders confirm in stage opened")
        };
        let end_ms = opened.confirmation_end_ms();
        let live: Vec<Identifier> = opened
            .results
            .iter()
            .map(|line| line.bidder.clone())
            .collect();
        let absent = |bidder: &&Bidder| bidder.conduct == Conduct::Absent;
        let missing = self.script.bidders.iter().filter(absent).count();
        for bidder in self.script.bidders.clone() {
            if bidder.conduct != Conduct::Absent && live.contains(&id(&bidder.name)) {
                let manifest = self.manifest(&bidder.name);
                let body = ReadOutConfirmed {
                    tender: self.tender.clone(),
                    manifest,
                    agrees: true,
                };
                self.world.must(body, &[&Actor::new(&bidder.name)]);
            }
        }
        self.object_and_answer(Matter::Opening);
        if self.script.rules.credit.is_some() && self.script.commits_credit {
            let snapshot = self.credit_snapshot();
            self.world.must(snapshot, &[&self.credit_source()]);
        }
        if missing > 0 {
            self.world.wait_until(end_ms);
        }
        Milestone::Confirmed
    }

    fn freeze(&mut self) -> Milestone {
        let Stage::Opened(opened) = self.stage() else {
            panic!("the set is frozen in stage opened")
        };
        let body = opened.benchmark_set(&self.tender).1;
        self.tenderee_says(body);
        Milestone::Frozen
    }

    /// What the trustee of `slot` releases of the contributions to the present attempt.
    pub fn contribution_release(&self, slot: u8) -> ShareRelease {
        let Stage::Drawing(drawing) = self.stage() else {
            panic!("contributions are opened in stage drawing")
        };
        let attempt = drawing.last().expect("an attempt is under way");
        self.release_of(EnvelopeKind::Contrib, slot, &attempt.releases)
    }

    /// The contributions to the present attempt, by contributor.
    pub fn contributions(&self) -> BTreeMap<Identifier, Sealed> {
        let attempt = self.stage().drawing().and_then(|drawing| drawing.last());
        let contributions = attempt
            .into_iter()
            .flat_map(|attempt| attempt.contributions.values());
        contributions
            .map(|one| (one.contributor.clone(), one.sealed.clone()))
            .collect()
    }

    /// Lets the present attempt fail: one trustee releases, nobody else does, the window ends. Announces the
    /// next one and stops before anybody contributes to it.
    pub fn fail_attempt(&mut self) {
        let body = self.contribution_release(1);
        self.world.must(body, &[&self.trustee(1)]);
        let end_ms = self
            .stage()
            .drawing()
            .and_then(|drawing| drawing.release_end_ms());
        self.world
            .wait_until(end_ms.expect("contributions are released"));
        self.world.do_duties(&self.tender.clone());
    }

    /// Everybody contributes to a further attempt, and it is closed.
    pub fn contribute_again(&mut self, attempt: u32) {
        let label = format!("attempt-{attempt}");
        let bidders: Vec<Identifier> = self.bidding().live.keys().cloned().collect();
        let witnesses = self.script.witnesses.iter().map(|name| id(name));
        for who in bidders.into_iter().chain(witnesses).collect::<Vec<_>>() {
            self.contribute(&Actor::new(who.as_str()), attempt, &label);
        }
        let tenderee = self.tenderee();
        self.contribute(&tenderee, attempt, &label);
        self.close_collection();
    }

    /// Ends the collection of contributions to a further attempt.
    pub fn close_collection(&mut self) {
        let drawing = self.stage().drawing().expect("the draw is on");
        let end_ms = drawing.collection_end_ms(drawing.last().expect("an attempt is under way"));
        self.world.wait_until(end_ms);
        self.world
            .do_duty(&self.tender.clone())
            .expect("the collection is to be closed");
    }

    /// All trustees who are not silent release the contributions.
    pub fn release_contributions(&mut self) {
        for slot in (1..=self.script.trustees).filter(|slot| !self.script.silent.contains(slot)) {
            let body = self.contribution_release(slot);
            self.world.must(body, &[&self.trustee(slot)]);
        }
    }

    fn draw(&mut self) -> Milestone {
        for attempt in 1..=self.script.failed_attempts {
            self.fail_attempt();
            self.contribute_again(attempt + 1);
        }
        self.release_contributions();
        self.world
            .do_duty(&self.tender.clone())
            .expect("the draw's result is due");
        Milestone::Drawn
    }

    /// Who signs the opening record.
    pub fn record_signers(&self) -> Vec<Actor> {
        let witnesses = self.script.witnesses.iter().map(|name| Actor::new(name));
        std::iter::once(self.tenderee()).chain(witnesses).collect()
    }

    fn sign_record(&mut self) -> Milestone {
        self.object_and_answer(Matter::Draw);
        let Stage::Drawn(drawn) = self.stage() else {
            panic!("the record follows the draw")
        };
        let (body, end_ms) = (drawn.opening_record(&self.tender), drawn.objection_end_ms());
        self.world.wait_until(end_ms);
        let signers = self.record_signers();
        self.world.must(body, &signers.iter().collect::<Vec<_>>());
        Milestone::Recorded
    }

    /// The report that the tenderee signs now.
    pub fn report(&self) -> EvaluationReport {
        let Stage::Evaluation(recorded) = self.stage() else {
            panic!("the report follows the opening record")
        };
        let mut report = report_of(&self.tender, recorded).expect("the method applies");
        let (minimum, _) = recorded
            .drawn
            .drawing
            .opened
            .closed
            .bidding
            .profile
            .bidders_min();
        if (1..minimum).contains(&report.ranked) {
            report.competition_note = Some("报价明显低于控制价，具有竞争性。".to_owned());
        }
        report
    }

    fn evaluate(&mut self) -> Milestone {
        let report = self.report();
        self.tenderee_says(report);
        Milestone::Evaluated
    }

    /// The candidates that the tenderee publishes now.
    pub fn candidates(&self) -> Candidates {
        let Stage::Evaluated(evaluated) = self.stage() else {
            panic!("candidates follow the report")
        };
        let days = u64::from(self.bidding().notice.publicity_days);
        Candidates {
            tender: self.tender.clone(),
            report: evaluated.statement,
            candidates: evaluated.report.places.clone(),
            publicity_until_ms: self.world.now_ms + days * DAY_MS,
        }
    }

    fn publish_candidates(&mut self) -> Milestone {
        let candidates = self.candidates();
        self.tenderee_says(candidates);
        Milestone::Published
    }

    /// The award that the tenderee makes: to the first candidate.
    pub fn award_body(&self) -> Award {
        let Stage::Candidates(published) = self.stage() else {
            panic!("the award follows the candidates")
        };
        let candidates = &published.candidates.candidates;
        let shared = candidates.iter().filter(|place| place.rank == 1).count() > 1;
        let first = candidates.first().expect("there are candidates");
        Award {
            tender: self.tender.clone(),
            winner: first.bidder.clone(),
            price: first.price.clone(),
            reason: shared.then(|| "报价相同，信用分较高。".to_owned()),
        }
    }

    fn award(&mut self) -> Milestone {
        self.object_and_answer(Matter::Candidates);
        let Stage::Candidates(published) = self.stage() else {
            panic!("the award follows the candidates")
        };
        self.world
            .wait_until(published.candidates.publicity_until_ms);
        let award = self.award_body();
        self.tenderee_says(award);
        Milestone::Awarded
    }
}
