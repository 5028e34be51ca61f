//! Objections: raised while their window is open, and the procedure stands still until they are answered
//! (条例 §§44, 54).

use record::Identifier;

use super::{Case, Stage, Tender};
use crate::act::{Matter, Objection, ObjectionAnswered};
use crate::law::Limit;
use crate::limits::{OBJECTIONS_MAX, OBJECTIONS_PER_BIDDER_MAX, TEXT_CHARS_MAX};
use crate::refusal::{Code, Refusal, demand};
use crate::text;

/// An objection and its answer.
#[derive(Clone, Debug, PartialEq)]
pub struct ObjectionState {
    /// Who objected.
    pub objector: Identifier,
    /// What about.
    pub matter: Matter,
    /// The objection.
    pub text: String,
    /// Whether it was upheld, and the answer.
    pub answer: Option<(bool, String)>,
}

impl Tender {
    pub(super) fn objection(&mut self, body: &Objection, case: &Case<'_>) -> Result<(), Refusal> {
        let (present, end_ms) = match &self.stage {
            Stage::Opened(opened) => (Matter::Opening, opened.confirmation_end_ms()),
            Stage::Drawn(drawn) => (Matter::Draw, drawn.objection_end_ms()),
            Stage::Candidates(published) => {
                (Matter::Candidates, published.candidates.publicity_until_ms)
            }
            _ => return Err(self.wrong_stage()),
        };
        case.signed_only_by(&body.objector)?;
        let is_bidder = self
            .stage
            .bidding()
            .is_some_and(|bidding| bidding.live.contains_key(&body.objector));
        demand(is_bidder, Code::NotABidder, || body.objector.to_string())?;
        demand(body.matter == present, Code::ObjectionMatter, || {
            format!("now it can be about {present:?}")
        })
        .map_err(|refusal| refusal.at("/matter"))?;
        demand(case.at.time_ms < end_ms, Code::WindowClosed, || {
            format!("the window closed at {end_ms} ms")
        })?;
        text::length(&body.text, TEXT_CHARS_MAX, "/text")?;
        demand(
            self.objections.len() < OBJECTIONS_MAX,
            Code::LimitExceeded,
            || "too many objections",
        )?;
        let own = self
            .objections
            .values()
            .filter(|one| one.objector == body.objector && one.matter == body.matter)
            .count();
        demand(own < OBJECTIONS_PER_BIDDER_MAX, Code::LimitExceeded, || {
            format!("a bidder objects at most {OBJECTIONS_PER_BIDDER_MAX} times to one matter")
        })?;
        let state = ObjectionState {
            objector: body.objector.clone(),
            matter: body.matter,
            text: body.text.clone(),
            answer: None,
        };
        self.objections.insert(case.id, state);
        Ok(())
    }

    pub(super) fn objection_answered(
        &mut self,
        body: &ObjectionAnswered,
        case: &Case<'_>,
    ) -> Result<(), Refusal> {
        case.signed_only_by(&self.tenderee)?;
        text::length(&body.text, TEXT_CHARS_MAX, "/text")?;
        let pending = self
            .objections
            .get_mut(&body.objection)
            .filter(|objection| objection.answer.is_none());
        let objection = pending.ok_or_else(|| {
            Refusal::new(Code::ObjectionUnknown, body.objection.to_string()).at("/objection")
        })?;
        objection.answer = Some((body.upheld, body.text.clone()));
        Ok(())
    }

    /// Nothing goes on while an objection is unanswered.
    pub(super) fn demand_no_objection(&self) -> Result<(), Refusal> {
        let Some((id, objection)) = self
            .objections
            .iter()
            .find(|(_, objection)| objection.answer.is_none())
        else {
            return Ok(());
        };
        let profile = self.stage.bidding().map(|bidding| bidding.profile);
        let rule = profile.and_then(|profile| {
            profile.rule(|limit| match (objection.matter, limit) {
                (Matter::Opening | Matter::Draw, Limit::OpeningObjectionAnswered) => Some(()),
                (Matter::Candidates, Limit::Publicity { .. }) => Some(()),
                _ => None,
            })
        });
        Err(
            Refusal::new(Code::ObjectionPending, format!("answer {id} first"))
                .under(rule.map(|(rule, ())| rule)),
        )
    }
}
