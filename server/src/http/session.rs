//! Who reads: a session from a signed challenge, by cookie or bearer token. Acts never need one, they are signed.

use std::pin::Pin;

use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest, dev, web};
use record::key::KeyId;
use record::{Digest, Identifier};

use super::block;
use super::problem::{ErrorCode, Problem};
use crate::clock::real_ms;
use crate::node::Node;
use crate::states::to_i64;

/// Name of the cookie.
pub const COOKIE: &str = "kaibiao_session";

/// The account that reads.
#[derive(Clone, Debug)]
pub struct Session {
    /// Whose session it is.
    pub account: Identifier,
    /// SHA-256 of its token: the token itself is stored nowhere.
    pub token_hash: Digest,
}

impl FromRequest for Session {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Session, Problem>>>>;

    fn from_request(request: &HttpRequest, _: &mut dev::Payload) -> Self::Future {
        let node = request.app_data::<web::Data<Node>>().cloned();
        let token = token(request);
        Box::pin(async move {
            let node = node.ok_or_else(|| Problem::internal("the node is not there"))?;
            let token = token.ok_or_else(required)?;
            block(&node, move |node| {
                find(node, Digest::sha256(token.as_bytes()))
            })
            .await
        })
    }
}

fn required() -> Problem {
    Problem::new(
        ErrorCode::SessionRequired,
        "the session is missing, unknown or expired",
    )
}

/// The token of a request. A header that is there is not overruled by a cookie.
fn token(request: &HttpRequest) -> Option<String> {
    let text = match request.headers().get(header::AUTHORIZATION) {
        Some(value) => value
            .to_str()
            .ok()?
            .strip_prefix("Bearer ")?
            .trim()
            .to_owned(),
        None => request.cookie(COOKIE)?.value().to_owned(),
    };
    (text.len() <= 128).then_some(text)
}

/// The session of a token, while it lasts and its key is not revoked.
fn find(node: &Node, token_hash: Digest) -> Result<Session, Problem> {
    let row = node.store().read(|conn| {
        let now_ms = to_i64(real_ms(conn)?);
        store::session::get(conn, &token_hash.0, now_ms)
    })?;
    let row = row.ok_or_else(required)?;
    let key: KeyId = row.key_id.parse().map_err(|_| required())?;
    if !is_active(node, key)? {
        return Err(required());
    }
    let account = Identifier::new(row.account).map_err(Problem::internal)?;
    Ok(Session {
        account,
        token_hash,
    })
}

/// Whether a key is registered and not revoked. From the projection: the log in memory is locked while a batch is
/// admitted, and every segment of an upload asks.
pub fn is_active(node: &Node, key: KeyId) -> Result<bool, Problem> {
    let row = node
        .store()
        .read(|conn| store::account::key(conn, &key.to_string()))?;
    Ok(row.is_some_and(|row| row.revoked_index.is_none()))
}
