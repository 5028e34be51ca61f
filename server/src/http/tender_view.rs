//! What `GET /api/v1/tenders/{tender}` says: the state of a tender as far as the public may know it.
//!
//! Nothing here depends on sealed acts before closing; a field appears when the stage that it belongs to is there.

use procedure::act::{
    Award, BidResult, Candidates, DrawFailure, DrawResult, EvaluationReport, Failure, Matter,
    NotServing, Notice, TerminationCause, TrusteeSet,
};
use procedure::{Drawing, Stage, Tender};
use record::{Digest, Identifier};
use serde::Serialize;
use utoipa::ToSchema;

/// The state of a tender. Bodies of statements stand as they were admitted.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct TenderView {
    /// Identifier of the tender (one lot, 标段).
    tender: String,
    /// The project (项目) that it belongs to.
    project: String,
    /// Title.
    title: String,
    /// Account of the tenderee (招标人).
    tenderee: String,
    /// Stage: draft, announced, suspended, closed, opening, opened, drawing, drawn, evaluation, evaluated, candidates,
    /// awarded, failed or terminated.
    stage: &'static str,
    /// When it was created, UTC milliseconds.
    created_ms: u64,
    /// Body of the notice.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    notice: Option<Notice>,
    /// The deadline in force, UTC milliseconds: the notice's, until an outage of the platform moves it.
    #[serde(skip_serializing_if = "Option::is_none")]
    deadline_ms: Option<u64>,
    /// When the opening begins, UTC milliseconds: the notice's time, and never before the deadline in force.
    #[serde(skip_serializing_if = "Option::is_none")]
    opening_ms: Option<u64>,
    /// Outages of the platform at a deadline.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    outages: Vec<OutageView>,
    /// Statement id of the notice.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    notice_id: Option<Digest>,
    /// Body of the trustee set that bids are sealed to.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    trustee_set: Option<TrusteeSet>,
    /// Statement id of the trustee set.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    trustee_set_id: Option<Digest>,
    /// In a draft: the sets so far and how their rehearsals stand.
    #[serde(skip_serializing_if = "Option::is_none")]
    rehearsals: Option<Vec<Rehearsal>>,
    /// Statement id of the draw's announcement.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    announce_id: Option<Digest>,
    /// Statement id of the closing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    closing_id: Option<Digest>,
    /// When it was closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    closed_ms: Option<u64>,
    /// Until when trustees and bidders may open.
    #[serde(skip_serializing_if = "Option::is_none")]
    window_end_ms: Option<u64>,
    /// When the results were read out.
    #[serde(skip_serializing_if = "Option::is_none")]
    opened_ms: Option<u64>,
    /// Until when bidders may confirm what was read out.
    #[serde(skip_serializing_if = "Option::is_none")]
    confirmation_end_ms: Option<u64>,
    /// What was read out, bidders ascending.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<Object>>)]
    results: Option<Vec<BidResult>>,
    /// The frozen benchmark set.
    #[serde(skip_serializing_if = "Option::is_none")]
    benchmark_set: Option<BenchmarkView>,
    /// Attempts of the draw.
    #[serde(skip_serializing_if = "Option::is_none")]
    attempts: Option<Vec<AttemptView>>,
    /// Body of the draw's result.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    draw_result: Option<DrawResult>,
    /// Until when the draw may be objected to.
    #[serde(skip_serializing_if = "Option::is_none")]
    draw_objection_end_ms: Option<u64>,
    /// Objections, answered or not.
    objections: Vec<ObjectionView>,
    /// Body of the evaluation report.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    report: Option<EvaluationReport>,
    /// Statement id of the evaluation report.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    report_id: Option<Digest>,
    /// Body of the candidates' publication.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    candidates: Option<Candidates>,
    /// Body of the award.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    award: Option<Award>,
    /// Why the tender failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    failure: Option<Failure>,
    /// Why the tender was ended early.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    terminated: Option<TerminationCause>,
}

/// An outage of the platform at a deadline.
#[derive(Debug, Serialize, ToSchema)]
pub struct OutageView {
    /// Statement id.
    #[schema(value_type = String)]
    statement: Digest,
    /// The deadline that could not be kept, UTC milliseconds.
    deadline_ms: u64,
    /// When the platform was not serving.
    #[schema(value_type = Vec<Object>)]
    not_serving: Vec<NotServing>,
    /// When bidding was suspended, UTC milliseconds.
    suspended_ms: u64,
    /// When it was resumed; absent: it is suspended.
    #[serde(skip_serializing_if = "Option::is_none")]
    resumed_ms: Option<u64>,
}

/// A trustee set of a draft and its rehearsal.
#[derive(Debug, Serialize, ToSchema)]
pub struct Rehearsal {
    /// Statement id of the set.
    #[schema(value_type = String)]
    trustee_set: Digest,
    /// Statement id of the rehearsal's envelope, once the platform has dealt it.
    #[schema(value_type = Option<String>)]
    rehearsal: Option<Digest>,
    /// Whether every trustee has released its share, and all of them fit.
    rehearsed: bool,
}

/// The frozen benchmark set.
#[derive(Debug, Serialize, ToSchema)]
pub struct BenchmarkView {
    /// Statement id.
    #[schema(value_type = String)]
    statement: Digest,
    /// How many bids are in it.
    members: usize,
}

