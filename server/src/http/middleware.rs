//! What happens around every request: an id, one log line, security headers, and problems instead of panics.

use std::panic::AssertUnwindSafe;
use std::time::Instant;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpResponse, web};
use futures_util::FutureExt;
use uuid::Uuid;

use super::body::RequestId;
use super::problem::{ErrorCode, Problem};
use crate::node::Node;

/// The header that carries the request's id back.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Nothing is loaded from elsewhere, nothing is framed, no inline script or style runs.
const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'";

/// The outermost layer: request id, log line, headers; a [`Problem`] is written with the request's id.
pub async fn trace(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let started = Instant::now();
    let id = Uuid::now_v7().to_string();
    let method = request.method().to_string();
    request.extensions_mut().insert(RequestId(id.clone()));
    match next.call(request).await {
        Ok(answer) => {
            let pattern = answer
                .request()
                .match_pattern()
                .unwrap_or_else(|| "-".to_owned());
            let mut answer = match problem_of(&answer) {
                Some(problem) => answer.into_response(problem.answer(&id)),
                None => answer.map_into_boxed_body(),
            };
            decorate(answer.headers_mut(), &id);
            let status = answer.status().as_u16();
            if let Some(node) = answer.request().app_data::<web::Data<Node>>() {
                node.metrics()
                    .answered(&method, &pattern, status, started.elapsed());
            }
            log(&id, &method, &pattern, status, started);
            Ok(answer)
        }
        // Only what failed outside of every handler comes here: a panic, or a request that actix itself refuses.
        Err(error) => {
            let mut answer = answer_to(&error, &id);
            decorate(answer.headers_mut(), &id);
            log(&id, &method, "-", answer.status().as_u16(), started);
            Err(InternalError::from_response(error, answer).into())
        }
    }
}

/// The inner layer: a panic in a handler becomes a problem without details.
pub async fn catch_panic(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    match AssertUnwindSafe(next.call(request)).catch_unwind().await {
        Ok(answer) => answer,
        Err(_) => Err(Problem::internal("a handler panicked").into()),
    }
}

/// The problem behind an answer. Errors of actix itself (a path that does not decode, a body that breaks off)
/// are turned into one as well.
fn problem_of<B>(answer: &ServiceResponse<B>) -> Option<Problem> {
    let error = answer.response().error()?;
    Some(as_problem(error))
}

fn answer_to(error: &Error, id: &str) -> HttpResponse {
    as_problem(error).answer(id)
}

fn as_problem(error: &Error) -> Problem {
    if let Some(problem) = error.as_error::<Problem>() {
        return problem.clone();
    }
    let status = error.as_response_error().status_code();
    if status.is_client_error() {
        return Problem::new(ErrorCode::RequestInvalid, error.to_string());
    }
    Problem::internal(error)
}

fn decorate(headers: &mut HeaderMap, id: &str) {
    if let Ok(value) = HeaderValue::from_str(id) {
        headers.insert(REQUEST_ID, value);
    }
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(CONTENT_SECURITY_POLICY),
    );
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers.insert(
        header::REFERRER_POLICY,
        HeaderValue::from_static("no-referrer"),
    );
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    }
}

/// One line per request; never bodies, never the address itself (it may hold names of accounts).
fn log(id: &str, method: &str, route: &str, status: u16, started: Instant) {
    let ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    tracing::info!(request_id = id, method, route, status, ms, "request");
}

#[cfg(test)]
mod tests {
    use actix_web::{App, HttpResponse, middleware::from_fn, test, web};

    async fn panics() -> HttpResponse {
        panic!("a secret detail")
    }

    #[actix_web::test]
    async fn a_panic_becomes_a_problem_without_details() {
        let app = App::new()
            .route("/", web::get().to(panics))
            .wrap(from_fn(super::catch_panic))
            .wrap(from_fn(super::trace));
        let service = test::init_service(app).await;
        let request = test::TestRequest::get().uri("/").to_request();
        let error = test::try_call_service(&service, request)
            .await
            .expect_err("an error answer");
        let answer = error.error_response();
        assert_eq!(answer.status(), 500);
        assert!(answer.headers().contains_key("x-request-id"));
        assert!(answer.headers().contains_key("content-security-policy"));
        let body = actix_web::body::to_bytes(answer.into_body())
            .await
            .expect("a body");
        let body = String::from_utf8(body.to_vec()).expect("UTF-8");
        assert!(
            body.contains("\"code\":\"internal\"") && !body.contains("secret"),
            "{body}"
        );
    }
}
