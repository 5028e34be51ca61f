//! Errors as `application/problem+json` (RFC 9457), with a stable code and texts in both languages.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, ResponseError};
use procedure::law::Rule;
use procedure::refusal::Class;
use record::json::JsonError;
use record::statement::StatementError;
use serde::Serialize;
use store::StoreError;
use utoipa::ToSchema;

pub use super::code::ErrorCode;
use crate::blob::BlobError;
use crate::export::ExportError;
use crate::intake::NoRoom;
use crate::log::LogError;
use crate::node::NodeError;
use crate::sequencer::Rejection;
use crate::trouble::{Trouble, Troubled};

/// Seconds after which a request that met a busy server should come again.
const RETRY_AFTER_S: u32 = 1;

/// The same when people have to do something first.
const RETRY_AFTER_PEOPLE_S: u32 = 30;

/// An answer that says what was wrong, where, and under which rule. Never holds internals: those go to the log.
#[derive(Clone, Debug)]
pub struct Problem {
    status: StatusCode,
    code: &'static str,
    title: &'static str,
    title_zh: &'static str,
    detail: Box<str>,
    pointer: Option<Box<str>>,
    rule: Option<Box<Rule>>,
    allow: Option<Box<str>>,
}

impl Problem {
    /// A problem of the server's own table; `detail` says what exactly, in English.
    pub fn new(code: ErrorCode, detail: impl Into<String>) -> Problem {
        Problem {
            status: code.status(),
            code: code.as_str(),
            title: code.en(),
            title_zh: code.zh(),
            detail: detail.into().into_boxed_str(),
            pointer: None,
            rule: None,
            allow: None,
        }
    }

    /// A failure of the server itself: the cause is logged, the client only learns that there is one.
    pub fn internal(cause: impl std::fmt::Display) -> Problem {
        tracing::error!(error = %cause, "internal error");
        Problem::new(ErrorCode::Internal, "")
    }

    /// What to say about trouble with the storage, if that is behind an error. What it was is for the operator.
    pub fn of_storage(error: &(impl Troubled + std::fmt::Display)) -> Option<Problem> {
        let trouble = error.trouble()?;
        let code = match trouble {
            Trouble::Busy => ErrorCode::Busy,
            Trouble::Unavailable => ErrorCode::StorageUnavailable,
            Trouble::Full => ErrorCode::StorageFull,
            Trouble::ReadOnly => ErrorCode::StorageReadOnly,
        };
        tracing::warn!(%error, code = code.as_str(), "trouble with the storage");
        Some(Problem::new(code, ""))
    }

    /// Says where in the body.
    #[must_use]
    pub fn at(mut self, pointer: impl Into<String>) -> Problem {
        self.pointer = Some(pointer.into().into_boxed_str());
        self
    }

    /// Names the methods that the address takes (status 405).
    #[must_use]
    pub fn allowing(mut self, methods: String) -> Problem {
        self.allow = Some(methods.into_boxed_str());
        self
    }

    /// The stable code.
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// Room on a disk is made by people, the rest passes sooner.
    fn retry_after_s(&self) -> u32 {
        let code = ErrorCode::of(self.code);
        match code {
            Some(ErrorCode::StorageFull | ErrorCode::StorageReadOnly) => RETRY_AFTER_PEOPLE_S,
            _ => RETRY_AFTER_S,
        }
    }

    /// The answer, with the id under which the request stands in the log.
    pub fn answer(&self, request_id: &str) -> HttpResponse {
        let mut answer = HttpResponse::build(self.status);
        let comes_again = [
            StatusCode::SERVICE_UNAVAILABLE,
            StatusCode::TOO_MANY_REQUESTS,
        ];
        if comes_again.contains(&self.status) {
            answer.insert_header((header::RETRY_AFTER, self.retry_after_s()));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            answer.insert_header((header::WWW_AUTHENTICATE, "Bearer"));
        }
        if let Some(methods) = &self.allow {
            answer.insert_header((header::ALLOW, &**methods));
        }
        answer.insert_header((header::CACHE_CONTROL, "no-store"));
        answer
            .content_type("application/problem+json")
            .body(serde_json::to_vec(&self.body(request_id)).unwrap_or_default())
    }

    fn body<'a>(&'a self, request_id: &'a str) -> ProblemBody<'a> {
        ProblemBody {
            type_uri: format!("urn:kaibiao:problem:{}", self.code),
            title: self.title,
            title_zh: self.title_zh,
            status: self.status.as_u16(),
            code: self.code,
            detail: &self.detail,
            pointer: self.pointer.as_deref(),
            rule: self.rule.as_deref().map(RuleBody::from),
            request_id,
        }
    }
}

/// The JSON form of a problem.
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemBody<'a> {
    /// `urn:kaibiao:problem:<code>`.
    #[serde(rename = "type")]
    type_uri: String,
    /// What kind of problem, in English.
    title: &'a str,
    /// The same in Chinese.
    title_zh: &'a str,
    /// The HTTP status.
    status: u16,
    /// Stable code; programs may rely on it.
    code: &'a str,
    /// What exactly did not fit, in English; may be empty.
    detail: &'a str,
    /// Where in the body, as a JSON pointer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pointer: Option<&'a str>,
    /// The rule of the profile behind a refusal.
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<RuleBody<'a>>,
    /// Under this id the request stands in the server's log.
    request_id: &'a str,
}

