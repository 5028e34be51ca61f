//! What the record, and nothing but the record, says of each of those who were there to show something.

use procedure::act::Act;
use record::{Digest, Identifier};
use verification::report::BidLine;

use super::cast::{Bidder, Cast, Character, LIAR_SLOT};
use super::{Remembered, grouped};
use crate::rehearse::evidence::Evidence;

/// What became of somebody.
pub(super) struct Fate {
    /// Who, in the play.
    pub character: &'static str,
    /// The account.
    pub account: String,
    /// What the record says.
    pub says: String,
    /// Whether it says what it has to.
    pub holds: bool,
}

/// The record as one reads it.
struct Reading<'a> {
    evidence: &'a Evidence,
    remembered: &'a Remembered,
}

/// What became of everybody who was there to show something.
pub(super) fn tell(cast: &Cast, remembered: &Remembered, evidence: &Evidence) -> Vec<Fate> {
    let reading = Reading {
        evidence,
        remembered,
    };
    type Tale<'a> = fn(&Reading<'a>, &Bidder) -> (String, bool);
    let tales: [(Character, &'static str, Tale<'_>); 10] = [
        (Character::NeverShowsUp, "the absent one", Reading::absent),
        (Character::Replaces, "the replacer", Reading::replacer),
        (Character::Withdraws, "the withdrawer", Reading::withdrawer),
        (Character::GarbageKeyBlock, "the garbler", Reading::garbler),
        (Character::LiedAbout, "the lied-about", Reading::lied_about),
        (Character::Objects, "the objector", Reading::objector),
        (Character::BidsTwice, "the doubler", Reading::one_bid),
        (Character::SendsAgain, "the repeater", Reading::one_bid),
        (
            Character::InterruptedUpload,
            "the interrupted",
            Reading::interrupted,
        ),
        (Character::TooLate, "the late one", Reading::late),
    ];
    let mut fates: Vec<Fate> = tales
        .into_iter()
        .filter_map(|(character, name, tale)| {
            let bidder = cast.who(character)?;
            let (says, holds) = tale(&reading, bidder);
            Some(Fate {
                character: name,
                account: bidder.actor.id().to_string(),
                says,
                holds,
            })
        })
        .collect();
    fates.extend(reading.liar(cast));
    fates
}

