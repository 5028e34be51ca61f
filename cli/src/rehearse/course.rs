//! The steps that every tender takes, whatever is played in it. What differs is in [`super::works`] and
//! [`super::korean`].

use std::fs;
use std::path::Path;

use procedure::act::{
    Act, Award, BenchmarkSet, Candidates, Document, DrawResult, EvaluationReport, Notice,
    OpeningRecord, Suite, TenderCreated, TrusteeKey, TrusteeMember, TrusteeSet,
};
use procedure::law::Profile;
use procedure::{Stage, report_of};
use record::sealing::document_set_digest;
use record::{Digest, Identifier};

use super::actor::Actor;
use super::hall::Hall;
use super::together;
use crate::client::{Client, Layout, LocalBlob, TenderView};
use crate::failure::Failure;
use crate::release::{Release, check_closing, prepare};
use crate::replay::Record;
use crate::seal::{Sealer, Terms, seal_contribution};

/// Statements that are posted at the same time.
pub const AT_ONCE: usize = 32;
/// What a trustee is told who comes when the others were enough.
const TOO_LATE_TO_MATTER: [&str; 2] = ["stage-mismatch", "window-closed"];

/// A tender and those who conduct it.
#[derive(Clone, Copy)]
pub struct Course<'a> {
    /// Where it is played.
    pub hall: &'a Hall,
    /// The tender.
    pub tender: &'a Identifier,
    /// Who tenders.
    pub tenderee: &'a Actor,
    /// The trustees, slot 1 first.
    pub trustees: &'a [Actor],
    /// How many of them open.
    pub threshold: u8,
    /// The witnesses.
    pub witnesses: &'a [Actor],
    /// Whether the trustees share one replay of the record, to save time.
    pub shares_replay: bool,
}

/// What came of a trustee's turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// Slot of the trustee.
    pub slot: u8,
    /// Shares that it released; none if the others had been enough before it came.
    pub shares: usize,
}

