//! One recorded tender at play.

use std::fs;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use procedure::act::{
    Candidates, FieldType, FormField, Notice, OpeningTerms, Outcome, Place, ProfileRef,
    ReadOutConfirmed, RuleSet, Ties, WhoOpens,
};
use record::{Digest, Identifier};
use serde::Serialize;
use serde_json::{Map, json};
use verification::Verdict;

use super::cast::{Cast, THRESHOLD};
use crate::client::Client;
use crate::failure::Failure;
use crate::koneps::{Comparison, RecordedTender};
use crate::rehearse::actor::{Actor, identifier};
use crate::rehearse::course::{AT_ONCE, Course, digest_of, unexpected};
use crate::rehearse::evidence::{ask_another, collect};
use crate::rehearse::hall::Hall;
use crate::rehearse::{HOUR_MS, Scratch, together};
use crate::seal::{BidPlan, Sealer, Succession, seal_bid};

/// The law of the recorded tenders.
const PROFILE: &str = "kr-floor-rate";

/// A tender at play.
pub struct Play<'a> {
    hall: &'a Hall,
    cast: &'a Cast,
    session: &'a Client,
    scratch: &'a Scratch,
    tender: Identifier,
    /// What really happened.
    pub recorded: &'a RecordedTender,
    bidders: Vec<&'a Actor>,
    state: Mutex<State>,
}

/// What has come of it so far.
#[derive(Default)]
struct State {
    manifests: Vec<(Identifier, Digest)>,
    candidates: Option<Candidates>,
    failed: Option<String>,
}

/// What came of it.
#[derive(Clone, Debug, Serialize)]
pub struct Finding {
    /// Id of the recorded notice.
    pub notice: String,
    /// The tender on this server.
    pub tender: Identifier,
    /// Bids.
    pub bids: usize,
    /// KRW.
    pub estimated_price: String,
    /// Per cent.
    pub floor_rate_percent: String,
    /// Firm of the recorded first rank.
    pub recorded: Option<String>,
    /// Firms of the first rank in the play.
    pub ranked_first: Vec<String>,
    /// How they compare.
    pub comparison: Comparison,
    /// How the rule alone, without a tender, compares.
    pub expected: Comparison,
    /// Whether all prices were read out as they were recorded.
    pub read_out_as_recorded: bool,
    /// Why the tender failed, if it did.
    pub failed: Option<String>,
    /// Verdict over the bundle under the trust file.
    pub verdict: Verdict,
    /// Exit code of `kaibiao verify --trust` in a process that knows nothing else.
    pub verify_exit: i32,
    /// Receipts that were compared with the bundle.
    pub receipts: usize,
    /// Statements of receipts that are not in the bundle.
    pub dropped: usize,
}

