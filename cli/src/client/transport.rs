//! One request and its answer. Everything that is sent here may safely be sent twice (statements and segments
//! are idempotent), so a broken connection is tried again.

use std::io::Read;
use std::thread::sleep;
use std::time::Duration;

use ureq::Agent;

use super::problem::{ClientError, Problem};

/// The longest answer that is held in memory: a bundle.
const ANSWER_BYTES_MAX: u64 = 2 << 30;
/// How often a request is sent before the server counts as unreachable.
const ATTEMPTS: u32 = 4;

/// A request without its address.
pub(super) struct Request<'a> {
    pub method: Method,
    pub content_type: &'a str,
    pub body: &'a [u8],
    pub token: Option<&'a str>,
}

/// What is done.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    Get,
    Post,
    Put,
}

/// The agent of every client: blocking, no redirects (they could leave the server that was named).
pub(super) fn agent() -> Agent {
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .timeout_connect(Some(Duration::from_secs(10)))
        .timeout_recv_response(Some(Duration::from_secs(120)))
        .user_agent(concat!("kaibiao/", env!("CARGO_PKG_VERSION")));
    config.build().into()
}

/// Sends a request, again if the connection breaks.
pub(super) fn send(
    agent: &Agent,
    server: &str,
    path: &str,
    request: &Request<'_>,
) -> Result<Vec<u8>, ClientError> {
    let url = format!("{server}{path}");
    let mut wait = Duration::from_millis(150);
    for attempt in 1..=ATTEMPTS {
        match exchange(agent, &url, request) {
            Ok(mut response) => {
                let status = response.status().as_u16();
                let mut body = Vec::new();
                let read = response
                    .body_mut()
                    .with_config()
                    .limit(ANSWER_BYTES_MAX)
                    .reader()
                    .read_to_end(&mut body);
                match read {
                    Ok(_) if (200..300).contains(&status) => return Ok(body),
                    Ok(_) if attempt < ATTEMPTS && status == 503 => {}
                    Ok(_) => return Err(refusal(&url, status, &body)),
                    Err(error) if attempt == ATTEMPTS => {
                        return Err(ClientError::Unreachable {
                            server: server.to_owned(),
                            reason: error.to_string(),
                        });
                    }
                    Err(_) => {}
                }
            }
            Err(error) if attempt == ATTEMPTS => {
                return Err(ClientError::Unreachable {
                    server: server.to_owned(),
                    reason: error.to_string(),
                });
            }
            Err(_) => {}
        }
        sleep(wait);
        wait = wait.saturating_mul(3);
    }
    Err(ClientError::Unreachable {
        server: server.to_owned(),
        reason: "no answer".to_owned(),
    })
}

fn exchange(
    agent: &Agent,
    url: &str,
    request: &Request<'_>,
) -> Result<ureq::http::Response<ureq::Body>, ureq::Error> {
    let bearer = request.token.map(|token| format!("Bearer {token}"));
    if request.method == Method::Get {
        let mut get = agent.get(url);
        if let Some(bearer) = &bearer {
            get = get.header("authorization", bearer);
        }
        return get.call();
    }
    let mut with_body = if request.method == Method::Put {
        agent.put(url)
    } else {
        agent.post(url)
    };
    if let Some(bearer) = &bearer {
        with_body = with_body.header("authorization", bearer);
    }
    with_body
        .header("content-type", request.content_type)
        .send(request.body)
}

fn refusal(url: &str, status: u16, body: &[u8]) -> ClientError {
    match serde_json::from_slice::<Problem>(body) {
        Ok(problem) if !problem.code.is_empty() => {
            ClientError::Refused(Box::new(Problem { status, ..problem }))
        }
        _ => ClientError::Unexpected {
            url: url.to_owned(),
            reason: format!("status {status}"),
        },
    }
}
