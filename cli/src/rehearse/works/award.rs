//! The draw, the opening record, the evaluation, the candidates, the award.

use evaluation::result::{BidOutcome, Standing};
use evaluation::{Case, Outcome, evaluate};
use procedure::act::{Award, DrawResult, DrawnValue};
use record::Digest;
use serde_json::Value;

use super::{Play, grouped};
use crate::failure::Failure;
use crate::rehearse::course::unexpected;

/// What was decided.
pub(super) struct Decided {
    pub draw: DrawResult,
    /// The result (`kaibiao-result/1`), computed here.
    pub result: Value,
    pub award: Award,
}

impl Play<'_> {
    /// Everything up to the award.
    pub(super) fn award(&self) -> Result<Decided, Failure> {
        let draw = self.draw()?;
        self.sign_record()?;
        let (outcome, result) = self.evaluate()?;
        let award = self.publish_and_award(&outcome)?;
        Ok(Decided {
            draw,
            result,
            award,
        })
    }

    fn draw(&self) -> Result<DrawResult, Failure> {
        self.headline("抽取评标基准价方法与参数", "The draw")?;
        let working = self.tell.working("the trustees release the contributions");
        let draw = self.course().draw()?;
        drop(working);
        let bidders = self
            .cast
            .bidders
            .iter()
            .filter(|bidder| bidder.is_live())
            .count();
        let expected = bidders + self.cast.witnesses.len() + 1;
        let what = "every live bidder, the tenderee and both witnesses count in the draw";
        let counts = usize::try_from(draw.counted) == Ok(expected) && draw.missing.is_empty();
        self.tell.expect(
            what,
            counts,
            format!("{} counted, {} missing", draw.counted, draw.missing.len()),
        );
        self.tell.fact(
            "contributions",
            format!("{} of {expected}, attempt {}", draw.counted, draw.attempt),
        );
        self.tell.fact("seed", draw.seed);
        self.tell.fact("method", &draw.method);
        for (name, value) in &draw.parameters {
            let value = match value {
                DrawnValue::Decimal(text) => text.clone(),
                DrawnValue::Index(number) => number.to_string(),
            };
            self.tell.fact(&format!("  {name}"), value);
        }
        Ok(draw)
    }

    fn sign_record(&self) -> Result<(), Failure> {
        let view = self.course().view()?;
        let end_ms = view
            .draw_objection_end_ms
            .ok_or_else(|| unexpected("end of the time for objections"))?;
        self.hall.advance_to(end_ms)?;
        self.headline("开标记录", "Opening record")?;
        self.course().sign_opening_record()?;
        self.hall.wait_stage(&self.tender, "evaluation")?;
        let witnesses: Vec<&str> = self
            .cast
            .witnesses
            .iter()
            .map(|witness| witness.name())
            .collect();
        self.tell.say("nobody objects to the draw in time");
        self.tell.say(format!(
            "signed by {} and {}",
            self.cast.tenderee.name(),
            witnesses.join(", ")
        ));
        Ok(())
    }

    /// The case is evaluated here, too; what the server reports has to be the same.
    fn evaluate(&self) -> Result<(Outcome, Value), Failure> {
        self.headline("评标", "Evaluation")?;
        let wrong = |error: &dyn std::fmt::Display| Failure::failed("evaluation", error);
        let case =
            Case::parse(&self.hall.client().case(&self.tender)?).map_err(|error| wrong(&error))?;
        let outcome = evaluate(&case).map_err(|error| wrong(&error))?;
        let bytes = serde_json::to_vec(&outcome).map_err(|error| wrong(&error))?;
        let result: Value = serde_json::from_slice(&bytes).map_err(|error| wrong(&error))?;
        let benchmark = result
            .get("benchmark")
            .and_then(Value::as_str)
            .unwrap_or_default();
        self.tell
            .fact("benchmark", format!("{} 元", grouped(benchmark)));
        self.score_table(&outcome);
        let report = self.course().report()?;
        let decided = outcome.decision_bytes().map_err(|error| wrong(&error))?;
        let same = report.result == Digest::sha256(&decided);
        let what = "what is decided here is, byte for byte, what the report names";
        self.tell.expect(what, same, report.result.to_string());
        Ok((outcome, result))
    }

    fn score_table(&self, outcome: &Outcome) {
        let mut bids: Vec<&BidOutcome> = outcome.bids.iter().collect();
        bids.sort_by_key(|bid| (bid.rank.unwrap_or(u32::MAX), bid.bidder.clone()));
        let row = |bid: &&BidOutcome| {
            let (deviation, price_score, credit, total) = match &bid.standing {
                Standing::Scored(scores) => (
                    scores
                        .deviation_percent
                        .map_or(String::new(), |percent| format!("{percent} %")),
                    scores.price_score.to_string(),
                    scores
                        .credit
                        .map_or(String::new(), |points| points.to_string()),
                    scores.total.to_string(),
                ),
                Standing::Ranked => Default::default(),
                Standing::NotShortlisted => (
                    "not shortlisted".to_owned(),
                    String::new(),
                    String::new(),
                    String::new(),
                ),
                Standing::Rejected(rejection) => (
                    rejection.reason().to_owned(),
                    String::new(),
                    String::new(),
                    String::new(),
                ),
            };
            let rank = bid.rank.map_or("–".to_owned(), |rank| rank.to_string());
            let price = grouped(&bid.price.to_string());
            let name = self.cast.name(&bid.bidder).to_owned();
            vec![rank, name, price, deviation, price_score, credit, total]
        };
        let rows: Vec<Vec<String>> = bids.iter().map(row).collect();
        let header = [
            ">rank",
            "name",
            ">price",
            ">deviation",
            ">price points",
            ">credit points",
            ">total",
        ];
        self.tell.table(&header, &rows);
    }

    fn publish_and_award(&self, outcome: &Outcome) -> Result<Award, Failure> {
        let course = self.course();
        let candidates = course.publish_candidates()?;
        self.headline("中标候选人公示", "Candidates' publicity")?;
        for place in &candidates.candidates {
            self.tell.say(format!(
                "{}  {}  {} 元",
                place.rank,
                self.cast.name(place.bidder.as_str()),
                grouped(&place.price)
            ));
        }
        let early = self.hall.client().due(&self.tender, "award");
        let early = match early {
            Ok(act) => self.hall.refusal(&self.cast.tenderee.sign(act)?)?,
            Err(error) => error.code().to_owned(),
        };
        let what = "no award before the three days of publicity are over";
        self.tell.expect(
            what,
            early == "window-open" || early == "award-reason-missing",
            early,
        );
        self.hall.advance_to(candidates.publicity_until_ms)?;

        self.headline("中标", "Award")?;
        let reason = "并列第一，按招标文件约定由招标人确定。".to_owned();
        let award = course.award(&candidates, |equals| {
            Some((equals.first()?.clone(), reason.clone()))
        })?;
        let winner = award.winner.as_str();
        let is_first = outcome.winner.as_deref() == Some(winner)
            || outcome.tied.iter().any(|one| one == winner);
        self.tell.expect(
            "the winner is the first of the evaluation computed here",
            is_first,
            winner,
        );
        self.tell.fact("winner", self.cast.name(winner));
        self.tell
            .fact("price", format!("{} 元", grouped(&award.price)));
        self.hall.wait_stage(&self.tender, "awarded")?;
        Ok(award)
    }
}
