//! Answers with an `ETag`, so that a reader who polls gets `304` while nothing has changed.
//!
//! The tag is a hash of the body: it changes exactly when what the reader may see changes. A log position would
//! also move with sealed acts, and tell before closing how many there are.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};
use record::Digest;
use serde::Serialize;

use super::problem::Problem;

/// What a body may be cached as. All are asked for again each time, except what never changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caching {
    /// Kept, but asked for again each time.
    Revalidate,
    /// Content that is named by its version: never changes.
    Forever,
}

/// `body` as JSON.
pub fn json(request: &HttpRequest, body: &impl Serialize) -> Result<HttpResponse, Problem> {
    let bytes = serde_json::to_vec(body).map_err(Problem::internal)?;
    Ok(answer(
        request,
        "application/json",
        Caching::Revalidate,
        bytes,
    ))
}

/// `body` of any type; `304` without it if the client has it.
pub fn answer(
    request: &HttpRequest,
    content_type: &str,
    caching: Caching,
    body: impl Into<actix_web::web::Bytes>,
) -> HttpResponse {
    let body = body.into();
    let mut hash = Digest::sha256(&body).to_string();
    hash.truncate(32);
    let tag = format!("\"{hash}\"");
    let control = match caching {
        Caching::Revalidate => "no-cache",
        Caching::Forever => "public, max-age=31536000, immutable",
    };
    let known = is_known(request, &tag);
    let mut answer = if known {
        HttpResponse::NotModified()
    } else {
        HttpResponse::Ok()
    };
    answer.insert_header((header::ETAG, tag));
    answer.insert_header((header::CACHE_CONTROL, control));
    if known {
        return answer.finish();
    }
    answer.content_type(content_type).body(body)
}

/// Whether `If-None-Match` names this tag. Weak tags compare equal (RFC 9110, 13.1.2).
fn is_known(request: &HttpRequest, tag: &str) -> bool {
    let values = request.headers().get_all(header::IF_NONE_MATCH);
    values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|one| one.trim().trim_start_matches("W/"))
        .any(|one| one == tag || one == "*")
}
