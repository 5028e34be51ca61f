//! Reading what a client sends: bodies up to a limit that stands in the handler's signature, strict JSON, and
//! path and query values, each failing as a [`Problem`].

use std::future::{Ready, ready};
use std::pin::Pin;

use actix_web::error::PayloadError;
use actix_web::web::Bytes;
use actix_web::{FromRequest, HttpMessage, HttpRequest, dev, web};
use futures_util::StreamExt;
use serde::de::DeserializeOwned;

use super::JSON_BYTES_MAX;
use super::problem::{ErrorCode, Problem};

type Reading<T> = Pin<Box<dyn Future<Output = Result<T, Problem>>>>;

/// A request body of at most `MAX` bytes.
pub struct Body<const MAX: usize>(pub Bytes);

/// A request body of strict JSON (see [`record::json`]).
pub struct Json<T>(pub T);

impl<const MAX: usize> FromRequest for Body<MAX> {
    type Error = Problem;
    type Future = Reading<Self>;

    fn from_request(request: &HttpRequest, payload: &mut dev::Payload) -> Self::Future {
        let announced = request.headers().get("content-length").cloned();
        let encoded = request.headers().contains_key("content-encoding");
        let payload = payload.take();
        Box::pin(async move {
            if encoded {
                let detail = "send the body without Content-Encoding";
                return Err(Problem::new(ErrorCode::RequestInvalid, detail));
            }
            let announced = announced.and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
            if announced.is_some_and(|length| length > MAX as u64) {
                return Err(too_large(MAX));
            }
            read(payload, MAX).await.map(Body)
        })
    }
}

impl<T: DeserializeOwned + 'static> FromRequest for Json<T> {
    type Error = Problem;
    type Future = Reading<Self>;

    fn from_request(request: &HttpRequest, payload: &mut dev::Payload) -> Self::Future {
        let body = Body::<JSON_BYTES_MAX>::from_request(request, payload);
        Box::pin(async move { Ok(Json(record::json::parse(&body.await?.0)?)) })
    }
}

async fn read(mut payload: dev::Payload, max: usize) -> Result<Bytes, Problem> {
    let mut read = web::BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(incomplete)?;
        if read.len() + chunk.len() > max {
            return Err(too_large(max));
        }
        read.extend_from_slice(&chunk);
    }
    Ok(read.freeze())
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
