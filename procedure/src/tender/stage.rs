//! The stages of a tender. A variant holds only what exists in that stage; later ones contain earlier ones.

use std::collections::{BTreeMap, BTreeSet};

use record::sealing::{KemPublicKey, TrusteeKeys};
use record::{Digest, Identifier};

use super::OutageState;
use super::releases::{Releases, Sealed};
use crate::At;
use crate::act::{
    Award, BidResult, Candidates, CreditSnapshot, DrawFailure, DrawResult, EvaluationReport,
    Failure, Notice, Place, TerminationCause, TrusteeSet,
};
use crate::law::Profile;

/// Where a tender stands.
#[derive(Clone, Debug, PartialEq)]
pub enum Stage {
    /// Trustees are being gathered; nothing is announced.
    Draft(Preparation),
    /// The notice is out; bids are sealed and submitted.
    Announced(Box<Bidding>),
    /// The platform was not serving at the deadline; bidding waits for its resumption.
    Suspended(Box<Bidding>),
    /// Closed with fewer live bidders than the minimum: nothing will be opened.
    Closed(Box<Closed>),
    /// Closed; envelopes are being released.
    Opening(Box<Opening>),
    /// Results are read out; bidders confirm and object.
    Opened(Box<Opened>),
    /// The benchmark set is frozen; contributions are being released.
    Drawing(Box<Drawing>),
    /// The method and its parameters are drawn.
    Drawn(Box<Drawn>),
    /// The opening record is signed; the bids may be evaluated.
    Evaluation(Box<Recorded>),
    /// The evaluation report is there.
    Evaluated(Box<Evaluated>),
    /// The candidates are published.
    Candidates(Box<Published>),
    /// The winner is fixed.
    Awarded(Box<Awarded>),
    /// The tender failed (流标).
    Failed(Box<Failed>),
    /// The tenderee ended it early.
    Terminated(Box<Terminated>),
}

impl Stage {
    /// Every stage's name, in order.
    pub const NAMES: &'static [&'static str] = &[
        "draft",
        "announced",
        "suspended",
        "closed",
        "opening",
        "opened",
        "drawing",
        "drawn",
        "evaluation",
        "evaluated",
        "candidates",
        "awarded",
        "failed",
        "terminated",
    ];

    /// The stage's name, as the API and the database spell it.
    pub fn name(&self) -> &'static str {
        match self {
            Stage::Draft(_) => "draft",
            Stage::Announced(_) => "announced",
            Stage::Suspended(_) => "suspended",
            Stage::Closed(_) => "closed",
            Stage::Opening(_) => "opening",
            Stage::Opened(_) => "opened",
            Stage::Drawing(_) => "drawing",
            Stage::Drawn(_) => "drawn",
            Stage::Evaluation(_) => "evaluation",
            Stage::Evaluated(_) => "evaluated",
            Stage::Candidates(_) => "candidates",
            Stage::Awarded(_) => "awarded",
            Stage::Failed(_) => "failed",
            Stage::Terminated(_) => "terminated",
        }
    }

    /// Notice and bids, from the announcement on.
    pub fn bidding(&self) -> Option<&Bidding> {
        match self {
            Stage::Announced(bidding) | Stage::Suspended(bidding) => Some(bidding),
            Stage::Failed(failed) => failed.before.bidding(),
            Stage::Terminated(terminated) => terminated.before.bidding(),
            _ => self.closed().map(|closed| &closed.bidding),
        }
    }

    /// What closing fixed, from closing on.
    pub fn closed(&self) -> Option<&Closed> {
        match self {
            Stage::Closed(closed) => Some(closed),
            Stage::Opening(opening) => Some(&opening.closed),
            Stage::Failed(failed) => failed.before.closed(),
            Stage::Terminated(terminated) => terminated.before.closed(),
            _ => self.opened().map(|opened| &opened.closed),
        }
    }

    /// What was read out, from the results on.
    pub fn opened(&self) -> Option<&Opened> {
        match self {
            Stage::Opened(opened) => Some(opened),
            Stage::Drawing(drawing) => Some(&drawing.opened),
            Stage::Failed(failed) => failed.before.opened(),
            Stage::Terminated(terminated) => terminated.before.opened(),
            _ => self.drawn().map(|drawn| &drawn.drawing.opened),
        }
    }

    /// The benchmark set and the attempts of the draw, from `benchmark-set` on.
    pub fn drawing(&self) -> Option<&Drawing> {
        match self {
            Stage::Drawing(drawing) => Some(drawing),
            Stage::Failed(failed) => failed.before.drawing(),
            Stage::Terminated(terminated) => terminated.before.drawing(),
            _ => self.drawn().map(|drawn| &drawn.drawing),
        }
    }

    /// The draw's result, once there.
    pub fn drawn(&self) -> Option<&Drawn> {
        match self {
            Stage::Drawn(drawn) => Some(drawn),
            Stage::Failed(failed) => failed.before.drawn(),
            Stage::Terminated(terminated) => terminated.before.drawn(),
            _ => self.recorded().map(|recorded| &recorded.drawn),
        }
    }

    /// The signed opening record, once there.
    pub fn recorded(&self) -> Option<&Recorded> {
        match self {
            Stage::Evaluation(recorded) => Some(recorded),
            Stage::Failed(failed) => failed.before.recorded(),
            Stage::Terminated(terminated) => terminated.before.recorded(),
            _ => self.evaluated().map(|evaluated| &evaluated.recorded),
        }
    }

    /// The evaluation report, once there.
    pub fn evaluated(&self) -> Option<&Evaluated> {
        match self {
            Stage::Evaluated(evaluated) => Some(evaluated),
            Stage::Candidates(published) => Some(&published.evaluated),
            Stage::Awarded(awarded) => Some(&awarded.published.evaluated),
            Stage::Failed(failed) => failed.before.evaluated(),
            Stage::Terminated(terminated) => terminated.before.evaluated(),
            _ => None,
        }
    }

    /// The part of the state that takes the credit snapshot, while it may come.
    pub(super) fn credit_slot(&mut self) -> Option<&mut Closed> {
        match self {
            Stage::Opened(opened) => Some(&mut opened.closed),
            Stage::Drawing(drawing) => Some(&mut drawing.opened.closed),
            Stage::Drawn(drawn) => Some(&mut drawn.drawing.opened.closed),
            Stage::Evaluation(recorded) => Some(&mut recorded.drawn.drawing.opened.closed),
            _ => None,
        }
    }
}

