//! What can go wrong between this program and a server.

use serde::{Deserialize, Serialize};

/// An answer of type `application/problem+json`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// HTTP status.
    #[serde(default)]
    pub status: u16,
    /// Stable code.
    #[serde(default)]
    pub code: String,
    /// What it is, in English.
    #[serde(default)]
    pub title: String,
    /// What it is, in Chinese.
    #[serde(default)]
    pub title_zh: String,
    /// What exactly.
    #[serde(default)]
    pub detail: String,
    /// Where in the body that was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
    /// The rule of law behind a refusal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<ProblemRule>,
    /// What to tell the operator when asking about this answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

/// The rule behind a refusal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProblemRule {
    /// Identifier in the profile.
    #[serde(default)]
    pub id: String,
    /// Article.
    #[serde(default)]
    pub article: String,
    /// Text.
    #[serde(default)]
    pub text: BothLanguages,
}

/// A text in both languages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BothLanguages {
    /// Chinese.
    #[serde(default)]
    pub zh: String,
    /// English.
    #[serde(default)]
    pub en: String,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.title)?;
        if !self.detail.is_empty() {
            write!(f, " {}", self.detail)?;
        }
        if let Some(pointer) = self.pointer.as_ref().filter(|pointer| !pointer.is_empty()) {
            write!(f, " (at {pointer})")?;
        }
        if let Some(rule) = &self.rule {
            write!(
                f,
                "\n  rule {}, {}: {}",
                rule.id, rule.article, rule.text.en
            )?;
        }
        Ok(())
    }
}

/// Why a request gave no usable answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// The server refuses.
    #[error("{0}")]
    Refused(Box<Problem>),
    /// The server cannot be reached.
    #[error("the server {server} cannot be reached: {reason}")]
    Unreachable {
        /// Its address.
        server: String,
        /// Why.
        reason: String,
    },
    /// The server answered something that this program does not understand.
    #[error("{url} answered something unexpected: {reason}")]
    Unexpected {
        /// What was asked.
        url: String,
        /// What is unexpected.
        reason: String,
    },
    /// The address is not one.
    #[error("{0:?} is not the address of a server; write for example http://127.0.0.1:8620")]
    Address(String),
    /// The statement is of no known kind, so there is no chain to post it to.
    #[error("a statement of kind {0:?} cannot be posted by this program")]
    Kind(String),
}

impl ClientError {
    /// Stable code; the server's own where it refuses.
    pub fn code(&self) -> &str {
        match self {
            ClientError::Refused(problem) => &problem.code,
            ClientError::Unreachable { .. } => "server-unreachable",
            ClientError::Unexpected { .. } => "server-answer",
            ClientError::Address(_) => "server-address",
            ClientError::Kind(_) => "kind-unknown",
        }
    }

    /// The server's refusal, if it is one.
    pub fn problem(&self) -> Option<&Problem> {
        match self {
            ClientError::Refused(problem) => Some(problem),
            _ => None,
        }
    }

    /// Whether the server refuses with this code.
    pub fn is(&self, code: &str) -> bool {
        self.problem().is_some_and(|problem| problem.code == code)
    }
}
