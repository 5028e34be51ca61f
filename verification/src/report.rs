//! The report (`kaibiao-report/1`): one JSON form, one text form, one exit code.

mod text;

use std::collections::BTreeMap;

use procedure::act::DrawnValue;
use record::{Digest, Identifier};
use serde::Serialize;

/// The format of the JSON form.
pub const FORMAT: &str = "kaibiao-report/1";

/// Everything that a verification says. Fields serialise in this order.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// Always [`FORMAT`].
    pub format: &'static str,
    /// The whole in one word.
    pub verdict: Verdict,
    /// The tender.
    pub tender: Option<Identifier>,
    /// Its title.
    pub title: Option<String>,
    /// Origin of the log.
    pub origin: Option<String>,
    /// The log is a demo log: its clock is simulated.
    pub simulated_time: bool,
    /// Where log key and root key come from.
    pub trust: TrustSource,
    /// V1 to V12.
    pub checks: Vec<Check>,
    /// What the record says happened.
    pub summary: Summary,
}

/// The whole in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Nothing fails, and a trust file was given.
    Holds,
    /// Nothing fails, but log key and root key were taken from the bundle.
    SelfAsserted,
    /// Something fails.
    Fails,
    /// The input is not a bundle.
    Unusable,
}

/// Where log key and root key come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TrustSource {
    /// From the reader's trust file.
    File,
    /// From the bundle itself.
    SelfAsserted,
}

/// The result of one check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// `V1` to `V12`.
    pub id: &'static str,
    /// What it is about.
    pub name: &'static str,
    /// The result.
    pub status: Status,
    /// Why it, or a part of it, could not be made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// What does not hold.
    pub findings: Vec<Finding>,
    /// What a reader should know.
    pub notes: Vec<String>,
}

/// Whether a check holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Everything that it demands was checked and holds.
    Holds,
    /// Something does not hold.
    Fails,
    /// Nothing failed, but not everything could be checked; `why` says why.
    NotCheckable,
}

impl Status {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Holds => "holds",
            Status::Fails => "fails",
            Status::NotCheckable => "not checkable",
        }
    }
}

/// One thing that does not hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Stable code.
    pub code: String,
    /// What exactly.
    pub detail: String,
    /// Member of the bundle.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub member: Option<String>,
    /// Log index.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index: Option<u64>,
}

/// What the record says happened. Believe it as far as the checks hold.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Summary {
    /// Where the tender stands; absent when the record has no tender.
    pub stage: Option<&'static str>,
    /// Why it failed or was ended, if it did or was.
    pub ended: Option<String>,
    /// Who won.
    pub winner: Option<Identifier>,
    /// At which price.
    pub price: Option<String>,
    /// The benchmark price.
    pub benchmark: Option<String>,
    /// The seed of the draw.
    pub seed: Option<Digest>,
    /// The drawn method.
    pub method: Option<String>,
    /// Its drawn parameters.
    pub parameters: BTreeMap<String, DrawnValue>,
    /// Every attempt of the draw.
    pub attempts: Vec<AttemptLine>,
    /// Every live bid, bidders ascending.
    pub bids: Vec<BidLine>,
    /// Bids that were replaced before the deadline.
    pub replaced: Vec<GoneBid>,
    /// Bids that were withdrawn before the deadline.
    pub withdrawn: Vec<GoneBid>,
    /// Trustees who released wrong shares of bids.
    pub wrong_shares: Vec<WrongShares>,
}

/// One attempt of the draw.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AttemptLine {
    /// Counted from 1.
    pub number: u32,
    /// Statement id of its announcement.
    pub announce: Digest,
    /// How many contributions it had.
    pub contributions: usize,
    /// `drawn`, `failed: <reason>` or `open`.
    pub outcome: String,
}

/// One live bid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BidLine {
    /// The bidder.
    pub bidder: Identifier,
    /// Its manifest.
    pub manifest: Digest,
    /// `sealed`, `valid`, `invalid` or `unresolved`.
    pub outcome: String,
    /// Why it is not valid or has no rank.
    pub reason: Option<String>,
    /// The price that was read out.
    pub price: Option<String>,
    /// Its total score, where the method scores.
    pub total: Option<String>,
    /// Its rank.
    pub rank: Option<u32>,
}

/// A bid that was replaced or withdrawn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GoneBid {
    /// The bidder.
    pub bidder: Identifier,
    /// The manifest that no longer counts.
    pub manifest: Digest,
    /// The statement that replaced or withdrew it.
    pub by: Digest,
}

/// A trustee who released wrong shares.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WrongShares {
    /// Its slot.
    pub slot: u8,
    /// Its account.
    pub trustee: Option<Identifier>,
    /// Of how many bids.
    pub bids: usize,
}

impl Report {
    /// What a program exits with: 0 holds under the trust file, 1 something fails, 2 unusable input, 3 nothing
    /// fails but the keys were taken from the bundle.
    pub fn exit_code(&self) -> u8 {
        match self.verdict {
            Verdict::Holds => 0,
            Verdict::Fails => 1,
            Verdict::Unusable => 2,
            Verdict::SelfAsserted => 3,
        }
    }

    /// The check with this id, `V1` to `V12`.
    pub fn check(&self, id: &str) -> Option<&Check> {
        self.checks.iter().find(|check| check.id == id)
    }

    /// The report for people, to be read on a terminal. No colours.
    pub fn render_text(&self) -> String {
        text::render(self)
    }
}
