//! The kinds of statement: one enum, one struct each. Nothing else can be said on a chain.
//!
//! To add a kind: write its struct in the file of its phase, add one line to the table `acts!` below, and
//! admit it in [`crate::tender`]. `STATEMENTS.md`, the table of stage x kind and the refusals of unknown
//! kinds follow from that line.

mod account;
mod award;
mod bidding;
mod drawing;
mod opening;
mod outage;
mod preparation;

pub use account::*;
pub use award::*;
pub use bidding::*;
pub use drawing::*;
pub use opening::*;
pub use outage::*;
pub use preparation::*;

use record::Digest;
use record::chain::ChainId;
use record::json::JsonError;
use record::sealing::EnvelopeKind;
use record::statement::Envelope;

/// On which chain a statement of some kind stands (protocol section 2, "Chains").
pub trait Body {
    /// The chain that this statement is appended to.
    fn chain(&self) -> ChainId;
}

/// When the public may read a statement (protocol sections 5 and 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visibility {
    /// As soon as it is on the log.
    Public,
    /// With `closing`: the number and the names of bidders are secret before it.
    AfterClosing,
    /// With the results of the opening: no price is seen while another one is still sealed.
    AfterResults,
}

macro_rules! acts {
    ($($variant:ident($body:ty) = $kind:literal, $signers:literal, $stages:literal, $visibility:ident;)*) => {
        /// One statement body, by kind.
        #[derive(Clone, Debug, PartialEq)]
        #[expect(clippy::large_enum_variant, reason = "acts are read one at a time and boxed nowhere")]
        pub enum Act {
            $(#[doc = concat!("`", $kind, "`, signed by ", $signers, "; stages: ", $stages)] $variant($body),)*
        }

        impl Act {
            /// Every kind, in the order of a tender's life.
            pub const KINDS: &'static [&'static str] = &[$($kind),*];

            /// The kind, as in the payload type.
            pub fn kind(&self) -> &'static str {
                match self { $(Act::$variant(_) => $kind,)* }
            }

            /// Reads the body of `envelope` strictly. `None`: the kind is not one of ours.
            pub fn read(envelope: &Envelope) -> Option<Result<Act, JsonError>> {
                match envelope.kind() {
                    $($kind => Some(envelope.body::<$body>().map(Act::$variant)),)*
                    _ => None,
                }
            }

            /// The chain that this act is appended to.
            pub fn chain(&self) -> ChainId {
                match self { $(Act::$variant(body) => body.chain(),)* }
            }

            /// When the public may read this statement. Answers to a rehearsal hide nothing.
            pub fn visibility(&self) -> Visibility {
                match self {
                    Act::ShareRelease(body) if body.kind == EnvelopeKind::Rehearsal => Visibility::Public,
                    $(Act::$variant(_) => Visibility::$visibility,)*
                }
            }

            /// When the public may read statements of this kind at the latest; `None`: not one of ours.
            pub fn visibility_of(kind: &str) -> Option<Visibility> {
                match kind {
                    $($kind => Some(Visibility::$visibility),)*
                    _ => None,
                }
            }

            /// The exact bytes of the body, as our own programs write them.
            pub fn to_body(&self) -> Vec<u8> {
                let written = match self { $(Act::$variant(body) => serde_json::to_vec(body),)* };
                // Bodies are structs of strings, integers and lists: serde_json cannot fail on them.
                written.unwrap_or_default()
            }

            /// An unsigned envelope around this act.
            pub fn envelope(&self) -> Envelope {
                Envelope::new(self.kind(), self.to_body())
            }

            /// Kind, signers, stages and JSON Schema of every kind, for `STATEMENTS.md`.
            pub fn descriptions() -> Vec<Description> {
                vec![$(Description {
                    kind: $kind,
                    signers: $signers,
                    stages: $stages,
                    visibility: Visibility::$visibility,
                    schema: schemars::schema_for!($body).to_value(),
                }),*]
            }
        }
        $(impl From<$body> for Act { fn from(body: $body) -> Act { Act::$variant(body) } })*
    };
}

