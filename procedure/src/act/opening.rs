//! The opening (开标): closing, releases, results read out, confirmations, objections, the benchmark set.

use std::collections::BTreeMap;

use record::chain::{self, ChainId};
use record::list::ListRoot;
use record::sealing::{EnvelopeKind, Share};
use record::{Digest, Identifier};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::on_tender_chain;

/// Last statement of a chain: position and leaf hash.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChainEnd {
    /// The chain.
    #[schemars(with = "String")]
    pub chain: ChainId,
    /// Position of its last statement, counted from 0.
    pub seq: u64,
    /// Leaf hash of its last statement.
    pub head: Digest,
}

/// The tender is closed. Names the ends of this chain, of the platform chain and of every account that
/// signed here, so that neither a statement nor a revocation can be left out later (protocol section 2).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Closing {
    /// The tender.
    pub tender: Identifier,
    /// This tender's chain first, then `platform`, then the accounts ascending; without the accounts where
    /// there are more than 1 250 chains.
    pub chains: Vec<ChainEnd>,
    /// Count and root of the accounts' ends (the same lines, as a tree), where `chains` does not name them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accounts: Option<ListRoot>,
}

impl Closing {
    /// The closing that names `ends`: this tender's chain, the platform's, then the accounts ascending.
    pub fn naming(tender: Identifier, ends: Vec<ChainEnd>) -> Closing {
        let (chains, accounts) = chain::name_ends(ends, |end| &end.chain);
        Closing {
            tender,
            chains,
            accounts,
        }
    }
}

/// One released share.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReleasedShare {
    /// Statement id of the manifest, contribution or rehearsal that carries the envelope.
    pub envelope: Digest,
    /// The share; absent: this trustee's slot does not decrypt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub share: Option<Share>,
}

/// A trustee releases its shares of one kind of envelope; several statements may cover a large tender.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ShareRelease {
    /// The tender.
    pub tender: Identifier,
    /// The trustee's slot in the set, counted from 1.
    pub slot: u8,
    /// Which envelopes.
    pub kind: EnvelopeKind,
    /// The shares.
    pub shares: Vec<ReleasedShare>,
}

/// A bidder (or contributor) opens its own envelope by publishing its key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BidOpened {
    /// The tender.
    pub tender: Identifier,
    /// Statement id of the manifest or contribution.
    pub envelope: Digest,
    /// Which of its envelopes.
    pub kind: EnvelopeKind,
    /// The file key, 32 bytes in hex.
    pub key: Digest,
}

/// What became of one sealed bid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Opened and read out.
    Valid,
    /// Opened or fully released, and broken: the bidder's fault, decided when it was submitted.
    Invalid,
    /// Could not be opened in the window.
    Unresolved,
}

/// Why a bid is not valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OutcomeReason {
    /// All trustees released and no key reproduces the key block.
    KeyBlock,
    /// The bid form does not open under the key.
    Part,
    /// The bid form is not one: JSON, a required field or a value.
    Form,
    /// Too few trustees released, and the bidder did not open.
    TooFewShares,
    /// The bidder had to open and did not.
    BidderSilent,
}

/// What follows in law (电子招标投标办法 §31).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Consequence {
    /// 视为撤销: by the bidder's fault.
    DeemedRevoked,
    /// 视为撤回: by another cause; the bidder may claim direct loss.
    DeemedWithdrawn,
}

/// One value of the bid form, as read out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum FormValue {
    /// Money and text.
    Text(String),
    /// Days.
    Integer(u64),
}

/// One line of the read-out (唱标).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BidResult {
    /// The bidder's account.
    pub bidder: Identifier,
    /// Its live manifest.
    pub manifest: Digest,
    /// What became of it.
    pub outcome: Outcome,
    /// Why, where it is not valid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<OutcomeReason>,
    /// What follows, where it is not valid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consequence: Option<Consequence>,
    /// The form as read out, where it is valid.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub form: BTreeMap<Identifier, FormValue>,
    /// Slots whose released share differs from what the bid's key deals: these trustees released wrongly.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub wrong_shares: Vec<u8>,
}

/// Results of the opening, read out at once, in pages (bidders ascending).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OpeningResults {
    /// The tender.
    pub tender: Identifier,
    /// This page, counted from 1.
    pub page: u32,
    /// Number of pages.
    pub pages: u32,
    /// The lines.
    pub results: Vec<BidResult>,
}

/// A bidder answers to what was read out of its bid.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReadOutConfirmed {
    /// The tender.
    pub tender: Identifier,
    /// Its manifest.
    pub manifest: Digest,
    /// Whether what was read out is what it sealed.
    pub agrees: bool,
}

/// What an objection (异议) is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Matter {
    /// The opening (条例 §44).
    Opening,
    /// The draw.
    Draw,
    /// The candidates (条例 §54).
    Candidates,
}

/// An objection. The procedure stands still until it is answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Objection {
    /// The tender.
    pub tender: Identifier,
    /// Who objects; it signs.
    pub objector: Identifier,
    /// What about.
    pub matter: Matter,
    /// The objection, 1 to 2 000 characters.
    pub text: String,
}

/// The tenderee answers an objection.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ObjectionAnswered {
    /// The tender.
    pub tender: Identifier,
    /// Statement id of the objection.
    pub objection: Digest,
    /// Whether it is upheld.
    pub upheld: bool,
    /// The answer, 1 to 2 000 characters.
    pub text: String,
}

/// Why an opened bid is not in the benchmark set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ExclusionReason {
    /// It is invalid or unresolved.
    NotValid,
    /// Its price is above the control price (条例 §51(5)).
    AboveControlPrice,
    /// Nothing is left of its price less the provisional sums, which are the same for all.
    NotAboveProvisionalSums,
}

/// One bid outside the benchmark set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Exclusion {
    /// The bidder.
    pub bidder: Identifier,
    /// Why.
    pub reason: ExclusionReason,
}

/// Which bids enter the benchmark is frozen before the first contribution is released (protocol 7.3).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BenchmarkSet {
    /// The tender.
    pub tender: Identifier,
    /// How many bids are in it: all live bids but those below.
    pub included: u32,
    /// The others, bidders ascending; empty where there are more than 1 250.
    pub excluded: Vec<Exclusion>,
    /// Count and root of the others, where `excluded` does not name them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub excluded_list: Option<ListRoot>,
}

on_tender_chain!(
    Closing,
    ShareRelease,
    BidOpened,
    OpeningResults,
    ReadOutConfirmed,
    Objection,
    ObjectionAnswered,
    BenchmarkSet,
);