/// A draft: trustee keys and sets, each set with its rehearsal.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Preparation {
    /// Last key of each trustee.
    pub keys: BTreeMap<Identifier, KemPublicKey>,
    /// How many keys each trustee has published.
    pub published: BTreeMap<Identifier, u32>,
    /// Signed sets by statement id.
    pub sets: BTreeMap<Digest, PreparedSet>,
}

/// A trustee set and its rehearsal.
#[derive(Clone, Debug, PartialEq)]
pub struct PreparedSet {
    /// The set.
    pub set: TrusteeSet,
    /// Its keys and threshold.
    pub keys: TrusteeKeys,
    /// The rehearsal, once dealt: statement id of the envelope, and what was released.
    pub rehearsal: Option<(Digest, Releases)>,
}

/// An announced tender.
#[derive(Clone, Debug, PartialEq)]
pub struct Bidding {
    /// The notice.
    pub notice: Notice,
    /// Its statement id.
    pub notice_id: Digest,
    /// When it was admitted.
    pub announced: At,
    /// The deadline in force, UTC milliseconds: the notice's, until an outage moves it.
    pub deadline_ms: u64,
    /// Outages at a deadline, in order; bidding is suspended while the last one is not resumed.
    pub outages: Vec<OutageState>,
    /// The law.
    pub profile: &'static Profile,
    /// The trustees.
    pub trustees: TrusteeSet,
    /// Their keys.
    pub keys: TrusteeKeys,
    /// Statement id of the draw's announcement (attempt 1).
    pub announce: Option<Digest>,
    /// Commitment to the credit snapshot: the statement ids of its pages; none if nothing is committed.
    pub credit_commitment: Vec<Digest>,
    /// Every manifest, by statement id.
    pub bids: BTreeMap<Digest, Bid>,
    /// Live manifest of each bidder.
    pub live: BTreeMap<Identifier, Digest>,
    /// Number of the last manifest of each bidder.
    pub manifests: BTreeMap<Identifier, u64>,
    /// Roots of all parts so far.
    pub roots: BTreeSet<Digest>,
    /// SHA-256 of every key block so far: K is fresh for every attempt to submit (protocol section 4), and a
    /// contribution stands in one statement only.
    pub key_blocks: BTreeSet<Digest>,
    /// Contributions of the tenderee and of witnesses.
    pub contributions: BTreeMap<Identifier, Contribution>,
    /// How many times each of them has contributed.
    pub given: Given,
}

/// What is the case with a bid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BidStatus {
    /// It counts.
    Live,
    /// Replaced by the named manifest.
    Replaced(Digest),
    /// Withdrawn (撤回) by the named statement.
    Withdrawn(Digest),
}

/// A sealed bid.
#[derive(Clone, Debug, PartialEq)]
pub struct Bid {
    /// The bidder.
    pub bidder: Identifier,
    /// Further members of a consortium.
    pub members: Vec<Identifier>,
    /// Where its manifest stands.
    pub at: At,
    /// Whether it counts.
    pub status: BidStatus,
    /// Envelope `opening`.
    pub opening: Sealed,
    /// Ciphertext of the bid form.
    pub form: Vec<u8>,
    /// Envelope `contrib`.
    pub contrib: Sealed,
}

/// A contribution to the draw.
#[derive(Clone, Debug, PartialEq)]
pub struct Contribution {
    /// Statement that carries the envelope.
    pub statement: Digest,
    /// Who contributed.
    pub contributor: Identifier,
    /// The envelope.
    pub sealed: Sealed,
}