impl Reading<'_> {
    fn line(&self, bidder: &Bidder) -> Option<&BidLine> {
        let bids = &self.evidence.report.summary.bids;
        bids.iter().find(|line| line.bidder == *bidder.actor.id())
    }

    fn standing(&self, bidder: &Bidder) -> String {
        let Some(line) = self.line(bidder) else {
            return "no live bid".to_owned();
        };
        match (line.rank, &line.price) {
            (Some(rank), Some(price)) => format!(
                "{}, read out at {}, rank {rank}",
                line.outcome,
                grouped(price)
            ),
            _ => format!(
                "{} ({})",
                line.outcome,
                line.reason.as_deref().unwrap_or("no reason")
            ),
        }
    }

    fn is_ranked(&self, bidder: &Bidder) -> bool {
        self.line(bidder)
            .is_some_and(|line| line.outcome == "valid" && line.rank.is_some())
    }

    fn manifests(&self, bidder: &Identifier) -> usize {
        let own = |act: &&Act| matches!(act, Act::BidManifest(body) if body.bidder_id == *bidder);
        self.evidence.acts.iter().filter(own).count()
    }

    fn confirmed(&self, manifest: &Digest) -> bool {
        let own =
            |act: &Act| matches!(act, Act::ReadOutConfirmed(body) if body.manifest == *manifest);
        self.evidence.acts.iter().any(own)
    }

    fn absent(&self, bidder: &Bidder) -> (String, bool) {
        let confirmed = self
            .line(bidder)
            .is_some_and(|line| self.confirmed(&line.manifest));
        let says = format!(
            "{}; the read-out was never confirmed, and the bid counts all the same",
            self.standing(bidder)
        );
        (says, self.is_ranked(bidder) && !confirmed)
    }

    fn replacer(&self, bidder: &Bidder) -> (String, bool) {
        let gone = self
            .evidence
            .report
            .summary
            .replaced
            .iter()
            .find(|gone| gone.bidder == *bidder.actor.id());
        let last = self.remembered.last.get(bidder.actor.id());
        let holds = gone.is_some_and(|gone| {
            Some(gone.manifest) == self.remembered.replaced && Some(&gone.by) == last
        });
        let says = format!(
            "the first bid was replaced and never opened; the second: {}",
            self.standing(bidder)
        );
        let opened = self
            .remembered
            .replaced
            .is_some_and(|id| self.evidence.bundle.keys.contains_key(&id));
        (says, holds && !opened && self.is_ranked(bidder))
    }

    fn withdrawer(&self, bidder: &Bidder) -> (String, bool) {
        let gone = self
            .evidence
            .report
            .summary
            .withdrawn
            .iter()
            .find(|gone| gone.bidder == *bidder.actor.id());
        let own = self.remembered.last.get(bidder.actor.id());
        let opened = own.is_some_and(|id| self.evidence.bundle.keys.contains_key(id));
        let holds = gone.is_some_and(|gone| Some(&gone.manifest) == own)
            && !opened
            && self.line(bidder).is_none();
        (
            "withdrawn (撤回) before the deadline; never opened, no key in the record".to_owned(),
            holds,
        )
    }

    fn garbler(&self, bidder: &Bidder) -> (String, bool) {
        let line = self.line(bidder);
        let invalid = line.is_some_and(|line| line.outcome == "invalid" && line.rank.is_none());
        let consequence = self.evidence.acts.iter().find_map(|act| match act {
            Act::OpeningResults(body) => {
                body.results
                    .iter()
                    .find(|one| one.bidder == *bidder.actor.id())?
                    .consequence
            }
            _ => None,
        });
        let revoked = consequence == Some(procedure::act::Consequence::DeemedRevoked);
        let says = format!(
            "{}: all trustees released and no key fits; deemed revoked (视为撤销)",
            self.standing(bidder)
        );
        (says, invalid && revoked)
    }

    fn lied_about(&self, bidder: &Bidder) -> (String, bool) {
        (
            format!("opened by the honest trustees: {}", self.standing(bidder)),
            self.is_ranked(bidder),
        )
    }

    fn objector(&self, bidder: &Bidder) -> (String, bool) {
        let objection = self.evidence.bundle.entries.iter().find_map(|entry| {
            match Act::read(&entry.envelope)?.ok()? {
                Act::Objection(body) if body.objector == *bidder.actor.id() => {
                    Some(entry.envelope.id())
                }
                _ => None,
            }
        });
        let answer = self.evidence.acts.iter().find_map(|act| match act {
            Act::ObjectionAnswered(body) if Some(body.objection) == objection => Some(body),
            _ => None,
        });
        let says = match answer {
            Some(body) if body.upheld => "objection upheld".to_owned(),
            Some(body) => format!("objection answered and not upheld: {}", body.text),
            None => "no answered objection".to_owned(),
        };
        (says, answer.is_some())
    }

    fn one_bid(&self, bidder: &Bidder) -> (String, bool) {
        // With few bidders one of them may have replaced its bid, too.
        let expected = if bidder.is(Character::Replaces) { 2 } else { 1 };
        let count = self.manifests(bidder.actor.id());
        let says = format!(
            "{count} manifest in the record, one live bid: {}",
            self.standing(bidder)
        );
        (says, count == expected && self.is_ranked(bidder))
    }

    fn interrupted(&self, bidder: &Bidder) -> (String, bool) {
        let last = self.remembered.last.get(bidder.actor.id());
        let entry = self
            .evidence
            .bundle
            .entries
            .iter()
            .find(|entry| Some(&entry.envelope.id()) == last);
        let manifest = entry.and_then(|entry| match Act::read(&entry.envelope)?.ok()? {
            Act::BidManifest(body) => Some(body),
            _ => None,
        });
        let part = manifest.and_then(|body| body.envelopes.first()?.parts.get(1).cloned());
        let says = match &part {
            Some(part) => format!(
                "one manifest with an attachment of {} bytes in {} segments; {}",
                part.size,
                part.segments,
                self.standing(bidder)
            ),
            None => "no attachment in the record".to_owned(),
        };
        (
            says,
            part.is_some_and(|part| part.segments == 3) && self.is_ranked(bidder),
        )
    }

    fn late(&self, bidder: &Bidder) -> (String, bool) {
        let count = self.manifests(bidder.actor.id());
        let sent = self.remembered.late;
        let there = self
            .evidence
            .bundle
            .entries
            .iter()
            .any(|entry| Some(entry.envelope.id()) == sent);
        (
            "no statement in the record: what is not admitted before the deadline does not exist"
                .to_owned(),
            count == 0 && !there,
        )
    }

    /// The trustee who lied: exposed by slot, account and number of bids.
    fn liar(&self, cast: &Cast) -> Option<Fate> {
        let trustee = cast.trustees.get(usize::from(LIAR_SLOT) - 1)?;
        let wrong = &self.evidence.report.summary.wrong_shares;
        // A garbage key block has no right shares, so only opened bids are counted.
        let found = wrong.iter().find(|one| one.slot == LIAR_SLOT);
        let holds = wrong.len() == 1
            && found.is_some_and(|one| one.bids == 1 && one.trustee.as_ref() == Some(trustee.id()));
        let says = match found {
            Some(one) => format!(
                "slot {} released {} wrong share, exposed by the deal",
                one.slot, one.bids
            ),
            None => "no wrong share in the record".to_owned(),
        };
        Some(Fate {
            character: "the lying trustee",
            account: trustee.id().to_string(),
            says,
            holds,
        })
    }
}