/// A rule of a profile: id, article and text.
#[derive(Serialize, ToSchema)]
#[schema(as = Rule)]
pub struct RuleBody<'a> {
    /// Id in the collection of rules, for instance `R03`.
    id: &'a str,
    /// The article of law.
    article: &'a str,
    /// What it says.
    text: TextBody<'a>,
}

/// A text in both languages.
#[derive(Serialize, ToSchema)]
#[schema(as = Text)]
pub struct TextBody<'a> {
    /// Chinese.
    pub zh: &'a str,
    /// English.
    pub en: &'a str,
}

impl<'a> From<&'a Rule> for RuleBody<'a> {
    fn from(rule: &'a Rule) -> RuleBody<'a> {
        RuleBody {
            id: &rule.id,
            article: &rule.article,
            text: TextBody {
                zh: &rule.text.zh,
                en: &rule.text.en,
            },
        }
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {} {}", self.code, self.title, self.detail)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    /// Without a request id; the outermost middleware writes the answer again with it.
    fn error_response(&self) -> HttpResponse {
        self.answer("")
    }
}

impl From<procedure::Refusal> for Problem {
    fn from(refusal: procedure::Refusal) -> Problem {
        let status = match refusal.code.class() {
            Class::Malformed => StatusCode::UNPROCESSABLE_ENTITY,
            Class::Conflict => StatusCode::CONFLICT,
            Class::Forbidden => StatusCode::FORBIDDEN,
        };
        Problem {
            status,
            code: refusal.code.as_str(),
            title: refusal.code.en(),
            title_zh: refusal.code.zh(),
            detail: refusal.detail.into_boxed_str(),
            pointer: refusal.pointer.map(String::into_boxed_str),
            rule: refusal.rule,
            allow: None,
        }
    }
}

impl From<JsonError> for Problem {
    fn from(error: JsonError) -> Problem {
        let code = ErrorCode::of(error.code()).unwrap_or(ErrorCode::JsonSyntax);
        Problem::new(code, error.to_string()).at(error.pointer)
    }
}

impl From<StatementError> for Problem {
    fn from(error: StatementError) -> Problem {
        match error {
            StatementError::Envelope(error) | StatementError::Body(error) => Problem::from(error),
            other => {
                let code = ErrorCode::of(other.code()).unwrap_or(ErrorCode::StatementRefused);
                Problem::new(code, other.to_string())
            }
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Problem {
        Problem::of_storage(&error).unwrap_or_else(|| Problem::internal(error))
    }
}

impl From<NodeError> for Problem {
    fn from(error: NodeError) -> Problem {
        match error {
            NodeError::Log(error @ LogError::NoCheckpoint(_)) => {
                Problem::new(ErrorCode::LogRange, error.to_string())
            }
            other => Problem::of_storage(&other).unwrap_or_else(|| Problem::internal(other)),
        }
    }
}

impl From<Rejection> for Problem {
    fn from(rejection: Rejection) -> Problem {
        let detail = rejection.to_string();
        match rejection {
            Rejection::Refused(refusal) => Problem::from(refusal),
            Rejection::WrongChain { .. } => Problem::new(ErrorCode::WrongChain, detail),
            Rejection::BlobMissing { pointer, .. } => {
                Problem::new(ErrorCode::BlobMissing, detail).at(pointer)
            }
            Rejection::LogHalted(_) => {
                tracing::error!(detail, "nothing is admitted");
                Problem::new(ErrorCode::LogHalted, "")
            }
            Rejection::Busy => Problem::new(ErrorCode::Busy, detail),
            Rejection::SenderBusy => Problem::new(ErrorCode::TooManyInFlight, detail),
            Rejection::ShuttingDown => Problem::new(ErrorCode::ShuttingDown, detail),
            Rejection::Internal(error) => {
                Problem::of_storage(&error).unwrap_or_else(|| Problem::internal(error))
            }
        }
    }
}

impl From<NoRoom> for Problem {
    fn from(error: NoRoom) -> Problem {
        let code = match error {
            NoRoom::Busy => ErrorCode::Busy,
            NoRoom::Account => ErrorCode::TooManyInFlight,
        };
        Problem::new(code, error.to_string())
    }
}

impl From<BlobError> for Problem {
    fn from(error: BlobError) -> Problem {
        match error {
            BlobError::Store(StoreError::Disagrees { detail, .. }) => {
                Problem::new(ErrorCode::BlobConflict, detail)
            }
            BlobError::Store(error) => Problem::from(error),
            // What the storage said is for the operator; whoever sends or reads can only come again.
            BlobError::Objects(_) | BlobError::Open(_) => Problem::of_storage(&error)
                .unwrap_or_else(|| {
                    tracing::error!(%error, "the blob storage failed");
                    Problem::new(ErrorCode::ObjectStorage, "")
                }),
            other => match ErrorCode::of(other.code()) {
                Some(code) => Problem::new(code, other.to_string()),
                None => Problem::internal(other),
            },
        }
    }
}

impl From<ExportError> for Problem {
    fn from(error: ExportError) -> Problem {
        match error {
            ExportError::NoTender(id) => Problem::new(ErrorCode::TenderNotFound, id.to_string()),
            ExportError::StillSealed(_) => Problem::new(ErrorCode::StillSealed, error.to_string()),
            ExportError::NotYetSigned => Problem::new(ErrorCode::NotYetSigned, error.to_string()),
            other => Problem::of_storage(&other).unwrap_or_else(|| Problem::internal(other)),
        }
    }
}

impl From<LogError> for Problem {
    fn from(error: LogError) -> Problem {
        Problem::from(NodeError::from(error))
    }
}
