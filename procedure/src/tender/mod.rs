//! A tender as a state machine: [`Tender::admit`] is the one way in which it changes.
//!
//! One file per phase. Each act has one function that first demands everything that must hold and only then
//! changes the state, so that a refusal leaves the tender as it was.

mod attempt;
mod award;
mod bidding;
mod drawing;
mod duty;
mod envelope;
mod evaluating;
mod form;
mod notice;
mod objections;
mod opening;
mod outage;
mod preparation;
mod releases;
mod rules;
mod stage;

use std::collections::{BTreeMap, BTreeSet};

use record::key::KeyId;
use record::statement::Verified;
use record::{Digest, Identifier};

pub use duty::Duty;
pub use envelope::{bid_context, contribution_context, rehearsal_context};
pub use evaluating::{case_of, report_of};
pub use form::read_form;
pub use objections::ObjectionState;
pub use outage::{OutageRule, OutageState};
pub use releases::{Releases, Resolved, Sealed};
pub use rules::above_control_price;
pub use stage::*;

use crate::act::{Act, Role, TenderCreated};
use crate::limits::{NAME_CHARS_MAX, SIGNERS_MAX};
use crate::refusal::{Code, Refusal, demand};
use crate::{At, Directory, text};

/// One tender (one lot, 标段): what its admitted statements say, and nothing else.
#[derive(Clone, Debug, PartialEq)]
pub struct Tender {
    id: Identifier,
    project: Identifier,
    title: String,
    tenderee: Identifier,
    created: At,
    last: At,
    statements: BTreeSet<Digest>,
    signers: BTreeSet<Identifier>,
    objections: BTreeMap<Digest, ObjectionState>,
    stage: Stage,
}

/// Who signed a statement, when, and which one it is: what every admission looks at.
struct Case<'a> {
    id: Digest,
    /// Accounts that signed, each with the key that it used.
    signers: BTreeMap<Identifier, KeyId>,
    directory: &'a Directory,
    at: At,
}

impl Case<'_> {
    /// Exactly `who` signed.
    fn signed_only_by(&self, who: &Identifier) -> Result<(), Refusal> {
        demand(
            self.signers.contains_key(who),
            Code::SignerNotAllowed,
            || format!("{who} must sign"),
        )?;
        demand(self.signers.len() == 1, Code::SignersTooMany, || {
            format!("only {who} signs")
        })
    }

    /// Exactly one account signed, and it is the platform.
    fn signed_by_platform(&self) -> Result<(), Refusal> {
        let is_platform = |who: &Identifier| self.directory.has_role(who, Role::Platform, self.at);
        demand(
            self.signers.len() == 1,
            Code::SignersTooMany,
            || "only the platform signs",
        )?;
        demand(
            self.signers.keys().all(is_platform),
            Code::SignerNotAllowed,
            || "the platform's act key must sign",
        )
    }

    /// The only signer.
    fn only_signer(&self) -> Result<&Identifier, Refusal> {
        match (self.signers.len(), self.signers.keys().next()) {
            (1, Some(who)) => Ok(who),
            _ => Err(Refusal::new(Code::SignersTooMany, "one account signs")),
        }
    }

    /// The public key that `who` signed with, in hex.
    fn signing_key(&self, who: &Identifier) -> Result<String, Refusal> {
        let id = self
            .signers
            .get(who)
            .ok_or_else(|| Refusal::new(Code::SignerNotAllowed, format!("{who} must sign")))?;
        Ok(hex::encode(
            self.directory.active_key(id, self.at)?.key.bytes(),
        ))
    }
}

impl Tender {
    /// Begins a tender with its `tender-created`.
    ///
    /// # Errors
    /// The tenderee alone signs; the title has 1 to 200 characters.
    pub fn create(
        statement: &Verified<Act>,
        directory: &Directory,
        at: At,
    ) -> Result<Tender, Refusal> {
        let Act::TenderCreated(body) = statement.statement() else {
            let kind = statement.statement().kind();
            return Err(Refusal::new(
                Code::TenderUnknown,
                format!("{kind} cannot begin a tender"),
            ));
        };
        let signers = directory.signers(statement.signers(), at)?;
        let case = Case {
            id: statement.id(),
            signers,
            directory,
            at,
        };
        case.signed_only_by(&body.tenderee)?;
        text::length(&body.title, NAME_CHARS_MAX, "/title")?;
        let TenderCreated {
            tender,
            project,
            title,
            tenderee,
        } = body.clone();
        Ok(Tender {
            id: tender,
            project,
            title,
            created: at,
            last: at,
            statements: BTreeSet::from([statement.id()]),
            signers: BTreeSet::from([tenderee.clone()]),
            tenderee,
            objections: BTreeMap::new(),
            stage: Stage::Draft(Preparation::default()),
        })
    }

