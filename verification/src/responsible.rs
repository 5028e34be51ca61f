//! Which check answers for a refusal of the procedure.

use procedure::Code;

use crate::replay::Item;

/// Number of the check, 1 to 12, that reports why `item` was not admitted. `None`: it was.
pub(crate) fn check_of(item: &Item) -> Option<u8> {
    let refusal = item.refusal.as_ref()?;
    Some(by_code(refusal.code).unwrap_or_else(|| by_kind(item.kind())))
}

/// Codes that say by themselves what is offended.
fn by_code(code: Code) -> Option<u8> {
    Some(match code {
        Code::KindUnknown | Code::BodyInvalid | Code::TextLength | Code::LimitExceeded => 1,
        Code::SignatureInvalid
        | Code::KeyUnknown
        | Code::KeyRevoked
        | Code::KeyTaken
        | Code::KeysMax
        | Code::KeyTooYoung
        | Code::LastKey
        | Code::AccountExists
        | Code::AccountUnknown
        | Code::SignerNotAllowed
        | Code::SignersMissing
        | Code::SignersTooMany => 2,
        Code::TenderUnknown
        | Code::TenderExists
        | Code::TenderMismatch
        | Code::StatementRepeated
        | Code::ChainsIncomplete => 4,
        Code::TimeBackwards
        | Code::DeadlinePassed
        | Code::DeadlineNotReached
        | Code::WindowClosed
        | Code::WindowOpen
        | Code::TenderSuspended
        | Code::OutageMismatch
        | Code::ResumptionMismatch => 5,
        Code::TrusteeKeyMissing
        | Code::TrusteeRepeated
        | Code::TrusteeThreshold
        | Code::TrusteesNotIndependent
        | Code::TrusteeSetMissing
        | Code::RehearsalMissing
        | Code::RehearsalMismatch => 6,
        Code::ContextMismatch
        | Code::EnvelopesWrong
        | Code::KeyBlockForm
        | Code::PartsWrong
        | Code::RootRepeated
        | Code::OwnKeyWrong => 7,
        Code::DrawNotAnnounced
        | Code::AnnouncementMismatch
        | Code::AttemptMismatch
        | Code::ContributionMismatch => 9,
        Code::CreditNotForeseen
        | Code::CreditCommitted
        | Code::CreditMismatch
        | Code::CreditMissing => 10,
        Code::OutageNotForeseen
        | Code::ObjectionPending
        | Code::ObjectionUnknown
        | Code::ObjectionMatter => 11,
        _ => return None,
    })
}

/// What else can be wrong with a statement is a matter of the phase that it belongs to.
fn by_kind(kind: &str) -> u8 {
    match kind {
        "account-registered" | "key-registered" | "key-revoked" | "role-granted" => 2,
        "tender-created" | "closing" | "tender-terminated" => 4,
        "outage" | "resumed" => 5,
        "trustee-key" | "trustee-set" | "rehearsal-dealt" => 6,
        "share-release" | "bid-opened" => 7,
        "bid-manifest" | "bid-withdrawn" | "opening-results" | "read-out-confirmed"
        | "tender-failed" => 8,
        "draw-announce" | "draw-contribution" | "draw-close" | "draw-failed" | "draw-result"
        | "benchmark-set" | "opening-record" => 9,
        "credit-committed" | "credit-snapshot" | "evaluation-report" | "candidates" | "award" => 10,
        "notice" | "objection" | "objection-answered" => 11,
        _ => 1,
    }
}
