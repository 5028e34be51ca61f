//! What the tenderee would sign now, computed from the record. The client shows and signs it; admission computes it
//! again and refuses anything else, so nothing is decided here.

use std::str::FromStr;

use procedure::act::{Act, Award, Candidates};
use procedure::{Code, Refusal, Stage, Tender};

/// Kinds of statement that follow from the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// `benchmark-set`.
    BenchmarkSet,
    /// `opening-record`.
    OpeningRecord,
    /// `evaluation-report`.
    EvaluationReport,
    /// `candidates`.
    Candidates,
    /// `award`.
    Award,
}

impl FromStr for Due {
    type Err = ();

    fn from_str(text: &str) -> Result<Due, ()> {
        match text {
            "benchmark-set" => Ok(Due::BenchmarkSet),
            "opening-record" => Ok(Due::OpeningRecord),
            "evaluation-report" => Ok(Due::EvaluationReport),
            "candidates" => Ok(Due::Candidates),
            "award" => Ok(Due::Award),
            _ => Err(()),
        }
    }
}

const DAY_MS: u64 = 86_400_000;

/// The publicity is counted from admission, which is a little later than this proposal: an hour to read and sign it.
const SIGNING_MS: u64 = 3_600_000;

/// The statement that is due in this stage.
///
/// # Errors
/// `stage-mismatch` when the stage is another one; what the procedure refuses while it computes.
pub fn compute(tender: &Tender, what: Due, now_ms: u64) -> Result<Act, Refusal> {
    match (what, tender.stage()) {
        (Due::BenchmarkSet, Stage::Opened(opened)) => {
            Ok(opened.benchmark_set(tender.id()).1.into())
        }
        (Due::OpeningRecord, Stage::Drawn(drawn)) => Ok(drawn.opening_record(tender.id()).into()),
        (Due::EvaluationReport, Stage::Evaluation(recorded)) => {
            Ok(procedure::report_of(tender.id(), recorded)?.into())
        }
        (Due::Candidates, Stage::Evaluated(evaluated)) => {
            let bidding = &evaluated.recorded.drawn.drawing.opened.closed.bidding;
            let days = u64::from(bidding.notice.publicity_days);
            let publicity_ms = days.saturating_mul(DAY_MS).saturating_add(SIGNING_MS);
            Ok(Act::Candidates(Candidates {
                tender: tender.id().clone(),
                report: evaluated.statement,
                candidates: evaluated.report.places.clone(),
                candidates_list: evaluated.report.places_list,
                publicity_until_ms: now_ms.saturating_add(publicity_ms),
            }))
        }
        (Due::Award, Stage::Candidates(published)) => award(tender, &published.candidates),
        (_, stage) => {
            let detail = format!("the tender is in stage {}", stage.name());
            Err(Refusal::new(Code::StageMismatch, detail))
        }
    }
}

/// The first candidate; where several share the first rank the tenderee names one of them with a reason.
fn award(tender: &Tender, published: &Candidates) -> Result<Act, Refusal> {
    let mut first = published.candidates.iter().filter(|place| place.rank == 1);
    match (first.next(), first.next()) {
        (Some(place), None) => Ok(Act::Award(Award {
            tender: tender.id().clone(),
            winner: place.bidder.clone(),
            price: place.price.clone(),
            reason: None,
        })),
        _ => Err(Refusal::new(
            Code::AwardReasonMissing,
            "several candidates share the first rank: name one of them, with a reason",
        )),
    }
}
