//! Reading what a client sends: bodies up to a limit that stands in the handler's signature, strict JSON, and
//! path and query values, each failing as a [`Problem`].

use std::future::{Ready, ready};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use actix_web::error::PayloadError;
use actix_web::web::Bytes;
use actix_web::{FromRequest, HttpMessage, HttpRequest, dev, web};
use futures_util::StreamExt;
use serde::de::DeserializeOwned;

use super::problem::{ErrorCode, Problem};
use super::{JSON_BYTES_MAX, STATEMENT_JSON_BYTES_MAX};
use crate::intake::{self, BODY_WAIT, SEGMENT_WAIT};
use crate::node::Node;

type Reading<T> = Pin<Box<dyn Future<Output = Result<T, Problem>>>>;

/// A request body of at most `MAX` bytes.
pub struct Body<const MAX: usize> {
    pub bytes: Bytes,
    /// Its part of what all bodies together may hold.
    _held: intake::Body,
}

/// A signed statement. While the writer's queue is full its body is not kept, let alone read.
pub struct StatementBody(pub Body<STATEMENT_JSON_BYTES_MAX>);

/// A request body of strict JSON (see [`record::json`]).
pub struct Json<T>(pub T);

impl<const MAX: usize> FromRequest for Body<MAX> {
    type Error = Problem;
    type Future = Reading<Self>;

    fn from_request(request: &HttpRequest, payload: &mut dev::Payload) -> Self::Future {
        let accepted = accept(request, MAX);
        let intake = node_of(request).map(|node| Arc::clone(&node.intake));
        let payload = payload.take();
        Box::pin(async move {
            accepted?;
            match intake?.body() {
                Ok(mut held) => {
                    let bytes = read(payload, MAX, BODY_WAIT, Some(&mut held)).await?;
                    Ok(Body { bytes, _held: held })
                }
                Err(full) => refuse(payload, MAX, full.into()).await,
            }
        })
    }
}

impl FromRequest for StatementBody {
    type Error = Problem;
    type Future = Reading<Self>;

    fn from_request(request: &HttpRequest, payload: &mut dev::Payload) -> Self::Future {
        if node_of(request).is_ok_and(|node| node.is_full()) {
            let payload = payload.take();
            let busy = Problem::new(ErrorCode::Busy, "too many statements wait; try again");
            return Box::pin(refuse(payload, STATEMENT_JSON_BYTES_MAX, busy));
        }
        let body = Body::from_request(request, payload);
        Box::pin(async move { Ok(StatementBody(body.await?)) })
    }
}

/// A segment of at most `max` bytes whose room was found before: see [`intake::Intake::segment`].
pub async fn read_segment(
    request: &HttpRequest,
    payload: dev::Payload,
    max: usize,
) -> Result<Bytes, Problem> {
    accept(request, max)?;
    read(payload, max, SEGMENT_WAIT, None).await
}

/// How many bytes the sender announces; `max` if it does not say.
pub fn announced(request: &HttpRequest, max: usize) -> usize {
    let length = request.headers().get("content-length");
    let length = length.and_then(|length| length.to_str().ok()?.parse().ok());
    length.unwrap_or(max).min(max)
}

/// Lets a body pass by unread, then refuses. A client that is still sending would otherwise find a broken connection
/// instead of the answer.
pub async fn refuse<T>(
    mut payload: dev::Payload,
    max: usize,
    problem: Problem,
) -> Result<T, Problem> {
    let pass = async {
        let mut passed = 0;
        while let Some(Ok(chunk)) = payload.next().await {
            passed += chunk.len();
            if passed > max {
                break;
            }
        }
    };
    // Too slow: then the connection breaks after all.
    let _ = actix_web::rt::time::timeout(BODY_WAIT, pass).await;
    Err(problem)
}

fn node_of(request: &HttpRequest) -> Result<&web::Data<Node>, Problem> {
    let node = request.app_data::<web::Data<Node>>();
    node.ok_or_else(|| Problem::internal("the node is not there"))
}

/// What can be said of a body before it comes.
fn accept(request: &HttpRequest, max: usize) -> Result<(), Problem> {
    if request.headers().contains_key("content-encoding") {
        let detail = "send the body without Content-Encoding";
        return Err(Problem::new(ErrorCode::RequestInvalid, detail));
    }
    let announced = request.headers().get("content-length");
    let announced = announced.and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > max as u64) {
        return Err(too_large(max));
    }
    Ok(())
}

impl<T: DeserializeOwned + 'static> FromRequest for Json<T> {
    type Error = Problem;
    type Future = Reading<Self>;

    fn from_request(request: &HttpRequest, payload: &mut dev::Payload) -> Self::Future {
        let body = Body::<JSON_BYTES_MAX>::from_request(request, payload);
        Box::pin(async move { Ok(Json(record::json::parse(&body.await?.bytes)?)) })
    }
}

async fn read(
    mut payload: dev::Payload,
    max: usize,
    wait: Duration,
    mut held: Option<&mut intake::Body>,
) -> Result<Bytes, Problem> {
    let arrives = async {
        let mut read = web::BytesMut::new();
        while let Some(chunk) = payload.next().await {
            let chunk = chunk.map_err(incomplete)?;
            if read.len() + chunk.len() > max {
                return Err(too_large(max));
            }
            if let Some(held) = &mut held {
                held.grow(chunk.len())?;
            }
            read.extend_from_slice(&chunk);
        }
        Ok(read.freeze())
    };
    match actix_web::rt::time::timeout(wait, arrives).await {
        Ok(read) => read,
        Err(_) => {
            let detail = format!("it did not arrive within {} s", wait.as_secs());
            Err(Problem::new(ErrorCode::BodyIncomplete, detail))
        }
    }
}

fn too_large(max: usize) -> Problem {
    let detail = format!("at most {max} bytes are taken here");
    Problem::new(ErrorCode::BodyTooLarge, detail)
}

fn incomplete(error: PayloadError) -> Problem {
    Problem::new(ErrorCode::BodyIncomplete, error.to_string())
}

/// The id under which this request stands in the log; the outermost middleware has put it there.
#[derive(Clone, Debug)]
pub struct RequestId(pub String);

impl FromRequest for RequestId {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut dev::Payload) -> Self::Future {
        let id = request.extensions().get::<RequestId>().cloned();
        ready(id.ok_or_else(|| Problem::internal("a request without an id")))
    }
}

/// Path values that do not have their form are refused as `path-invalid`.
pub fn path_config() -> web::PathConfig {
    web::PathConfig::default()
        .error_handler(|error, _| Problem::new(ErrorCode::PathInvalid, error.to_string()).into())
}

/// Query values that are not known or do not have their form are refused as `query-invalid`.
pub fn query_config() -> web::QueryConfig {
    web::QueryConfig::default()
        .error_handler(|error, _| Problem::new(ErrorCode::QueryInvalid, error.to_string()).into())
}