/// A closed tender.
#[derive(Clone, Debug, PartialEq)]
pub struct Closed {
    /// Notice and bids.
    pub bidding: Bidding,
    /// Statement id of `closing`.
    pub closing: Digest,
    /// When it was admitted.
    pub closed: At,
    /// The opened credit snapshot, as far as its pages have come.
    pub credit: Option<CreditSnapshot>,
    /// How many of its pages have come.
    pub credit_pages: usize,
}

/// The opening window.
#[derive(Clone, Debug, PartialEq)]
pub struct Opening {
    /// What closing fixed.
    pub closed: Closed,
    /// Shares and keys so far, by manifest.
    pub releases: Releases,
    /// The results, frozen with their first page.
    pub frozen: Option<ReadOut>,
    /// Statement ids of the pages so far.
    pub pages: Vec<Digest>,
}

/// What is read out, cut into the pages of its statements.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadOut {
    /// The lines, bidders ascending.
    pub results: Vec<BidResult>,
    /// Behind which line each page ends.
    pub page_ends: Vec<usize>,
}

/// The results are read out.
#[derive(Clone, Debug, PartialEq)]
pub struct Opened {
    /// What closing fixed.
    pub closed: Closed,
    /// Statement ids of the pages.
    pub pages: Vec<Digest>,
    /// When the last page was admitted.
    pub opened: At,
    /// The lines, bidders ascending.
    pub results: Vec<BidResult>,
    /// File keys of the opened bids, by manifest.
    pub keys: BTreeMap<Digest, Digest>,
    /// Whether any bid may enter the benchmark. It follows from the results and is kept, because after every
    /// statement somebody asks.
    pub any_eligible: bool,
    /// Last answers of bidders to the read-out, by manifest.
    pub confirmations: BTreeMap<Digest, bool>,
    /// How many times each bidder has answered, by manifest.
    pub answers: BTreeMap<Digest, u32>,
}

/// One bid of the benchmark set.
#[derive(Clone, Debug, PartialEq)]
pub struct SetMember {
    /// The bidder.
    pub bidder: Identifier,
    /// Its price as read out.
    pub price: String,
}

/// Who contributed to an attempt: how many times, and with which statement last.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Given {
    pub(super) by: BTreeMap<Identifier, (u32, Digest)>,
}

/// One attempt of the draw.
#[derive(Clone, Debug, PartialEq)]
pub struct Attempt {
    /// Counted from 1.
    pub number: u32,
    /// Statement id of its announcement.
    pub announce: Digest,
    /// When it was announced; further attempts collect contributions from here.
    pub announced: At,
    /// When its set of contributions was closed and may be released.
    pub closed: Option<At>,
    /// Contributions, by statement id.
    pub contributions: BTreeMap<Digest, Contribution>,
    /// The same by contributor.
    pub given: Given,
    /// Shares and keys so far.
    pub releases: Releases,
    /// Why it failed, if it did.
    pub failed: Option<DrawFailure>,
}

/// The draw.
#[derive(Clone, Debug, PartialEq)]
pub struct Drawing {
    /// The results.
    pub opened: Opened,
    /// Statement id of `benchmark-set`.
    pub benchmark_set: Digest,
    /// The bids that enter the benchmark, bidders ascending.
    pub members: Vec<SetMember>,
    /// The attempts; the last one is the present one.
    pub attempts: Vec<Attempt>,
}

/// The draw has a result.
#[derive(Clone, Debug, PartialEq)]
pub struct Drawn {
    /// The draw.
    pub drawing: Drawing,
    /// Statement id of `draw-result`.
    pub statement: Digest,
    /// When it was admitted.
    pub drawn: At,
    /// The result.
    pub result: DrawResult,
}

/// The opening record is signed.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded {
    /// The draw.
    pub drawn: Drawn,
    /// Statement id of `opening-record`.
    pub record: Digest,
    /// Accounts that signed it.
    pub signed_by: BTreeSet<Identifier>,
}

/// The evaluation is reported.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluated {
    /// The opening record.
    pub recorded: Recorded,
    /// Statement id of `evaluation-report`.
    pub statement: Digest,
    /// When it was admitted.
    pub reported: At,
    /// The report.
    pub report: EvaluationReport,
    /// All places of the report, also where it names them by a root.
    pub places: Vec<Place>,
}

/// The candidates are published.
#[derive(Clone, Debug, PartialEq)]
pub struct Published {
    /// The evaluation.
    pub evaluated: Evaluated,
    /// When they were published.
    pub published: At,
    /// The candidates.
    pub candidates: Candidates,
}

/// The winner is fixed.
#[derive(Clone, Debug, PartialEq)]
pub struct Awarded {
    /// The candidates.
    pub published: Published,
    /// The award.
    pub award: Award,
    /// The winner's place.
    pub place: Place,
}

/// The tender failed.
#[derive(Clone, Debug, PartialEq)]
pub struct Failed {
    /// Why.
    pub failure: Failure,
    /// The stage that it failed in.
    pub before: Box<Stage>,
}

/// The tender was ended early.
#[derive(Clone, Debug, PartialEq)]
pub struct Terminated {
    /// Why.
    pub cause: TerminationCause,
    /// The stage that it ended in.
    pub before: Box<Stage>,
}