/// One attempt of the draw.
#[derive(Debug, Serialize, ToSchema)]
pub struct AttemptView {
    /// Counted from 1.
    number: u32,
    /// Statement id of its announcement.
    #[schema(value_type = String)]
    announce: Digest,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    failed: Option<DrawFailure>,
    /// Until when contributions may be released (present attempt).
    #[serde(skip_serializing_if = "Option::is_none")]
    release_end_ms: Option<u64>,
    /// Until when a further attempt collects contributions (present attempt).
    #[serde(skip_serializing_if = "Option::is_none")]
    collection_end_ms: Option<u64>,
}

/// An objection (异议).
#[derive(Debug, Serialize, ToSchema)]
pub struct ObjectionView {
    /// Its statement id.
    #[schema(value_type = String)]
    id: Digest,
    /// Who objects.
    #[schema(value_type = String)]
    objector: Identifier,
    /// What about: opening, draw or candidates.
    #[schema(value_type = String)]
    matter: Matter,
    /// The objection.
    text: String,
    /// Whether the tenderee has answered.
    answered: bool,
}

impl TenderView {
    /// The public state of `tender`.
    pub fn of(tender: &Tender) -> TenderView {
        let mut view = TenderView {
            tender: tender.id().to_string(),
            project: tender.project().to_string(),
            title: tender.title().to_owned(),
            tenderee: tender.tenderee().to_string(),
            stage: tender.stage().name(),
            created_ms: tender.created().time_ms,
            objections: objections(tender),
            ..TenderView::default()
        };
        let stage = tender.stage();
        view.add_preparation(stage);
        view.add_bidding(stage);
        view.add_opening(stage);
        view.add_drawing(stage);
        view.add_award(stage);
        view
    }

    fn add_preparation(&mut self, stage: &Stage) {
        let Stage::Draft(preparation) = stage else {
            return;
        };
        let rehearsal = |(id, set): (&Digest, &procedure::PreparedSet)| Rehearsal {
            trustee_set: *id,
            rehearsal: set.rehearsal.as_ref().map(|(id, _)| *id),
            rehearsed: set.is_rehearsed(),
        };
        self.rehearsals = Some(preparation.sets.iter().map(rehearsal).collect());
    }

    fn add_bidding(&mut self, stage: &Stage) {
        let Some(bidding) = stage.bidding() else {
            return;
        };
        self.notice = Some(bidding.notice.clone());
        self.notice_id = Some(bidding.notice_id);
        self.deadline_ms = Some(bidding.deadline_ms);
        self.opening_ms = Some(bidding.opening_ms());
        self.outages = bidding.outages.iter().map(outage).collect();
        self.trustee_set = Some(bidding.trustees.clone());
        self.trustee_set_id = Some(bidding.notice.trustee_set);
        self.announce_id = bidding.announce;
    }

    fn add_opening(&mut self, stage: &Stage) {
        if let Some(closed) = stage.closed() {
            self.closing_id = Some(closed.closing);
            self.closed_ms = Some(closed.closed.time_ms);
        }
        if let Stage::Opening(opening) = stage {
            self.window_end_ms = Some(opening.window_end_ms());
        }
        if let Some(opened) = stage.opened() {
            self.opened_ms = Some(opened.opened.time_ms);
            self.confirmation_end_ms = Some(opened.confirmation_end_ms());
            self.results = Some(opened.results.clone());
        }
    }

    fn add_drawing(&mut self, stage: &Stage) {
        if let Some(drawing) = stage.drawing() {
            let members = drawing.members.len();
            self.benchmark_set = Some(BenchmarkView {
                statement: drawing.benchmark_set,
                members,
            });
            self.attempts = Some(attempts(drawing));
        }
        if let Some(drawn) = stage.drawn() {
            self.draw_result = Some(drawn.result.clone());
            self.draw_objection_end_ms = Some(drawn.objection_end_ms());
        }
    }

    fn add_award(&mut self, stage: &Stage) {
        if let Some(evaluated) = stage.evaluated() {
            self.report = Some(evaluated.report.clone());
            self.report_id = Some(evaluated.statement);
        }
        match stage {
            Stage::Candidates(published) => self.candidates = Some(published.candidates.clone()),
            Stage::Awarded(awarded) => {
                self.candidates = Some(awarded.published.candidates.clone());
                self.award = Some(awarded.award.clone());
            }
            Stage::Failed(failed) => self.failure = Some(failed.failure),
            Stage::Terminated(terminated) => self.terminated = Some(terminated.cause),
            _ => {}
        }
    }
}

fn outage(state: &procedure::OutageState) -> OutageView {
    OutageView {
        statement: state.statement,
        deadline_ms: state.deadline_ms,
        not_serving: state.not_serving.clone(),
        suspended_ms: state.suspended.time_ms,
        resumed_ms: state.resumed.map(|at| at.time_ms),
    }
}

fn attempts(drawing: &Drawing) -> Vec<AttemptView> {
    let last = drawing.last().map(|attempt| attempt.number);
    let view = |attempt: &procedure::Attempt| {
        let is_present = Some(attempt.number) == last && attempt.failed.is_none();
        let collects = is_present && attempt.closed.is_none();
        AttemptView {
            number: attempt.number,
            announce: attempt.announce,
            failed: attempt.failed,
            release_end_ms: drawing.release_end_ms().filter(|_| is_present),
            collection_end_ms: collects.then(|| drawing.collection_end_ms(attempt)),
        }
    };
    drawing.attempts.iter().map(view).collect()
}

fn objections(tender: &Tender) -> Vec<ObjectionView> {
    let view = |(id, objection): (&Digest, &procedure::ObjectionState)| ObjectionView {
        id: *id,
        objector: objection.objector.clone(),
        matter: objection.matter,
        text: objection.text.clone(),
        answered: objection.answer.is_some(),
    };
    tender.objections().iter().map(view).collect()
}
