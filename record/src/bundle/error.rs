//! Why bytes are not a bundle.

use crate::json::JsonError;
use crate::log::checkpoint::TextError;
use crate::statement::StatementError;

/// Why bytes are not a bundle, or parts cannot become one (check V1: form and limits).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BundleError {
    /// The file is longer than [`super::BUNDLE_BYTES_MAX`].
    #[error("the bundle has {bytes} bytes; at most 2147483648 are allowed")]
    TooLarge {
        /// Its length.
        bytes: u64,
    },
    /// There are more members than [`super::MEMBERS_MAX`].
    #[error("the bundle has more than 1000000 members, the first one too many is {member}")]
    TooManyMembers {
        /// The first one too many.
        member: String,
    },
    /// A member's name is not allowed.
    #[error(
        "the member name {member:?} is not allowed: at most 100 characters out of a-z 0-9 . _ - and /, no empty, '.' or '..' parts"
    )]
    Name {
        /// The name (at most 100 characters of it).
        member: String,
    },
    /// Members are not in strictly ascending order.
    #[error("member {member} stands after {before}; names must ascend and be unique")]
    Order {
        /// The member.
        member: String,
        /// The one before it.
        before: String,
    },
    /// The bytes are not a zip file of the one form that bundles have.
    #[error(
        "at byte {at} (member {member:?}): {reason}; a bundle is a zip file without compression, dates and extras"
    )]
    Zip {
        /// Place in the file.
        at: usize,
        /// The member there; empty when its name is not known.
        member: String,
        /// What is wrong.
        reason: &'static str,
    },
    /// The bytes differ from what writing the same members gives.
    #[error(
        "the bundle differs from its canonical form at byte {at} (behind the data of member {member:?})"
    )]
    NotCanonical {
        /// Place of the first difference.
        at: usize,
        /// The last member.
        member: String,
    },
    /// A member that must be there is not.
    #[error("member {member} is missing")]
    Missing {
        /// Its name.
        member: String,
    },
    /// A member that no bundle of this kind has.
    #[error("member {member} does not belong into a bundle")]
    Unexpected {
        /// Its name.
        member: String,
    },
    /// A member's content is malformed.
    #[error("member {member} is malformed ({cause}): {reason}")]
    Content {
        /// Its name.
        member: String,
        /// Code of the error inside.
        cause: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// A member's content says the right thing in other bytes than the canonical ones.
    #[error("member {member} is not written in its canonical form")]
    MemberNotCanonical {
        /// Its name.
        member: String,
    },
    /// A member does not fit the record head.
    #[error("member {member} does not fit record-head.json: {reason}")]
    Head {
        /// Its name.
        member: String,
        /// What is wrong.
        reason: String,
    },
}

impl BundleError {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            BundleError::TooLarge { .. } => "bundle-too-large",
            BundleError::TooManyMembers { .. } => "bundle-too-many-members",
            BundleError::Name { .. } => "bundle-member-name",
            BundleError::Order { .. } => "bundle-member-order",
            BundleError::Zip { .. } => "bundle-zip-malformed",
            BundleError::NotCanonical { .. } => "bundle-not-canonical",
            BundleError::Missing { .. } => "bundle-member-missing",
            BundleError::Unexpected { .. } => "bundle-member-unexpected",
            BundleError::Content { .. } => "bundle-member-malformed",
            BundleError::MemberNotCanonical { .. } => "bundle-member-not-canonical",
            BundleError::Head { .. } => "bundle-member-not-in-head",
        }
    }

    /// The member that the error is about; empty when it is about the whole file.
    pub fn member(&self) -> &str {
        match self {
            BundleError::TooLarge { .. } => "",
            BundleError::TooManyMembers { member }
            | BundleError::Name { member }
            | BundleError::Order { member, .. }
            | BundleError::Zip { member, .. }
            | BundleError::NotCanonical { member, .. }
            | BundleError::Missing { member }
            | BundleError::Unexpected { member }
            | BundleError::Content { member, .. }
            | BundleError::MemberNotCanonical { member }
            | BundleError::Head { member, .. } => member,
        }
    }

    pub(super) fn content(member: &str, cause: &'static str, reason: impl ToString) -> BundleError {
        BundleError::Content {
            member: member.to_owned(),
            cause,
            reason: reason.to_string(),
        }
    }

    pub(super) fn json(member: &str, error: &JsonError) -> BundleError {
        BundleError::content(member, error.code(), error)
    }

    pub(super) fn statement(member: &str, error: &StatementError) -> BundleError {
        BundleError::content(member, error.code(), error)
    }

    pub(super) fn text(member: &str, error: &TextError) -> BundleError {
        BundleError::content(member, error.code(), error)
    }

    pub(super) fn head(member: &str, reason: impl Into<String>) -> BundleError {
        BundleError::Head {
            member: member.to_owned(),
            reason: reason.into(),
        }
    }
}
