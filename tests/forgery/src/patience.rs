//! The patient attacker: writes history anew so that it could have been admitted. Whatever follows from the
//! record and needs only keys of the attacker (closing, results, draws, sets, reports, candidates, award) is
//! derived and signed again; what others signed is kept if it still fits and left out if it does not. What comes
//! out is a sound record: nothing but a receipt, a witness or somebody's memory can contradict it.

use play::{Actor, Play, World};
use procedure::Stage;
use procedure::act::{Act, Award, Candidates};
use record::log::receipt::Receipt;

use crate::{Forged, Line, stock};

/// Logs `lines` in a world of the attacker, who holds the keys of log and platform, and the tenderee's.
/// `receipts` are what others kept from the honest log.
pub fn rewritten(play: &Play, lines: &[Line], receipts: Vec<Receipt>) -> Forged {
    let origin = play.world.log().origin().as_str();
    let mut history = History {
        world: World::new(origin),
        tenderee: play.tenderee(),
        play,
    };
    for line in lines {
        history.take(line);
    }
    Forged {
        bundle: history.world.bundle(&play.tender),
        trust: stock::trust(play),
        receipts,
    }
}

struct History<'a> {
    world: World,
    tenderee: Actor,
    play: &'a Play,
}

impl History<'_> {
    fn take(&mut self, line: &Line) {
        if self.world.log().entry(&line.envelope.id()).is_some() {
            // The account of the platform and its role: every world begins with them.
            return;
        }
        self.world.wait_until(line.time_ms);
        match line.kind() {
            "closing" | "opening-results" | "draw-announce" | "draw-close" | "draw-failed"
            | "draw-result" => {
                self.owe();
            }
            _ => match self.derived(&line.act()) {
                Some(act) => self.say(&act),
                // Refused: it does not fit any more, so that it is left out.
                None => drop(self.world.admit_envelope(line.envelope.clone())),
            },
        }
    }

    /// The platform says what is due, if need be after waiting for it.
    fn owe(&mut self) {
        let tender = &self.play.tender;
        if self.world.do_duty(tender).is_some() {
            return;
        }
        if let Some(due_ms) = self.world.tender(tender).next_due_ms() {
            self.world.wait_until(due_ms);
            self.world.do_duty(tender);
        }
    }

    /// The tenderee says something, if need be after waiting for the end of a window.
    fn say(&mut self, act: &Act) {
        let tenderee = self.tenderee.clone();
        let open_until_ms = match self.world.tender(&self.play.tender).stage() {
            Stage::Opened(opened) if !opened.all_answered() => opened.confirmation_end_ms(),
            Stage::Drawn(drawn) => drawn.objection_end_ms(),
            Stage::Candidates(published) => published.candidates.publicity_until_ms,
            _ => 0,
        };
        self.world.wait_until(open_until_ms);
        self.world.must(act.clone(), &[&tenderee]);
    }

    /// What the tenderee signs as it follows from the history so far.
    fn derived(&self, act: &Act) -> Option<Act> {
        let tender = &self.play.tender;
        let stage = || self.world.tender(tender).stage();
        Some(match act {
            Act::BenchmarkSet(_) => match stage() {
                Stage::Opened(opened) => opened.benchmark_set(tender).1.into(),
                _ => return None,
            },
            Act::OpeningRecord(_) => match stage() {
                Stage::Drawn(drawn) => drawn.opening_record(tender).into(),
                _ => return None,
            },
            Act::EvaluationReport(old) => match stage() {
                Stage::Evaluation(recorded) => {
                    let mut report =
                        procedure::report_of(tender, recorded).expect("the method applies");
                    let note = "报价明显低于控制价，具有竞争性。".to_owned();
                    report.competition_note = old.competition_note.clone().or(Some(note));
                    report.into()
                }
                _ => return None,
            },
            Act::Candidates(old) => match stage() {
                Stage::Evaluated(evaluated) => Candidates {
                    report: evaluated.statement,
                    candidates: evaluated.report.places.clone(),
                    ..old.clone()
                }
                .into(),
                _ => return None,
            },
            Act::Award(old) => match stage() {
                Stage::Candidates(published) => {
                    let first = published
                        .candidates
                        .candidates
                        .first()
                        .expect("there are candidates");
                    Award {
                        winner: first.bidder.clone(),
                        price: first.price.clone(),
                        ..old.clone()
                    }
                    .into()
                }
                _ => return None,
            },
            _ => return None,
        })
    }
}
