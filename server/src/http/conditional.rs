//! Answers with an `ETag`, so that a reader who polls gets `304` while nothing has changed.
//!
//! The tag is a hash of the body: it changes exactly when what the reader may see changes. A log position would
//! also move with sealed acts, and tell before closing how many there are.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;

use super::block;
use super::problem::Problem;
use crate::answers::Answer;
use crate::node::Node;

/// What a body may be cached as. All are asked for again each time, except what never changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caching {
    /// Kept, but asked for again each time.
    Revalidate,
    /// Content that is named by its version: never changes.
    Forever,
}

/// What `make` says as JSON, from memory while the public part of the log stays as it is.
///
/// Only for what is the same for everybody and follows from the public record alone: no session and no clock may have a
/// part in it, and the address (path and query) must say all that `make` depends on.
pub async fn public<T: Serialize>(
    request: &HttpRequest,
    node: &web::Data<Node>,
    make: impl FnOnce(&Node) -> Result<T, Problem> + Send + 'static,
) -> Result<HttpResponse, Problem> {
    let make = async || {
        let make = move |node: &Node| {
            let bytes = serde_json::to_vec(&make(node)?).map_err(Problem::internal)?;
            Ok(Answer::new(bytes))
        };
        block(node, make).await
    };
    let address = request.uri().path_and_query();
    let address = address.map_or("", |address| address.as_str());
    // Asked before the database is read, so that what is kept is never older than it is said to be.
    let answer = match node.public_position().await {
        Some(position) => node.answers.get(address, position, make).await,
        None => make().await,
    };
    Ok(write(
        request,
        "application/json",
        Caching::Revalidate,
        answer?,
    ))
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
    write(request, content_type, caching, Answer::new(body))
}

fn write(
    request: &HttpRequest,
    content_type: &str,
    caching: Caching,
    found: Answer,
) -> HttpResponse {
    let control = match caching {
        Caching::Revalidate => "no-cache",
        Caching::Forever => "public, max-age=31536000, immutable",
    };
    let known = is_known(request, &found.tag);
    let mut answer = if known {
        HttpResponse::NotModified()
    } else {
        HttpResponse::Ok()
    };
    answer.insert_header((header::ETAG, &*found.tag));
    answer.insert_header((header::CACHE_CONTROL, control));
    if known {
        return answer.finish();
    }
    answer.content_type(content_type).body(found.body)
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
