//! Beginning and ending a session: a challenge, its signature, a token.

use actix_web::cookie::{Cookie, SameSite, time::Duration};
use actix_web::{HttpResponse, delete, post, web};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use record::key::{KeyId, PublicKey};
use record::log::leaf::random_salt;
use record::{Digest, Identifier};
use serde::{Deserialize, Serialize};
use store::StoreError;
use utoipa::ToSchema;

use super::block;
use super::body::Json;
use super::problem::{ErrorCode, Problem, ProblemBody};
use super::session::{COOKIE, Session, is_active};
use crate::clock::real_ms;
use crate::node::Node;
use crate::states::to_i64;

/// How long a challenge may be signed, in milliseconds of real time.
const CHALLENGE_MS: u64 = 2 * 60_000;

/// How long a session lasts, in milliseconds of real time.
const SESSION_MS: u64 = 8 * 3_600_000;

/// Who wants a session.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ChallengeRequest {
    /// A registered key.
    #[schema(value_type = String)]
    key_id: KeyId,
}

/// What to sign.
#[derive(Serialize, ToSchema)]
struct Challenge {
    /// 32 random bytes, hex; good for one attempt.
    #[schema(value_type = String)]
    challenge: Digest,
    /// Until when, UTC milliseconds of real time.
    expires_ms: u64,
}

/// The signed challenge.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SessionRequest {
    /// The key that signed.
    #[schema(value_type = String)]
    key_id: KeyId,
    /// The challenge.
    #[schema(value_type = String)]
    challenge: Digest,
    /// Signature over `kaibiao-session/1\n<origin>\n<challenge>\n`, base64.
    signature: String,
}

/// A session for reading what is restricted, and for uploads.
#[derive(Serialize, ToSchema)]
struct Opened {
    /// Send it as `Authorization: Bearer <token>`; browsers have it in a cookie.
    token: String,
    /// Whose session it is.
    #[schema(value_type = String)]
    account: Identifier,
    /// Until when, UTC milliseconds of real time.
    expires_ms: u64,
}

/// The bytes that are signed for a session.
fn message(origin: &str, challenge: &Digest) -> String {
    format!("kaibiao-session/1\n{origin}\n{challenge}\n")
}

fn random() -> Result<Digest, Problem> {
    random_salt().map_err(|_| Problem::internal("the operating system gives no random bytes"))
}

/// Asks for a challenge.
#[utoipa::path(tag = "sessions", request_body = ChallengeRequest,
    responses((status = 200, body = Challenge), (status = "4XX", body = ProblemBody, content_type = "application/problem+json"))
)]
#[post("/sessions/challenges")]
pub async fn make_challenge(
    node: web::Data<Node>,
    body: Json<ChallengeRequest>,
) -> Result<HttpResponse, Problem> {
    let key = body.0.key_id;
    let made = block(&node, move |node| {
        if !is_active(node, key)? {
            return Err(Problem::new(ErrorCode::SessionKeyUnknown, key.to_string()));
        }
        let challenge = random()?;
        let made = node
            .store()
            .write(|conn| -> Result<Challenge, StoreError> {
                let now_ms = real_ms(conn)?;
                let expires_ms = now_ms + CHALLENGE_MS;
                let row = store::session::Challenge {
                    nonce: challenge.0,
                    key_id: key.to_string(),
                    expires_ms: to_i64(expires_ms),
                };
                store::session::expire(conn, to_i64(now_ms))?;
                store::session::put_challenge(conn, &row)?;
                Ok(Challenge {
                    challenge,
                    expires_ms,
                })
            })?;
        Ok(made)
    });
    Ok(HttpResponse::Ok()
        .insert_header(("cache-control", "no-store"))
        .json(made.await?))
}

/// Begins a session with a signed challenge.
#[utoipa::path(tag = "sessions", request_body = SessionRequest,
    responses((status = 201, body = Opened, description = "Also as cookie kaibiao_session"),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json"))
)]
#[post("/sessions")]
pub async fn begin_session(
    node: web::Data<Node>,
    body: Json<SessionRequest>,
) -> Result<HttpResponse, Problem> {
    let is_secure = !node.config.demo;
    let opened = block(&node, move |node| open(node, &body.0)).await?;
    let cookie = Cookie::build(COOKIE, opened.token.clone())
        .path("/")
        .http_only(true)
        .secure(is_secure)
        .same_site(SameSite::Strict)
        .max_age(Duration::milliseconds(to_i64(SESSION_MS)))
        .finish();
    Ok(HttpResponse::Created()
        .cookie(cookie)
        .insert_header(("cache-control", "no-store"))
        .json(opened))
}

/// The challenge is used up whatever comes of it: it is taken in a transaction of its own.
fn open(node: &Node, request: &SessionRequest) -> Result<Opened, Problem> {
    let nonce = request.challenge.0;
    let (taken, now_ms) = node.store().write(|conn| -> Result<_, StoreError> {
        let now_ms = real_ms(conn)?;
        let taken = store::session::take_challenge(conn, &nonce, to_i64(now_ms))?;
        Ok((taken, now_ms))
    })?;
    let is_ours = taken.is_some_and(|challenge| challenge.key_id == request.key_id.to_string());
    if !is_ours {
        return Err(Problem::new(
            ErrorCode::ChallengeInvalid,
            "ask for a new one",
        ));
    }
    let (account, key) = active_key(node, request.key_id)?;
    let wrong =
        || Problem::new(ErrorCode::SignatureWrong, request.key_id.to_string()).at("/signature");
    let signature = STANDARD.decode(&request.signature).map_err(|_| wrong())?;
    let message = message(&node.config.origin, &request.challenge);
    key.verify(message.as_bytes(), &signature)
        .map_err(|_| wrong())?;
    let token = random()?.to_string();
    let expires_ms = now_ms + SESSION_MS;
    let row = store::session::Session {
        token_hash: Digest::sha256(token.as_bytes()).0,
        account: account.to_string(),
        key_id: request.key_id.to_string(),
        created_ms: to_i64(now_ms),
        expires_ms: to_i64(expires_ms),
    };
    node.store()
        .write(|conn| store::session::create(conn, &row))?;
    Ok(Opened {
        token,
        account,
        expires_ms,
    })
}

fn active_key(node: &Node, id: KeyId) -> Result<(Identifier, PublicKey), Problem> {
    let found = node.with_directory(|directory| {
        let entry = directory
            .key(&id)
            .filter(|entry| entry.revoked_index.is_none())?;
        Some((entry.account.clone(), entry.key.clone()))
    })?;
    found.ok_or_else(|| Problem::new(ErrorCode::SessionKeyUnknown, id.to_string()))
}

/// Ends the session.
#[utoipa::path(tag = "sessions", responses((status = 204, description = "Ended"),
    (status = 401, body = ProblemBody, content_type = "application/problem+json")))]
#[delete("/sessions")]
pub async fn end_session(node: web::Data<Node>, session: Session) -> Result<HttpResponse, Problem> {
    block(&node, move |node| {
        Ok(node
            .store()
            .write(|conn| store::session::end(conn, &session.token_hash.0))?)
    })
    .await?;
    let mut cookie = Cookie::build(COOKIE, "").path("/").finish();
    cookie.make_removal();
    Ok(HttpResponse::NoContent().cookie(cookie).finish())
}