    /// Admits one statement; unchanged on refusal. Pure: the same arguments give the same result anywhere.
    ///
    /// # Errors
    /// A [`Refusal`] with a stable code, and with the rule of the profile where one stands behind it.
    pub fn admit(
        &mut self,
        statement: &Verified<Act>,
        directory: &Directory,
        at: At,
    ) -> Result<(), Refusal> {
        let forwards = at.index > self.last.index && at.time_ms >= self.last.time_ms;
        demand(forwards, Code::TimeBackwards, || {
            format!("index {}, {} ms", at.index, at.time_ms)
        })?;
        let repeated = self.statements.contains(&statement.id());
        demand(!repeated, Code::StatementRepeated, || {
            statement.id().to_string()
        })?;
        let act = statement.statement();
        let own = act.chain() == record::chain::ChainId::Tender(self.id.clone());
        demand(own, Code::TenderMismatch, || format!("this is {}", self.id))?;
        let signers = directory.signers(statement.signers(), at)?;
        let case = Case {
            id: statement.id(),
            signers,
            directory,
            at,
        };
        let new_signers = case
            .signers
            .keys()
            .filter(|who| !self.signers.contains(*who))
            .count();
        let signers = self.signers.len().saturating_add(new_signers);
        demand(signers <= SIGNERS_MAX, Code::BiddersMax, || {
            format!("at most {SIGNERS_MAX} accounts sign")
        })?;
        self.judge(act, &case)?;
        self.last = at;
        self.statements.insert(case.id);
        self.signers.extend(case.signers.into_keys());
        Ok(())
    }

    fn judge(&mut self, act: &Act, case: &Case<'_>) -> Result<(), Refusal> {
        match act {
            Act::TenderCreated(_) => Err(Refusal::new(Code::TenderExists, self.id.to_string())),
            Act::TrusteeKey(body) => self.trustee_key(body, case),
            Act::TrusteeSet(body) => self.trustee_set(body, case),
            Act::RehearsalDealt(body) => self.rehearsal_dealt(body, case),
            Act::Notice(body) => self.notice(body, case),
            Act::DrawAnnounce(body) => self.draw_announce(body, case),
            Act::CreditCommitted(body) => self.credit_committed(body, case),
            Act::BidManifest(body) => self.bid_manifest(body, case),
            Act::BidWithdrawn(body) => self.bid_withdrawn(body, case),
            Act::DrawContribution(body) => self.draw_contribution(body, case),
            Act::Outage(body) => self.outage(body, case),
            Act::Resumed(body) => self.resumed(body, case),
            Act::Closing(body) => self.closing(body, case),
            Act::ShareRelease(body) => self.share_release(body, case),
            Act::BidOpened(body) => self.bid_opened(body, case),
            Act::OpeningResults(body) => self.opening_results(body, case),
            Act::ReadOutConfirmed(body) => self.read_out_confirmed(body, case),
            Act::Objection(body) => self.objection(body, case),
            Act::ObjectionAnswered(body) => self.objection_answered(body, case),
            Act::BenchmarkSet(body) => self.benchmark_set(body, case),
            Act::DrawClose(body) => self.draw_close(body, case),
            Act::DrawFailed(body) => self.draw_failed(body, case),
            Act::DrawResult(body) => self.draw_result(body, case),
            Act::OpeningRecord(body) => self.opening_record(body, case),
            Act::CreditSnapshot(body) => self.credit_snapshot(body, case),
            Act::EvaluationReport(body) => self.evaluation_report(body, case),
            Act::Candidates(body) => self.candidates(body, case),
            Act::Award(body) => self.award(body, case),
            Act::TenderFailed(body) => self.tender_failed(body, case),
            Act::TenderTerminated(body) => self.tender_terminated(body, case),
            Act::AccountRegistered(_)
            | Act::KeyRegistered(_)
            | Act::KeyRevoked(_)
            | Act::RoleGranted(_) => Err(Refusal::new(
                Code::TenderMismatch,
                "this belongs to an account or to the platform",
            )),
        }
    }

    /// Tenderee, operator, and organisations under common control with either of them.
    fn is_inside(&self, who: &Identifier, case: &Case<'_>) -> bool {
        let directory = case.directory;
        let is_operator = |who: &Identifier| directory.has_role(who, Role::Platform, case.at);
        let group = |who: &Identifier| {
            directory
                .account(who)
                .and_then(|account| account.control_group.as_ref())
        };
        let related = |own: &Identifier| {
            group(&self.tenderee) == Some(own)
                || directory
                    .with_role()
                    .any(|(id, entry)| entry.control_group.as_ref() == Some(own) && is_operator(id))
        };
        *who == self.tenderee || is_operator(who) || group(who).is_some_and(related)
    }

    /// Refusal of an act that the present stage does not admit.
    fn wrong_stage(&self) -> Refusal {
        Refusal::new(
            Code::StageMismatch,
            format!("the tender is in stage {}", self.stage.name()),
        )
    }

    /// Refusal of an act that waits for the resumption.
    fn suspended(&self) -> Refusal {
        Refusal::new(
            Code::TenderSuspended,
            "the platform was not serving at the deadline; a later one follows",
        )
    }

    /// Moves to the stage that `next` makes of the present one.
    fn advance(&mut self, next: impl FnOnce(Stage) -> Stage) {
        let present = std::mem::replace(&mut self.stage, Stage::Draft(Preparation::default()));
        self.stage = next(present);
    }

    /// Identifier.
    pub fn id(&self) -> &Identifier {
        &self.id
    }

    /// The project that groups its tenders.
    pub fn project(&self) -> &Identifier {
        &self.project
    }

    /// Title.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The tenderee's account.
    pub fn tenderee(&self) -> &Identifier {
        &self.tenderee
    }

    /// When it was created.
    pub fn created(&self) -> At {
        self.created
    }

    /// Where its last statement stands.
    pub fn last(&self) -> At {
        self.last
    }

    /// Accounts that signed on this chain, ascending.
    pub fn signers(&self) -> &BTreeSet<Identifier> {
        &self.signers
    }

    /// Objections by statement id.
    pub fn objections(&self) -> &BTreeMap<Digest, ObjectionState> {
        &self.objections
    }

    /// The present stage with everything that exists in it.
    pub fn stage(&self) -> &Stage {
        &self.stage
    }
}