acts! {
    AccountRegistered(AccountRegistered) = "account-registered", "the new key itself", "account chain", Public;
    KeyRegistered(KeyRegistered) = "key-registered", "an older key of the account", "account chain", Public;
    KeyRevoked(KeyRevoked) = "key-revoked", "a key of the account", "account chain", Public;
    RoleGranted(RoleGranted) = "role-granted", "the root key", "platform chain", Public;

    TenderCreated(TenderCreated) = "tender-created", "tenderee", "none (it makes the tender)", Public;
    TrusteeKey(TrusteeKey) = "trustee-key", "trustee", "draft", Public;
    TrusteeSet(TrusteeSet) = "trustee-set", "tenderee and every trustee of the set", "draft", Public;
    RehearsalDealt(RehearsalDealt) = "rehearsal-dealt", "platform", "draft", Public;
    Notice(Notice) = "notice", "tenderee", "draft", Public;
    DrawAnnounce(DrawAnnounce) = "draw-announce", "platform", "announced; drawing, for a further attempt", Public;
    CreditCommitted(CreditCommitted) = "credit-committed", "credit source of the notice", "announced, before the deadline", Public;

    BidManifest(BidManifest) = "bid-manifest", "bidder", "announced, before the deadline", AfterClosing;
    BidWithdrawn(BidWithdrawn) = "bid-withdrawn", "bidder", "announced, before the deadline", AfterClosing;
    DrawContribution(DrawContribution) = "draw-contribution", "tenderee or witness; every bidder for a further attempt", "announced, before the deadline; drawing, for a further attempt", AfterClosing;

    Outage(Outage) = "outage", "platform", "announced, from the deadline on, where the profile has a rule of outages", Public;
    Resumed(Resumed) = "resumed", "platform", "suspended", Public;

    Closing(Closing) = "closing", "platform", "announced, from the deadline on", Public;
    ShareRelease(ShareRelease) = "share-release", "trustee", "draft (rehearsal), opening, drawing", AfterResults;
    BidOpened(BidOpened) = "bid-opened", "bidder", "opening, drawing", AfterResults;
    OpeningResults(OpeningResults) = "opening-results", "platform", "opening", Public;
    ReadOutConfirmed(ReadOutConfirmed) = "read-out-confirmed", "bidder", "opened", Public;
    Objection(Objection) = "objection", "bidder", "opened, drawn, candidates", Public;
    ObjectionAnswered(ObjectionAnswered) = "objection-answered", "tenderee", "where the objection was raised", Public;
    BenchmarkSet(BenchmarkSet) = "benchmark-set", "tenderee", "opened", Public;

    DrawClose(DrawClose) = "draw-close", "platform", "drawing, for a further attempt", Public;
    DrawFailed(DrawFailed) = "draw-failed", "platform", "drawing", Public;
    DrawResult(DrawResult) = "draw-result", "platform", "drawing", Public;
    OpeningRecord(OpeningRecord) = "opening-record", "tenderee and the witnesses who are present", "drawn", Public;

    CreditSnapshot(CreditSnapshot) = "credit-snapshot", "credit source of the notice", "opened to evaluation", Public;
    EvaluationReport(EvaluationReport) = "evaluation-report", "tenderee", "evaluation", Public;
    Candidates(Candidates) = "candidates", "tenderee", "evaluated", Public;
    Award(Award) = "award", "tenderee", "candidates", Public;
    TenderFailed(TenderFailed) = "tender-failed", "platform", "closed; opened; drawing; evaluation; evaluated", Public;
    TenderTerminated(TenderTerminated) = "tender-terminated", "tenderee; the supervisor, with the tenderee or alone, where the supervisor orders it", "draft to opening, before the first share is released; later by order of the supervisor", Public;
}

/// What `STATEMENTS.md` says about one kind.
pub struct Description {
    /// The kind, as in the payload type.
    pub kind: &'static str,
    /// Who signs.
    pub signers: &'static str,
    /// In which stages it may be admitted.
    pub stages: &'static str,
    /// When the public may read it.
    pub visibility: Visibility,
    /// JSON Schema of the body.
    pub schema: serde_json::Value,
}

/// An act that stands on a tender's chain names the tender in a field `tender`.
macro_rules! on_tender_chain {
    ($($body:ty),* $(,)?) => {
        $(impl super::Body for $body {
            fn chain(&self) -> record::chain::ChainId {
                record::chain::ChainId::Tender(self.tender.clone())
            }
        })*
    };
}
pub(crate) use on_tender_chain;

/// A salt of 32 bytes in a body; any 32-byte value in hex.
pub type Salt = Digest;