impl<'a> Play<'a> {
    /// A tender of the run `tag`.
    ///
    /// # Errors
    /// The recorded notice has an id that is no identifier.
    pub fn new(
        hall: &'a Hall,
        cast: &'a Cast,
        session: &'a Client,
        scratch: &'a Scratch,
        tag: &str,
        recorded: &'a RecordedTender,
    ) -> Result<Play<'a>, Failure> {
        Ok(Play {
            hall,
            cast,
            session,
            scratch,
            tender: identifier(&format!("KR-{}-{tag}", recorded.notice))?,
            recorded,
            bidders: cast.of(recorded),
            state: Mutex::default(),
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn course(&self) -> Course<'_> {
        Course {
            hall: self.hall,
            tender: &self.tender,
            tenderee: &self.cast.tenderee,
            trustees: &self.cast.trustees,
            threshold: THRESHOLD,
            witnesses: &[],
            shares_replay: true,
        }
    }

    /// Everything up to the notice; bids close at `deadline_ms`.
    pub fn announce(&self, deadline_ms: u64) -> Result<(), Failure> {
        let course = self.course();
        course.create(
            &identifier("KONEPS")?,
            &format!("KONEPS {} (recorded bids, replayed)", self.recorded.notice),
        )?;
        let trustee_set = course.sign_trustee_set()?;
        course.rehearse()?;
        let folder = self.scratch.folder(&format!("documents/{}", self.tender))?;
        let path = folder.join("입찰공고.md");
        let text = format!(
            "# KONEPS {}\n\nEstimated price {} KRW; the lowest price at or above {} % of it comes first.\n",
            self.recorded.notice, self.recorded.estimated_price, self.recorded.floor_rate_percent
        );
        fs::write(&path, text).map_err(|error| Failure::file(&path, error))?;
        let documents = course.upload_documents(self.session, &folder)?;
        course.announce(&Notice {
            tender: self.tender.clone(),
            profile: self.profile()?,
            legal_basis: Some("Recorded Korean tenders, replayed for demonstration.".to_owned()),
            lot: identifier("lot-1")?,
            document_set: digest_of(&documents)?,
            documents,
            trustee_set,
            documents_until_ms: deadline_ms,
            deadline_ms,
            opening_ms: deadline_ms,
            opening: OpeningTerms {
                who_opens: WhoOpens::Either,
                window_ms: 6 * HOUR_MS,
                confirmation_ms: 6 * HOUR_MS,
                draw_window_ms: 6 * HOUR_MS,
                draw_objection_ms: HOUR_MS,
            },
            bid_form: vec![FormField {
                id: identifier("price")?,
                field_type: FieldType::Money,
                unit: Some("KRW".to_owned()),
                required: true,
            }],
            rules: self.rules()?,
            witnesses: vec![],
            publicity_days: 0,
            particulars: [("source".to_owned(), "KONEPS".to_owned())].into(),
        })
    }

    fn profile(&self) -> Result<ProfileRef, Failure> {
        let profiles = self.hall.client().profiles()?;
        let lines = profiles
            .into_iter()
            .filter(|line| line.id.as_str() == PROFILE);
        let line = lines
            .max_by_key(|line| line.version)
            .ok_or_else(|| unexpected("profile kr-floor-rate"))?;
        Ok(ProfileRef {
            id: line.id,
            version: line.version,
            digest: line.digest,
        })
    }

    fn rules(&self) -> Result<RuleSet, Failure> {
        let rules = json!({
            "format": "kaibiao-rules/1",
            "profile": PROFILE,
            "award_class": "lowest-from-floor",
            "currency": "KRW",
            "estimated_price": self.recorded.estimated_price,
            "methods": [{ "method": "floor-rate-lowest", "fixed": { "rate_percent": self.recorded.floor_rate_percent } }],
            // A tie has to be seen, not drawn away.
            "ties": Ties::Report,
        });
        serde_json::from_value(rules).map_err(|error| Failure::failed("rules", error))
    }

    /// Every recorded price is sealed and submitted.
    pub fn bid(&self) -> Result<(), Failure> {
        let course = self.course();
        let terms = course.terms()?;
        course.contribute(&self.cast.tenderee, &terms)?;
        let bids = self.bidders.iter().zip(&self.recorded.bids);
        let manifests = together(AT_ONCE, bids, |(bidder, recorded)| {
            let plan = BidPlan {
                form: Map::from_iter([("price".to_owned(), json!(recorded.price))]),
                attachments: vec![],
                members: vec![],
                succession: Succession::first(),
            };
            let sealer = Sealer::of(&bidder.keyring)?;
            let sealed = seal_bid(&terms, sealer, &plan, self.scratch.path(), &mut |_| {})?;
            let receipt = self.hall.post(bidder.id().as_str(), &sealed.envelope)?;
            Ok((bidder.id().clone(), receipt.statement_id))
        })?;
        self.state().manifests = manifests;
        Ok(())
    }

    /// The trustees open; the prices are read out.
    pub fn open(&self) -> Result<(), Failure> {
        self.hall.wait_stage(&self.tender, "opening")?;
        self.course().release("the bids", |_| {})?;
        self.hall.wait_stage(&self.tender, "opened")?;
        Ok(())
    }

    /// Everybody confirms; the set is frozen and the draw is made.
    pub fn draw(&self) -> Result<(), Failure> {
        let manifests = self.state().manifests.clone();
        together(
            AT_ONCE,
            self.bidders.iter().zip(manifests),
            |(bidder, (_, manifest))| {
                let tender = self.tender.clone();
                bidder.say(
                    self.hall,
                    ReadOutConfirmed {
                        tender,
                        manifest,
                        agrees: true,
                    },
                )
            },
        )?;
        let course = self.course();
        course.freeze()?;
        course.draw()?;
        Ok(())
    }

    /// The opening record is signed, the bids are ranked, the candidates published.
    pub fn rank(&self) -> Result<(), Failure> {
        let course = self.course();
        course.sign_opening_record()?;
        let report = course.report()?;
        if report.places.is_empty() {
            let view = self.hall.wait_stage(&self.tender, "failed")?;
            self.state().failed = view.failure;
            return Ok(());
        }
        self.state().candidates = Some(course.publish_candidates()?);
        Ok(())
    }

    /// The award; of several equal ones to the recorded first.
    pub fn award(&self) -> Result<(), Failure> {
        let Some(candidates) = self.state().candidates.clone() else {
            return Ok(());
        };
        let recorded = self.recorded_account();
        self.course().award(&candidates, |equals| {
            let first = equals
                .iter()
                .find(|one| recorded == Some(*one))
                .or(equals.first())?;
            Some((
                first.clone(),
                "Equal lowest prices; the recorded first rank.".to_owned(),
            ))
        })?;
        self.hall.wait_stage(&self.tender, "awarded")?;
        Ok(())
    }

    /// The account that plays the recorded first.
    fn recorded_account(&self) -> Option<&Identifier> {
        let mut bids = self.bidders.iter().zip(&self.recorded.bids);
        bids.find(|(_, bid)| bid.first)
            .map(|(bidder, _)| bidder.id())
    }

    /// Firm behind an account.
    fn firm(&self, account: &Identifier) -> String {
        let mut bids = self.bidders.iter().zip(&self.recorded.bids);
        let found = bids.find(|(bidder, _)| bidder.id() == account);
        found.map_or(account.to_string(), |(_, bid)| bid.firm.clone())
    }

    /// The bundle is verified here and elsewhere, and the first rank compared with the recorded one.
    pub fn verify(&self, export: Option<&Path>) -> Result<Finding, Failure> {
        let own: Vec<Digest> = self.state().manifests.iter().map(|(_, id)| *id).collect();
        let evidence = collect(self.hall, &self.tender, |kept| {
            own.contains(&kept.receipt.statement_id)
        })?;
        let path = evidence.export(
            self.hall,
            &self.tender,
            &self.scratch.folder(&format!("reader/{}", self.tender))?,
        )?;
        let heard = ask_another(&path, true)?;
        if let Some(folder) = export {
            evidence.export(self.hall, &self.tender, folder)?;
        }
        let candidates = self.state().candidates.clone();
        let places = candidates.map(|body| body.candidates).unwrap_or_default();
        let first: Vec<&Place> = places.iter().filter(|place| place.rank == 1).collect();
        let follows = first
            .iter()
            .any(|place| self.recorded_account() == Some(&place.bidder));
        let comparison = match (follows, first.len()) {
            (true, 1) => Comparison::Alone,
            (true, _) => Comparison::Tied,
            (false, _) => Comparison::Exception,
        };
        let expected = self
            .recorded
            .recompute()
            .map_err(|error| Failure::failed("koneps-file", error))?;
        let results = self.course().view()?.results.unwrap_or_default();
        let as_recorded = self
            .bidders
            .iter()
            .zip(&self.recorded.bids)
            .all(|(bidder, bid)| {
                results.iter().any(|line| {
                    line.bidder == *bidder.id()
                        && line.outcome == Outcome::Valid
                        && line
                            .form
                            .values()
                            .eq([&procedure::act::FormValue::Text(bid.price.clone())])
                })
            });
        Ok(Finding {
            notice: self.recorded.notice.clone(),
            tender: self.tender.clone(),
            bids: self.recorded.bids.len(),
            estimated_price: self.recorded.estimated_price.clone(),
            floor_rate_percent: self.recorded.floor_rate_percent.clone(),
            recorded: self.recorded.recorded_first().map(|bid| bid.firm.clone()),
            ranked_first: first.iter().map(|place| self.firm(&place.bidder)).collect(),
            comparison,
            expected: expected.comparison,
            read_out_as_recorded: as_recorded,
            failed: self.state().failed.clone(),
            verdict: evidence.report.verdict,
            verify_exit: heard.code,
            receipts: evidence.compared,
            dropped: evidence.dropped.len(),
        })
    }
}

impl Finding {
    /// A row of the table.
    pub fn row(&self) -> Vec<String> {
        let comparison = match self.comparison {
            Comparison::Alone => "as recorded",
            Comparison::Tied => "tied",
            Comparison::Exception => "exception",
        };
        let record = if self.is_verified() { "holds" } else { "FAILS" };
        let first = match (self.ranked_first.as_slice(), &self.failed) {
            ([], Some(failure)) => failure.clone(),
            ([], None) => "nobody".to_owned(),
            (firms, _) => firms.join(", "),
        };
        vec![
            self.notice.clone(),
            self.bids.to_string(),
            self.estimated_price.clone(),
            self.floor_rate_percent.clone(),
            self.recorded.clone().unwrap_or_default(),
            first,
            comparison.to_owned(),
            record.to_owned(),
        ]
    }

    /// Whether the play comes to what the rule alone gives for the recorded prices.
    pub fn follows_rule(&self) -> bool {
        self.comparison == self.expected
    }

    /// Whether the bundle holds under the trust file, here and in another process.
    pub fn is_verified(&self) -> bool {
        self.verdict == Verdict::Holds && self.verify_exit == 0
    }
}
