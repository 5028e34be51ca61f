//! One tender over HTTP, step by step, from the draft to the award: 2 of 3 trustees, any number of bidders.
//!
//! Every step may be taken while the server dies and comes back: what is posted is posted again until it is admitted.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use play::{Actor, Bid, Script, form_json, id, notice_of, open_slot};
use procedure::act::{
    Act, CreditCommitted, CreditSnapshot, CreditValue, ReadOutConfirmed, ReleasedShare, Salt,
    ShareRelease, Suite, TenderCreated, TrusteeKey, TrusteeMember, TrusteeSet,
};
use procedure::{Bidding, Releases, Stage};
use record::sealing::EnvelopeKind;
use record::statement::Envelope;
use record::{Digest, Identifier};
use serde_json::Value;

use crate::attachment::seal_with_attachments;
use crate::client::Client;
use crate::reading::Reading;

/// How long the platform may take for its part.
const PLATFORM_S: u64 = 60;

/// Shares of one statement; 500 stay far below the limit of its length.
const SHARES_PER_STATEMENT: usize = 500;

/// The texts of the documents that `play::documents` names.
const DOCUMENTS: [&str; 2] = ["招标文件", "item,quantity\n"];

/// How far a tender is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// Everybody has an account, `tender-created` is admitted.
    Draft,
    /// Rehearsed and announced; tenderee and witnesses have contributed to the draw, credit is committed.
    Announced,
    /// Every bidder of the script has bid.
    Submitted,
    /// Closed by the platform.
    Closed,
    /// The trustees have released, the results are read out.
    Opened,
    /// Confirmed, benchmark set frozen, contributions released, drawn.
    Drawn,
    /// Record, report, candidates, award.
    Awarded,
}

/// A tender that is under way.
pub struct Course {
    /// Who is asked.
    pub client: Client,
    /// What is played; of each bidder only name, price and credit count.
    pub script: Script,
    /// The tender.
    pub tender: Identifier,
    /// Texts of attachments that every bidder seals and uploads.
    pub attachments: Vec<Vec<u8>>,
    origin: String,
    bidding: Option<Bidding>,
    reached: Option<Step>,
}

