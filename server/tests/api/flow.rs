//! One small tender, step by step, through the interface alone: 2 of 3 trustees, three bidders.

use std::time::{Duration, Instant};

use actix_web::http::Method;
use play::{Actor, Script, form_json, id, notice_of, open_slot};
use procedure::act::{
    Act, BidManifest, CreditCommitted, CreditSnapshot, CreditValue, Notice, ReadOutConfirmed,
    ReleasedShare, Salt, ShareRelease, Suite, TenderCreated, TrusteeKey, TrusteeMember, TrusteeSet,
};
use procedure::{Bidding, Releases, Stage};
use record::Digest;
use record::sealing::EnvelopeKind;
use serde_json::{Value, json};

use crate::harness::Server;

pub const TENDER: &str = "T-1";
pub const BIDDERS: [(&str, &str); 3] = [
    ("b1", "9520000.00"),
    ("b2", "9088000.00"),
    ("b3", "8875000.00"),
];

/// The texts of the documents that [`play::documents`] names.
const DOCUMENTS: [&str; 2] = ["招标文件", "item,quantity\n"];

pub struct Flow {
    pub server: Server,
    pub script: Script,
}

impl Flow {
    /// Everybody has an account, and there is a draft.
    pub fn draft() -> Flow {
        let flow = Flow {
            server: Server::start(),
            script: Script::plain(TENDER),
        };
        for name in [
            "tenderee",
            "credit-source",
            "witness-1",
            "trustee-1",
            "trustee-2",
            "trustee-3",
            "b1",
            "b2",
            "b3",
        ] {
            flow.server.register(&Actor::new(name));
        }
        let created = TenderCreated {
            tender: id(TENDER),
            project: id("P-1"),
            title: "<script>alert('市政道路')</script> & 工程".to_owned(),
            tenderee: id("tenderee"),
        };
        flow.server.must(created, &[&flow.tenderee()]);
        flow
    }

    /// The trustees have rehearsed, the documents are there, the notice is out.
    pub fn announced() -> Flow {
        let flow = Flow::draft();
        let set = flow.rehearse();
        flow.upload_documents();
        let notice = flow.notice(set);
        flow.server.must(notice, &[&flow.tenderee()]);
        flow.wait_for(|view| view["announce_id"].is_string());
        for name in ["tenderee", "witness-1"] {
            let who = Actor::new(name);
            let (body, _) = play::contribution(flow.origin(), &flow.bidding(), 1, &who, name);
            flow.server.must(body, &[&who]);
        }
        // A public act after sealed ones: followers of the feed have passed over something.
        let snapshot = Act::from(flow.snapshot()).envelope().id();
        flow.server.must(
            CreditCommitted {
                tender: id(TENDER),
                snapshot,
                further: Vec::new(),
            },
            &[&Actor::new("credit-source")],
        );
        flow
    }

    /// Three bids are in.
    pub fn bid() -> Flow {
        let flow = Flow::announced();
        for (name, price) in BIDDERS {
            flow.server
                .must(flow.manifest(name, price), &[&Actor::new(name)]);
        }
        flow
    }

    /// Closed by the platform; nothing is released yet.
    pub fn closed() -> Flow {
        let flow = Flow::bid();
        let deadline_ms = flow.view()["notice"]["deadline_ms"].as_u64().unwrap();
        flow.server.advance(deadline_ms);
        flow.wait_for(|view| view["stage"] == "opening");
        flow
    }

    /// Read out.
    pub fn opened() -> Flow {
        let flow = Flow::closed();
        for slot in 1..=2 {
            flow.release(EnvelopeKind::Opening, slot);
        }
        flow.wait_for(|view| view["stage"] == "opened");
        flow
    }

    /// From the read-out to the award, with what the server says is due.
    pub fn award(&self) {
        for line in self.view()["results"].as_array().unwrap() {
            let manifest = line["manifest"].as_str().unwrap().parse().unwrap();
            let body = ReadOutConfirmed {
                tender: id(TENDER),
                manifest,
                agrees: true,
            };
            self.server
                .must(body, &[&Actor::new(line["bidder"].as_str().unwrap())]);
        }
        self.server
            .must(self.snapshot(), &[&Actor::new("credit-source")]);
        self.sign_due("benchmark-set", &["tenderee"]);
        for slot in 1..=2 {
            self.release(EnvelopeKind::Contrib, slot);
        }
        let drawn = self.wait_for(|view| view["stage"] == "drawn");
        self.server
            .advance(drawn["draw_objection_end_ms"].as_u64().unwrap());
        self.sign_due("opening-record", &["tenderee", "witness-1"]);
        self.sign_due("evaluation-report", &["tenderee"]);
        self.sign_due("candidates", &["tenderee"]);
        let until_ms = self.view()["candidates"]["publicity_until_ms"]
            .as_u64()
            .unwrap();
        self.server.advance(until_ms);
        self.sign_due("award", &["tenderee"]);
    }

    /// Signs what the server computes, as it is.
    #[track_caller]
    fn sign_due(&self, what: &str, signers: &[&str]) {
        let answer = self
            .server
            .get(&format!("/api/v1/tenders/{TENDER}/due/{what}"));
        assert_eq!(answer.status, 200, "{}", answer.text());
        let mut envelope = record::statement::Envelope::new(what, answer.body);
        for name in signers {
            envelope.add_signature(Actor::new(name).key());
        }
        let answer = self.server.post(
            &format!("/api/v1/tenders/{TENDER}/statements"),
            envelope.to_json(),
        );
        assert_eq!(answer.status, 201, "{}", answer.text());
    }