impl Course<'_> {
    /// Where the tender stands.
    pub fn view(&self) -> Result<TenderView, Failure> {
        Ok(self.hall.client().tender(self.tender)?)
    }

    /// What the tenderee says.
    pub fn tenderee_says(&self, act: impl Into<Act>) -> Result<Digest, Failure> {
        Ok(self.tenderee.say(self.hall, act)?.statement_id)
    }

    /// The tenderee creates the tender.
    pub fn create(&self, project: &Identifier, title: &str) -> Result<(), Failure> {
        self.tenderee_says(TenderCreated {
            tender: self.tender.clone(),
            project: project.clone(),
            title: title.to_owned(),
            tenderee: self.tenderee.id().clone(),
        })
        .map(|_| ())
    }

    /// Every trustee makes its key for this tender; all of them and the tenderee sign the set.
    pub fn sign_trustee_set(&self) -> Result<Digest, Failure> {
        let members = together(AT_ONCE, self.trustees, |trustee| {
            let key = trustee.keyring.trustee_key(self.tender).public().clone();
            let member = TrusteeMember {
                trustee: trustee.id().clone(),
                key,
            };
            let (tender, key) = (self.tender.clone(), member.key.clone());
            trustee.say(
                self.hall,
                TrusteeKey {
                    tender,
                    trustee: member.trustee.clone(),
                    key,
                },
            )?;
            Ok(member)
        })?;
        let set = TrusteeSet {
            tender: self.tender.clone(),
            threshold: self.threshold,
            members,
            suite: Suite::KaibiaoV1,
        };
        let mut envelope = self.tenderee.sign(set)?;
        for trustee in self.trustees {
            envelope.add_signature(trustee.keyring.signing_key()?);
        }
        let label = self.tenderee.id().as_str();
        Ok(self.hall.post(label, &envelope)?.statement_id)
    }

    /// The platform deals an envelope, and every trustee shows that it can open its slot.
    pub fn rehearse(&self) -> Result<(), Failure> {
        let dealt = |view: &TenderView| view.rehearsals.iter().any(|one| one.rehearsal.is_some());
        self.hall.wait(self.tender, "a rehearsal", dealt)?;
        self.release("the rehearsal", |_| {})?;
        let rehearsed = |view: &TenderView| view.rehearsals.iter().any(|one| one.rehearsed);
        self.hall
            .wait(self.tender, "the end of the rehearsal", rehearsed)?;
        Ok(())
    }

    /// Uploads the tender documents that lie in `folder`; `session` is the tenderee's.
    pub fn upload_documents(
        &self,
        session: &Client,
        folder: &Path,
    ) -> Result<Vec<Document>, Failure> {
        let entries = fs::read_dir(folder).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        let entries = entries.map_err(|error| Failure::file(folder, error))?;
        let mut documents = together(AT_ONCE, entries, |entry| {
            let blob = LocalBlob::hash(&entry.path(), Layout::Document)?;
            session.upload(&blob, &mut |_| {})?;
            let name = entry.file_name().to_string_lossy().into_owned();
            Ok(Document {
                name,
                size: blob.size,
                root: blob.root,
            })
        })?;
        documents.sort_by(|left, right| left.name.cmp(&right.name));
        Ok(documents)
    }

    /// The tenderee publishes the notice; the platform announces the draw.
    pub fn announce(&self, notice: &Notice) -> Result<(), Failure> {
        self.tenderee_says(notice.clone())?;
        let announced = |view: &TenderView| view.announce_id.is_some();
        self.hall
            .wait(self.tender, "the announcement of the draw", announced)?;
        Ok(())
    }

    /// What bids are sealed for, from a replay of its own.
    pub fn terms(&self) -> Result<Terms, Failure> {
        Ok(Terms::of(&self.hall.record(self.tender)?)?)
    }

    /// Somebody who does not bid contributes to the draw.
    pub fn contribute(&self, who: &Actor, terms: &Terms) -> Result<(), Failure> {
        let own = seal_contribution(terms, Sealer::of(&who.keyring)?, 1)?;
        self.hall.post(who.id().as_str(), &own.envelope)?;
        Ok(())
    }

    /// Every trustee replays the record, checks the closing and releases its shares; `falsify` may change what one
    /// of them releases. Who comes when the others were enough is told so and has nothing to do.
    pub fn release(
        &self,
        what: &str,
        falsify: impl Fn(&mut Release) + Sync,
    ) -> Result<Vec<Turn>, Failure> {
        let shared = self
            .shares_replay
            .then(|| self.hall.record(self.tender))
            .transpose()?;
        together(AT_ONCE, (1..).zip(self.trustees), |(slot, trustee)| {
            let own;
            let record = match &shared {
                Some(record) => record,
                None => {
                    own = self.hall.record(self.tender)?;
                    &own
                }
            };
            self.take_turn(slot, trustee, record, &falsify)
                .map_err(|mut failure| {
                    failure.message =
                        format!("trustee {slot} releases {what}: {}", failure.message);
                    failure
                })
        })
    }

    fn take_turn(
        &self,
        slot: u8,
        trustee: &Actor,
        record: &Record,
        falsify: &impl Fn(&mut Release),
    ) -> Result<Turn, Failure> {
        let mut turn = Turn { slot, shares: 0 };
        if !matches!(
            record.tender.stage(),
            Stage::Draft(_) | Stage::Opening(_) | Stage::Drawing(_)
        ) {
            return Ok(turn);
        }
        let mut release = prepare(record, &trustee.keyring, self.hall.now_ms()?)?;
        if !matches!(record.tender.stage(), Stage::Draft(_)) {
            check_closing(self.hall.client(), record, self.hall.trust())?;
        }
        falsify(&mut release);
        for envelope in release.statements(trustee.keyring.signing_key()?) {
            match self.hall.post(trustee.id().as_str(), &envelope) {
                Ok(_) => turn.shares += release.shares.len(),
                Err(failure) if TOO_LATE_TO_MATTER.contains(&failure.code.as_str()) => {}
                Err(failure) => return Err(failure),
            }
        }
        Ok(turn)
    }

    /// What the tenderee owes now, as the server computes it; admission computes it again.
    fn due(&self, what: &str) -> Result<Act, Failure> {
        Ok(self.hall.client().due(self.tender, what)?)
    }

    /// The tenderee freezes the benchmark set.
    pub fn freeze(&self) -> Result<BenchmarkSet, Failure> {
        let Act::BenchmarkSet(body) = self.due("benchmark-set")? else {
            return Err(unexpected("benchmark-set"));
        };
        self.tenderee_says(body.clone())?;
        Ok(body)
    }

    /// The contributions are released; the platform draws.
    pub fn draw(&self) -> Result<DrawResult, Failure> {
        self.release("the contributions", |_| {})?;
        let view = self
            .hall
            .wait(self.tender, "the result of the draw", |view| {
                view.draw_result.is_some()
            })?;
        view.draw_result.ok_or_else(|| unexpected("draw-result"))
    }

    /// After the time for objections to the draw, host and witnesses sign the opening record.
    pub fn sign_opening_record(&self) -> Result<OpeningRecord, Failure> {
        let Act::OpeningRecord(body) = self.due("opening-record")? else {
            return Err(unexpected("opening-record"));
        };
        let mut envelope = self.tenderee.sign(body.clone())?;
        for witness in self.witnesses {
            envelope.add_signature(witness.keyring.signing_key()?);
        }
        self.hall.post(self.tenderee.id().as_str(), &envelope)?;
        Ok(body)
    }

    /// The tenderee reports the evaluation: what the server says is due has to be what its own replay gives.
    pub fn report(&self) -> Result<EvaluationReport, Failure> {
        let Act::EvaluationReport(mut body) = self.due("evaluation-report")? else {
            return Err(unexpected("evaluation-report"));
        };
        let record = self.hall.record(self.tender)?;
        let Stage::Evaluation(recorded) = record.tender.stage() else {
            return Err(unexpected("stage evaluation"));
        };
        let own = report_of(self.tender, recorded)
            .map_err(|refusal| Failure::failed(refusal.code.as_str(), &refusal))?;
        if own != body {
            let message = "the server's evaluation report is not what the record gives";
            return Err(Failure::failed("report-differs", message));
        }
        let notice = &recorded.drawn.drawing.opened.closed.bidding.notice;
        let minimum =
            Profile::released(&notice.profile).map_or(0, |profile| profile.bidders_min().0);
        if body.ranked > 0 && body.ranked < minimum {
            body.competition_note =
                Some("有效报价虽少，但经询价与市场价相当，竞争并未明显不足。".to_owned());
        }
        self.tenderee_says(body.clone())?;
        Ok(body)
    }

    /// The candidates are published.
    pub fn publish_candidates(&self) -> Result<Candidates, Failure> {
        let Act::Candidates(body) = self.due("candidates")? else {
            return Err(unexpected("candidates"));
        };
        self.tenderee_says(body.clone())?;
        Ok(body)
    }

    /// After the publicity, the award. Where several share the first rank, `choose` picks the one that the tenderee
    /// names, with the reason.
    pub fn award(
        &self,
        candidates: &Candidates,
        choose: impl Fn(&[Identifier]) -> Option<(Identifier, String)>,
    ) -> Result<Award, Failure> {
        let first: Vec<_> = candidates
            .candidates
            .iter()
            .filter(|place| place.rank == 1)
            .collect();
        let body = match first.as_slice() {
            [_] => match self.due("award")? {
                Act::Award(body) => body,
                _ => return Err(unexpected("award")),
            },
            several => {
                let names: Vec<Identifier> =
                    several.iter().map(|place| place.bidder.clone()).collect();
                let (winner, reason) =
                    choose(&names).ok_or_else(|| unexpected("a choice among equals"))?;
                let place = several.iter().find(|place| place.bidder == winner);
                let price = place.map(|place| place.price.clone()).unwrap_or_default();
                Award {
                    tender: self.tender.clone(),
                    winner,
                    price,
                    reason: Some(reason),
                }
            }
        };
        self.tenderee_says(body.clone())?;
        Ok(body)
    }
}

/// Digest of a set of documents.
///
/// # Errors
/// A name stands twice.
pub fn digest_of(documents: &[Document]) -> Result<Digest, Failure> {
    let fields: Vec<_> = documents
        .iter()
        .map(|one| (one.name.clone(), one.size, one.root))
        .collect();
    document_set_digest(&fields).map_err(|error| Failure::failed(error.code(), error))
}

/// The server said something else than it was asked.
pub fn unexpected(what: &str) -> Failure {
    Failure::failed("server-answer", format!("the server gave no {what}"))
}