impl Course {
    /// Nothing has happened yet.
    pub fn new(client: Client, script: Script) -> Course {
        let origin = client.info()["origin"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        Course {
            client,
            tender: id(&script.tender),
            script,
            attachments: Vec::new(),
            origin,
            bidding: None,
            reached: None,
        }
    }

    /// The same with attachments for every bid.
    #[must_use]
    pub fn with_attachments(mut self, texts: Vec<Vec<u8>>) -> Course {
        self.attachments = texts;
        self
    }

    /// How far it is; `None` before the first step.
    pub fn reached(&self) -> Option<Step> {
        self.reached
    }

    /// Goes on up to `step`. Steps that were taken are not taken again.
    ///
    /// # Panics
    /// Something is refused, or the platform does not do its part.
    #[track_caller]
    pub fn go_to(&mut self, step: Step) {
        while self.reached.is_none_or(|reached| reached < step) {
            self.step();
        }
    }

    /// One step.
    ///
    /// # Panics
    /// As [`Course::go_to`].
    #[track_caller]
    pub fn step(&mut self) {
        let next = match self.reached {
            None => self.draft(),
            Some(Step::Draft) => self.announce(),
            Some(Step::Announced) => self.submit_all(),
            Some(Step::Submitted) => self.close(),
            Some(Step::Closed) => self.open(),
            Some(Step::Opened) => self.draw(),
            Some(Step::Drawn | Step::Awarded) => self.award(),
        };
        self.reached = Some(next);
    }

    /// The state as the server shows it.
    #[track_caller]
    pub fn view(&self) -> Value {
        self.client.view(self.tender.as_str())
    }

    /// Asks again until the platform has done its part.
    ///
    /// # Panics
    /// It does not within a minute.
    #[track_caller]
    pub fn wait_for(&self, holds: impl Fn(&Value) -> bool) -> Value {
        let end = Instant::now() + Duration::from_secs(PLATFORM_S);
        loop {
            let view = self.view();
            if holds(&view) {
                return view;
            }
            assert!(
                Instant::now() < end,
                "the platform does not do its part: {view}"
            );
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// What the public record says now.
    ///
    /// # Panics
    /// It does not replay.
    #[track_caller]
    pub fn reading(&self) -> Reading {
        let reading = Reading::fetch(&self.client, &self.tender, &self.accounts());
        reading.unwrap_or_else(|error| panic!("the record of {}: {error}", self.tender))
    }

    /// Notice, rules and trustee keys, once announced.
    ///
    /// # Panics
    /// The tender is not announced.
    #[track_caller]
    pub fn bidding(&self) -> &Bidding {
        self.bidding.as_ref().expect("the tender is announced")
    }

    /// Origin of the log, as sealing binds it.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Everybody who acts in this tender.
    pub fn accounts(&self) -> BTreeSet<Identifier> {
        let trustees = (1..=self.script.trustees).map(|slot| format!("trustee-{slot}"));
        let bidders = self.script.bidders.iter().map(|bidder| bidder.name.clone());
        let others = ["tenderee", "credit-source"].map(str::to_owned);
        let witnesses = self.script.witnesses.iter().cloned();
        let names = trustees.chain(bidders).chain(others).chain(witnesses);
        names.map(|name| id(&name)).collect()
    }

    fn tenderee(&self) -> Actor {
        Actor::new("tenderee")
    }

    fn trustee(slot: u8) -> Actor {
        Actor::new(&format!("trustee-{slot}"))
    }

    fn draft(&mut self) -> Step {
        for account in self.accounts() {
            let actor = Actor::new(account.as_str());
            self.client.must(actor.registration(), &[&actor]);
        }
        let created = TenderCreated {
            tender: self.tender.clone(),
            project: id("P-1"),
            title: "沭阳县中小河流治理工程施工一标段".to_owned(),
            tenderee: id("tenderee"),
        };
        self.client.must(created, &[&self.tenderee()]);
        self.client.evidence().keep_tender(&self.tender);
        Step::Draft
    }

    fn announce(&mut self) -> Step {
        let set = self.rehearse();
        let tenderee = self.tenderee();
        let token = self.client.session(&tenderee);
        for text in DOCUMENTS {
            self.client
                .upload(&tenderee, &token, &[text.as_bytes().to_vec()]);
        }
        let notice = notice_of(&self.script, self.client.now_ms(), set);
        self.client.must(notice, &[&tenderee]);
        self.wait_for(|view| view["announce_id"].is_string());
        self.bidding = self.reading().tender.stage().bidding().cloned();
        let witnesses = self.script.witnesses.clone();
        for name in std::iter::once("tenderee".to_owned()).chain(witnesses) {
            let who = Actor::new(&name);
            let label = format!("{}/{name}/1", self.tender);
            let (body, _) = play::contribution(&self.origin, self.bidding(), 1, &who, &label);
            self.client.must(body, &[&who]);
        }
        if self.commits_credit() {
            let snapshot = Act::from(self.credit_snapshot()).envelope().id();
            let body = CreditCommitted {
                tender: self.tender.clone(),
                snapshot,
                further: Vec::new(),
            };
            self.client.must(body, &[&Actor::new("credit-source")]);
        }
        Step::Announced
    }

    /// Publishes trustee keys and set, and rehearses; the set's id.
    fn rehearse(&self) -> Digest {
        let trustees: Vec<Actor> = (1..=self.script.trustees).map(Course::trustee).collect();
        for trustee in &trustees {
            let body = TrusteeKey {
                tender: self.tender.clone(),
                trustee: trustee.id().clone(),
                key: trustee.hpke().public().clone(),
            };
            self.client.must(body, &[trustee]);
        }
        let member = |trustee: &Actor| TrusteeMember {
            trustee: trustee.id().clone(),
            key: trustee.hpke().public().clone(),
        };
        let set = TrusteeSet {
            tender: self.tender.clone(),
            threshold: self.script.threshold,
            members: trustees.iter().map(member).collect(),
            suite: Suite::KaibiaoV1,
        };
        let tenderee = self.tenderee();
        let signers: Vec<&Actor> = std::iter::once(&tenderee).chain(&trustees).collect();
        let set = self.client.must(set, &signers);
        self.wait_for(|view| view["rehearsals"][0]["rehearsal"].is_string());
        for slot in 1..=self.script.trustees {
            self.release(EnvelopeKind::Rehearsal, slot);
        }
        self.wait_for(|view| view["rehearsals"][0]["rehearsed"] == true);
        set
    }

    fn commits_credit(&self) -> bool {
        self.script.rules.credit.is_some() && self.script.commits_credit
    }

    fn credit_snapshot(&self) -> CreditSnapshot {
        let value = |bidder: &play::Bidder| {
            Some(CreditValue {
                account: id(&bidder.name),
                value: bidder.credit.clone()?,
            })
        };
        let mut values: Vec<_> = self.script.bidders.iter().filter_map(value).collect();
        values.sort_by(|left, right| left.account.cmp(&right.account));
        CreditSnapshot {
            tender: self.tender.clone(),
            taken_ms: play::START_MS,
            origin: "信用平台".to_owned(),
            salt: Salt::sha256(b"salt"),
            values,
        }
    }

    /// The first bid of a bidder of the script, signed, with its attachments; nothing is sent.
    ///
    /// # Panics
    /// There is no such bidder, or the tender is not announced.
    #[track_caller]
    pub fn sealed_bid(&self, bidder: &str) -> (Envelope, Vec<crate::SealedAttachment>) {
        let line = self.script.bidders.iter().find(|one| one.name == bidder);
        let price = &line.expect("a bidder of the script").price;
        let actor = Actor::new(bidder);
        let bid = Bid {
            bidder: &actor,
            form: form_json(price),
            seq: 1,
            replaces: None,
            label: &format!("{}/{bidder}", self.tender),
        };
        let bidding = self.bidding();
        let (sealed, attachments) = seal_with_attachments(
            &self.origin,
            &bidding.notice,
            &bidding.keys,
            &bid,
            &self.attachments,
        );
        (crate::signed(sealed.manifest, &[&actor]), attachments)
    }

    /// A bidder of the script uploads its attachments and submits its bid.
    ///
    /// # Panics
    /// It is refused.
    #[track_caller]
    pub fn submit(&self, bidder: &str) -> Digest {
        let (envelope, attachments) = self.sealed_bid(bidder);
        let actor = Actor::new(bidder);
        if !attachments.is_empty() {
            let token = self.client.session(&actor);
            for attachment in &attachments {
                self.client.upload(&actor, &token, &attachment.segments);
            }
        }
        match self.client.post(&envelope) {
            Ok(said) => said.receipt.statement_id,
            Err(failure) => panic!("bid of {bidder}: {failure}"),
        }
    }

    /// All bidders at the same time.
    fn submit_all(&mut self) -> Step {
        let course = &*self;
        std::thread::scope(|scope| {
            for bidder in &course.script.bidders {
                scope.spawn(move || course.submit(&bidder.name));
            }
        });
        Step::Submitted
    }

    /// A server that was away before the deadline moves it: then it closes at a later one.
    fn close(&mut self) -> Step {
        loop {
            let deadline_ms = self.view()["deadline_ms"].as_u64();
            self.client.advance(deadline_ms.expect("a deadline"));
            let view = self.wait_for(|view| {
                view["closing_id"].is_string() || view["deadline_ms"].as_u64() > deadline_ms
            });
            if view["closing_id"].is_string() {
                return Step::Closed;
            }
        }
    }

    fn open(&mut self) -> Step {
        for slot in 1..=self.script.threshold {
            self.release(EnvelopeKind::Opening, slot);
        }
        self.wait_for(|view| view["stage"] == "opened");
        Step::Opened
    }

    fn draw(&mut self) -> Step {
        for line in self.view()["results"].as_array().expect("results") {
            let manifest = line["manifest"].as_str().expect("an id");
            let bidder = Actor::new(line["bidder"].as_str().expect("a bidder"));
            let body = ReadOutConfirmed {
                tender: self.tender.clone(),
                manifest: manifest.parse().expect("an id"),
                agrees: true,
            };
            self.client.must(body, &[&bidder]);
        }
        if self.commits_credit() {
            let snapshot = self.credit_snapshot();
            self.client.must(snapshot, &[&Actor::new("credit-source")]);
        }
        self.sign_due("benchmark-set", &["tenderee"]);
        for slot in 1..=self.script.threshold {
            self.release(EnvelopeKind::Contrib, slot);
        }
        self.wait_for(|view| view["stage"] == "drawn");
        Step::Drawn
    }

    fn award(&mut self) -> Step {
        let witnesses: Vec<&str> = self.script.witnesses.iter().map(String::as_str).collect();
        let signers = [vec!["tenderee"], witnesses].concat();
        self.advance_to(&self.view()["draw_objection_end_ms"]);
        self.sign_due("opening-record", &signers);
        self.sign_due("evaluation-report", &["tenderee"]);
        self.sign_due("candidates", &["tenderee"]);
        self.advance_to(&self.view()["candidates"]["publicity_until_ms"]);
        self.sign_due("award", &["tenderee"]);
        assert_eq!(self.view()["stage"], "awarded");
        Step::Awarded
    }

    #[track_caller]
    fn advance_to(&self, time_ms: &Value) {
        self.client.advance(time_ms.as_u64().expect("a time"));
    }

    /// Signs what the server computes, as it is.
    ///
    /// # Panics
    /// The server does not compute it, or refuses it.
    #[track_caller]
    pub fn sign_due(&self, what: &str, signers: &[&str]) -> Digest {
        let path = format!("/api/v1/tenders/{}/due/{what}", self.tender);
        let body = self.client.get(&path).must_be(200).body;
        let mut envelope = Envelope::new(what, body);
        for name in signers {
            envelope.add_signature(Actor::new(name).key());
        }
        match self.client.post(&envelope) {
            Ok(said) => said.receipt.statement_id,
            Err(failure) => panic!("{what}: {failure}"),
        }
    }

    /// The trustee of a slot releases what is to be released of a kind, as its own replay of the record says.
    ///
    /// # Panics
    /// Nothing is to be released, or it is refused.
    #[track_caller]
    pub fn release(&self, kind: EnvelopeKind, slot: u8) {
        let trustee = Course::trustee(slot);
        for body in self.share_releases(kind, slot) {
            self.client.must(body, &[&trustee]);
        }
    }

    /// What [`Course::release`] says, unsigned, in statements of at most 500 shares.
    ///
    /// # Panics
    /// Nothing is to be released.
    #[track_caller]
    pub fn share_releases(&self, kind: EnvelopeKind, slot: u8) -> Vec<ShareRelease> {
        let trustee = Course::trustee(slot);
        let reading = self.reading();
        let shares = match reading.tender.stage() {
            Stage::Draft(preparation) => {
                let sets = preparation.sets.values();
                let dealt = sets.filter_map(|set| set.rehearsal.as_ref()).next();
                open_all(&dealt.expect("dealt").1, slot, &trustee)
            }
            Stage::Opening(opening) => open_all(&opening.releases, slot, &trustee),
            Stage::Drawing(drawing) => {
                let attempt = drawing.last().expect("an attempt");
                open_all(&attempt.releases, slot, &trustee)
            }
            stage => panic!("nothing is released in stage {}", stage.name()),
        };
        let body = |shares: &[ReleasedShare]| ShareRelease {
            tender: self.tender.clone(),
            slot,
            kind,
            shares: shares.to_vec(),
        };
        shares.chunks(SHARES_PER_STATEMENT).map(body).collect()
    }
}

fn open_all(releases: &Releases, slot: u8, trustee: &Actor) -> Vec<ReleasedShare> {
    releases
        .ids()
        .map(|id| open_slot(*id, releases.sealed(id).expect("listed"), slot, trustee))
        .collect()
}