    pub fn tenderee(&self) -> Actor {
        Actor::new("tenderee")
    }

    pub fn origin(&self) -> &str {
        &self.server.node.config.origin
    }

    #[track_caller]
    pub fn view(&self) -> Value {
        self.server.view(TENDER)
    }

    /// Asks again until the platform has done its part.
    #[track_caller]
    pub fn wait_for(&self, holds: impl Fn(&Value) -> bool) -> Value {
        let end = Instant::now() + Duration::from_secs(20);
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

    /// Publishes trustee keys and set, and rehearses; the set's id.
    pub fn rehearse(&self) -> Digest {
        let trustees: Vec<Actor> = (1..=3)
            .map(|slot| Actor::new(&format!("trustee-{slot}")))
            .collect();
        for trustee in &trustees {
            let key = trustee.hpke().public().clone();
            self.server.must(
                TrusteeKey {
                    tender: id(TENDER),
                    trustee: trustee.id().clone(),
                    key,
                },
                &[trustee],
            );
        }
        let member = |trustee: &Actor| TrusteeMember {
            trustee: trustee.id().clone(),
            key: trustee.hpke().public().clone(),
        };
        let members = trustees.iter().map(member).collect();
        let set = TrusteeSet {
            tender: id(TENDER),
            threshold: 2,
            members,
            suite: Suite::KaibiaoV1,
        };
        let tenderee = self.tenderee();
        let signers: Vec<&Actor> = std::iter::once(&tenderee).chain(&trustees).collect();
        let set = self.server.must(set, &signers);
        self.wait_for(|view| view["rehearsals"][0]["rehearsal"].is_string());
        for slot in 1..=3 {
            self.release(EnvelopeKind::Rehearsal, slot);
        }
        assert_eq!(self.view()["rehearsals"][0]["rehearsed"], true);
        set
    }

    pub fn upload_documents(&self) {
        let token = self.server.session(&self.tenderee());
        for text in DOCUMENTS {
            let leaf = record::sealing::segment_leaf(text.as_bytes()).to_string();
            let body = json!({ "root": leaf, "size_bytes": text.len(), "leaves": [leaf] });
            let declared =
                self.server
                    .with_token(Method::POST, "/api/v1/blobs", &token, body.to_string());
            assert_eq!(
                declared.json()["missing"],
                json!([0]),
                "{}",
                declared.text()
            );
            let path = format!("/api/v1/blobs/{leaf}/segments/0");
            let put = self.server.with_token(Method::PUT, &path, &token, text);
            assert_eq!(put.status, 204, "{}", put.text());
        }
    }

    pub fn notice(&self, set: Digest) -> Notice {
        notice_of(&self.script, self.server.node.now_ms().unwrap(), set)
    }

    /// Commitment and value of the credit.
    fn snapshot(&self) -> CreditSnapshot {
        let value = |(name, _): &(&str, &str)| CreditValue {
            account: id(name),
            value: "90".to_owned(),
        };
        CreditSnapshot {
            tender: id(TENDER),
            taken_ms: play::START_MS,
            origin: "信用平台".to_owned(),
            salt: Salt::sha256(b"salt"),
            values: BIDDERS.iter().map(value).collect(),
        }
    }

    /// What is announced, from the server's own state.
    pub fn bidding(&self) -> Bidding {
        let bidding = self
            .server
            .node
            .with_tender(&id(TENDER), |tender, _| tender.stage().bidding().cloned());
        bidding.unwrap().flatten().expect("the tender is announced")
    }

    pub fn manifest(&self, bidder: &str, price: &str) -> BidManifest {
        let bidder = Actor::new(bidder);
        let bid = play::Bid {
            bidder: &bidder,
            form: form_json(price),
            seq: 1,
            replaces: None,
            label: price,
        };
        let bidding = self.bidding();
        play::seal_bid(self.origin(), &bidding.notice, &bidding.keys, &bid).manifest
    }

    /// The trustee of a slot releases what is to be released of a kind.
    #[track_caller]
    pub fn release(&self, kind: EnvelopeKind, slot: u8) -> Digest {
        let trustee = Actor::new(&format!("trustee-{slot}"));
        let shares = self
            .server
            .node
            .with_tender(&id(TENDER), |tender, _| match tender.stage() {
                Stage::Draft(preparation) => {
                    let dealt = preparation
                        .sets
                        .values()
                        .find_map(|set| set.rehearsal.as_ref())
                        .expect("dealt");
                    open_all(&dealt.1, slot, &trustee)
                }
                Stage::Opening(opening) => open_all(&opening.releases, slot, &trustee),
                Stage::Drawing(drawing) => open_all(
                    &drawing.last().expect("an attempt").releases,
                    slot,
                    &trustee,
                ),
                stage => panic!("nothing is released in stage {}", stage.name()),
            });
        let shares = shares.unwrap().expect("the tender is there");
        self.server.must(
            ShareRelease {
                tender: id(TENDER),
                slot,
                kind,
                shares,
            },
            &[&trustee],
        )
    }

    /// Kinds of the statements that the public may read now.
    pub fn kinds(&self) -> Vec<String> {
        let items = self
            .server
            .all(&format!("/api/v1/tenders/{TENDER}/statements"), 100);
        items
            .iter()
            .map(|item| item["kind"].as_str().unwrap().to_owned())
            .collect()
    }
}

fn open_all(releases: &Releases, slot: u8, trustee: &Actor) -> Vec<ReleasedShare> {
    releases
        .ids()
        .map(|id| open_slot(*id, releases.sealed(id).expect("listed"), slot, trustee))
        .collect()
}
