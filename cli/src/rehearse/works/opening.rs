//! The opening: release, read-out, confirmations, an objection, the benchmark set.

use procedure::act::{
    BidResult, CreditSnapshot, ExclusionReason, FormValue, Notice, ObjectionAnswered, Outcome,
    OutcomeReason,
};
use record::sealing::{EnvelopeKind, Share};
use record::{Digest, Identifier};

use super::bidding::{BID, cores};
use super::cast::{Character, LIAR_SLOT};
use super::{Play, Remembered, grouped};
use crate::client::TenderView;
use crate::failure::Failure;
use crate::rehearse::course::unexpected;
use crate::rehearse::together;
use crate::release::Release;

impl Play<'_> {
    /// Everything up to the benchmark set; the lines of the read-out come back.
    pub(super) fn open(
        &self,
        notice: &Notice,
        remembered: &Remembered,
        snapshot: CreditSnapshot,
    ) -> Result<Vec<BidResult>, Failure> {
        let view = self.release_bids(remembered)?;
        let results = view.results.clone().ok_or_else(|| unexpected("results"))?;
        self.read_out(&results);
        self.check_results(&results, remembered)?;
        self.confirm()?;
        self.object()?;
        self.freeze(notice, &view, snapshot)?;
        Ok(results)
    }

    fn release_bids(&self, remembered: &Remembered) -> Result<TenderView, Failure> {
        self.headline("开启", "The trustees open")?;
        let lied_about = self.manifest_of(Character::LiedAbout, remembered)?;
        let working = self
            .tell
            .working("every trustee replays the record, checks the closing, releases");
        let turns = self
            .course()
            .release("the bids", |release| falsify(release, lied_about))?;
        let view = self.hall.wait_stage(&self.tender, "opened")?;
        drop(working);
        for turn in &turns {
            let trustee = self.cast.trustees.get(usize::from(turn.slot) - 1);
            let name = trustee.map_or("", |trustee| trustee.name());
            let lie = if turn.slot == LIAR_SLOT {
                ", one of them wrong on purpose"
            } else {
                ""
            };
            self.tell.say(format!(
                "slot {} {name}: {} shares{lie}",
                turn.slot, turn.shares
            ));
        }
        Ok(view)
    }

    /// The last manifest of the bidder who shows `character`.
    fn manifest_of(
        &self,
        character: Character,
        remembered: &Remembered,
    ) -> Result<Digest, Failure> {
        let bidder = self.who(character)?.actor.id();
        remembered
            .last
            .get(bidder)
            .copied()
            .ok_or_else(|| unexpected("manifest"))
    }

    fn read_out(&self, results: &[BidResult]) {
        let rows: Vec<Vec<String>> = results.iter().map(|line| self.read_out_row(line)).collect();
        self.tell.say("");
        self.tell.table(
            &["bidder", "name", ">price", ">period", "manager", "outcome"],
            &rows,
        );
    }

    fn read_out_row(&self, line: &BidResult) -> Vec<String> {
        let field = |name: &str| {
            let found = line.form.iter().find(|(id, _)| id.as_str() == name);
            match found.map(|(_, value)| value) {
                Some(FormValue::Text(text)) => text.clone(),
                Some(FormValue::Integer(number)) => number.to_string(),
                None => String::new(),
            }
        };
        let account = line.bidder.as_str();
        let mut outcome = word(&line.outcome);
        if let Some(reason) = &line.reason {
            outcome += &format!(" ({})", word(reason));
        }
        if let Some(consequence) = &line.consequence {
            outcome += &format!(", {}", word(consequence));
        }
        for slot in &line.wrong_shares {
            outcome += &format!("; slot {slot} released a wrong share");
        }
        vec![
            account.split('.').next().unwrap_or(account).to_owned(),
            self.cast.name(account).to_owned(),
            grouped(&field("price")),
            field("period"),
            field("manager"),
            outcome,
        ]
    }

    fn check_results(&self, results: &[BidResult], remembered: &Remembered) -> Result<(), Failure> {
        let line = |bidder: &Identifier| results.iter().find(|line| line.bidder == *bidder);
        let as_sealed = self
            .cast
            .bidders
            .iter()
            .filter(|bidder| bidder.is_valid())
            .all(|bidder| {
                line(bidder.actor.id()).is_some_and(|line| {
                    let price = FormValue::Text(bidder.price());
                    line.outcome == Outcome::Valid
                        && line
                            .form
                            .iter()
                            .any(|(id, value)| id.as_str() == "price" && *value == price)
                        && remembered.last.get(&line.bidder) == Some(&line.manifest)
                })
            });
        let valid = results
            .iter()
            .filter(|line| line.outcome == Outcome::Valid)
            .count();
        let what = "every bid is read out as it was sealed";
        self.tell.expect(
            what,
            as_sealed,
            format!("{valid} of {} valid", results.len()),
        );

        let garbage = line(self.who(Character::GarbageKeyBlock)?.actor.id());
        let invalid = garbage.is_some_and(|line| {
            line.outcome == Outcome::Invalid && line.reason == Some(OutcomeReason::KeyBlock)
        });
        let what =
            "the bid with a garbage key block is invalid, after all five trustees have tried";
        self.tell.expect(
            what,
            invalid,
            format!("{:?}", garbage.map(|line| &line.reason)),
        );

        let lied = self.who(Character::LiedAbout)?.actor.id();
        let exposed = results
            .iter()
            .filter(|line| line.outcome == Outcome::Valid)
            .all(|line| {
                let expected: &[u8] = if line.bidder == *lied {
                    &[LIAR_SLOT]
                } else {
                    &[]
                };
                line.wrong_shares == expected
            });
        self.tell.expect(
            format!(
                "the wrong share of slot {LIAR_SLOT} is exposed, and the bid is opened all the same"
            ),
            exposed,
            format!("{:?}", line(lied).map(|line| &line.wrong_shares)),
        );
        Ok(())
    }

    fn confirm(&self) -> Result<(), Failure> {
        self.headline("唱标确认与异议", "Read-out confirmed, objection answered")?;
        let present: Vec<_> = self
            .cast
            .bidders
            .iter()
            .filter(|bidder| bidder.is_valid() && !bidder.is(Character::NeverShowsUp))
            .collect();
        let working = self
            .tell
            .working("bidders compare the read-out with what they sealed");
        together(cores(), &present, |bidder| {
            let receipt = self.shop(&bidder.actor)?.act(&["confirm", BID])?;
            self.keep(bidder, "read-out-confirmed", &receipt);
            Ok(())
        })?;
        drop(working);
        let absent = self.who(Character::NeverShowsUp)?;
        self.tell.say(format!(
            "{} bidders confirm what was read out; {} never shows up",
            present.len(),
            self.show(&absent.actor)
        ));
        Ok(())
    }

    fn object(&self) -> Result<(), Failure> {
        let bidder = self.who(Character::Objects)?;
        let text = "唱标时本公司工期与投标函附表不一致，请当场核对。";
        let arguments = [
            "object",
            self.tender.as_str(),
            "--matter",
            "opening",
            "--text",
            text,
        ];
        let receipt = self.shop(&bidder.actor)?.act(&arguments)?;
        self.keep(bidder, "objection", &receipt);
        self.tell
            .say(format!("{} objects: {text}", self.show(&bidder.actor)));

        let pending = self.try_to_freeze()?;
        let what = "nothing goes on while an objection is unanswered";
        self.tell
            .expect(what, pending == "objection-pending", pending);

        let answer = "经当场核对，唱标内容与投标函一致；附表不作为唱标依据。";
        self.course().tenderee_says(ObjectionAnswered {
            tender: self.tender.clone(),
            objection: receipt.statement_id,
            upheld: false,
            text: answer.to_owned(),
        })?;
        self.tell.say(format!(
            "{} answers: {answer}",
            self.show(&self.cast.tenderee)
        ));
        Ok(())
    }

    /// The tenderee tries to freeze the benchmark set; the code of the refusal.
    fn try_to_freeze(&self) -> Result<String, Failure> {
        let act = self.hall.client().due(&self.tender, "benchmark-set")?;
        self.hall.refusal(&self.cast.tenderee.sign(act)?)
    }

    fn freeze(
        &self,
        notice: &Notice,
        view: &TenderView,
        snapshot: CreditSnapshot,
    ) -> Result<(), Failure> {
        let source = &self.cast.credit_source;
        source.say(self.hall, snapshot)?;
        self.tell.say(format!(
            "{} opens the credit values that it had committed to",
            self.show(source)
        ));

        let open = self.try_to_freeze()?;
        let what =
            "the benchmark set waits for the bidder who does not confirm, until the window ends";
        self.tell.expect(what, open == "window-open", open);
        let opened_ms = view
            .opened_ms
            .ok_or_else(|| unexpected("time of the read-out"))?;
        let end_ms = view
            .confirmation_end_ms
            .unwrap_or(opened_ms + notice.opening.confirmation_ms);
        self.hall.advance_to(end_ms)?;
        let set = self.course().freeze()?;
        let valid = self
            .cast
            .bidders
            .iter()
            .filter(|bidder| bidder.is_valid())
            .count();
        let not_valid = set
            .excluded
            .iter()
            .filter(|one| one.reason == ExclusionReason::NotValid)
            .count();
        let as_expected =
            usize::try_from(set.included) == Ok(valid) && not_valid == 1 && set.excluded.len() == 1;
        let found = format!("{} in, {} out", set.included, set.excluded.len());
        self.tell.expect(
            "the benchmark set holds every valid bid, also that of the absent bidder",
            as_expected,
            found.clone(),
        );
        self.tell.say(format!(
            "the benchmark set is frozen before anything is drawn: {found}"
        ));
        Ok(())
    }
}

/// The liar's share of one bid, and of no other, becomes a wrong one.
fn falsify(release: &mut Release, lied_about: Digest) {
    if release.slot != LIAR_SLOT || release.kind != EnvelopeKind::Opening {
        return;
    }
    for released in release
        .shares
        .iter_mut()
        .filter(|one| one.envelope == lied_about)
    {
        released.share = released
            .share
            .take()
            .map(|share| Share(share.0.map(|byte| byte ^ 0x5a)));
    }
}

/// The word of a statement for a value.
fn word(value: &impl serde::Serialize) -> String {
    let json = serde_json::to_value(value).unwrap_or_default();
    json.as_str().unwrap_or_default().to_owned()
}
