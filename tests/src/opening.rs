//! The steps of a play from the deadline on, in the order of a tender's life.

use std::collections::BTreeMap;

use procedure::act::*;
use procedure::{Sealed, Stage, report_of};
use record::sealing::{EnvelopeKind, Share};
use record::{Digest, Identifier};

use crate::play::{Milestone, Play};
use crate::script::{Bidder, Conduct};
use crate::{Actor, DAY_MS, World, id};

/// So many fit into one statement.
const SHARES_PER_STATEMENT: usize = 1_200;

/// A wrong share: any other value than the right one.
fn spoiled(share: Option<Share>) -> Option<Share> {
    share.map(|share| Share(share.0.map(|byte| byte ^ 0x5a)))
}

/// A trustee releases, in as many statements as it takes.
fn say_shares(world: &mut World, body: &ShareRelease, trustee: &Actor) {
    for shares in body.shares.chunks(SHARES_PER_STATEMENT) {
        let part = ShareRelease {
            shares: shares.to_vec(),
            ..body.clone()
        };
        world.must(part, &[trustee]);
    }
}

impl Play {
    /// The platform closes, and does nothing else.
    pub fn close(&mut self) -> Milestone {
        self.world.wait_until(self.bidding().deadline_ms);
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

    pub(crate) fn release(&mut self) -> Milestone {
        self.world.wait_until(self.bidding().opening_ms());
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
                let trustee = self.trustee(slot);
                say_shares(&mut self.world, &body, &trustee);
            }
        }
        Milestone::Released
    }

    pub(crate) fn publish_results(&mut self) -> Milestone {
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

    pub(crate) fn confirm(&mut self) -> Milestone {
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

    pub(crate) fn freeze(&mut self) -> Milestone {
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
            let trustee = self.trustee(slot);
            say_shares(&mut self.world, &body, &trustee);
        }
    }

    pub(crate) fn draw(&mut self) -> Milestone {
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

    pub(crate) fn sign_record(&mut self) -> Milestone {
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

    pub(crate) fn evaluate(&mut self) -> Milestone {
        let report = self.report();
        self.tenderee_says(report);
        Milestone::Evaluated
    }

    /// The report that was made.
    pub fn report_said(&self) -> EvaluationReport {
        let evaluated = self.stage().evaluated().expect("the report is there");
        evaluated.report.clone()
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
            candidates_list: evaluated.report.places_list,
            publicity_until_ms: self.world.now_ms + days * DAY_MS,
        }
    }

    pub(crate) fn publish_candidates(&mut self) -> Milestone {
        let candidates = self.candidates();
        self.tenderee_says(candidates);
        Milestone::Published
    }

    /// The award that the tenderee makes: to the first candidate.
    pub fn award_body(&self) -> Award {
        let Stage::Candidates(published) = self.stage() else {
            panic!("the award follows the candidates")
        };
        let candidates = &published.evaluated.places;
        let shared = candidates.iter().filter(|place| place.rank == 1).count() > 1;
        let first = candidates.first().expect("there are candidates");
        Award {
            tender: self.tender.clone(),
            winner: first.bidder.clone(),
            price: first.price.clone(),
            reason: shared.then(|| "报价相同，信用分较高。".to_owned()),
        }
    }

    pub(crate) fn award(&mut self) -> Milestone {
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
