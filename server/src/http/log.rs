//! The log for those who watch it: checkpoints and proofs. Leaves reveal nothing, so neither do proofs.

use actix_web::{HttpRequest, HttpResponse, get, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::block;
use super::conditional::{self, Caching};
use super::problem::{ErrorCode, Problem, ProblemBody};
use crate::node::Node;

const TEXT: &str = "text/plain; charset=utf-8";

/// Which leaf under which checkpoint.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct ProofQuery {
    /// Index of the leaf.
    index: u64,
    /// Size of the checkpoint (or the first one at or after it).
    size: u64,
}

/// Which checkpoint.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct CheckpointQuery {
    /// `true`: the latest that a quorum of the log's witnesses has cosigned.
    witnessed: Option<bool>,
}

/// Between which sizes.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct ConsistencyQuery {
    /// The earlier size.
    from: u64,
    /// The later size.
    to: u64,
}

/// Proof that the later log continues the earlier one (RFC 6962).
#[derive(Serialize, ToSchema)]
struct Consistency {
    /// The earlier size.
    from: u64,
    /// The later size.
    to: u64,
    /// Hashes, hex.
    #[schema(value_type = Vec<String>)]
    path: Vec<record::Digest>,
}

/// The latest signed checkpoint (C2SP note), with the cosignatures of witnesses that exist.
#[utoipa::path(tag = "log", params(CheckpointQuery), responses((status = 200, body = String, content_type = "text/plain"),
    (status = "4XX", body = ProblemBody, content_type = "application/problem+json")))]
#[get("/log/checkpoint")]
pub async fn read_checkpoint(
    request: HttpRequest,
    node: web::Data<Node>,
    query: web::Query<CheckpointQuery>,
) -> Result<HttpResponse, Problem> {
    let latest = block(&node, move |node| match query.witnessed {
        Some(true) => Ok(node.latest_witnessed()?),
        _ => Ok(node.latest_checkpoint()?),
    });
    let latest = latest.await?;
    let latest = latest.ok_or_else(|| Problem::new(ErrorCode::CheckpointNotFound, ""))?;
    Ok(conditional::answer(
        &request,
        TEXT,
        Caching::Revalidate,
        latest.to_string(),
    ))
}

/// Proof that a leaf is in the log (C2SP tlog-proof).
#[utoipa::path(tag = "log", params(ProofQuery), responses((status = 200, body = String, content_type = "text/plain"),
    (status = 400, body = ProblemBody, content_type = "application/problem+json")))]
#[get("/log/proof")]
pub async fn read_proof(
    request: HttpRequest,
    node: web::Data<Node>,
    query: web::Query<ProofQuery>,
) -> Result<HttpResponse, Problem> {
    let ProofQuery { index, size } = query.into_inner();
    let proof = block(&node, move |node| {
        let published = published(node)?;
        if index >= size || size > published {
            let detail = format!("index {index} < size {size} <= {published} does not hold");
            return Err(Problem::new(ErrorCode::LogRange, detail));
        }
        Ok(node.inclusion(index, size)?)
    });
    Ok(conditional::answer(
        &request,
        TEXT,
        Caching::Revalidate,
        proof.await?.to_string(),
    ))
}

/// Proof that the log only grew between two sizes.
#[utoipa::path(tag = "log", params(ConsistencyQuery), responses((status = 200, body = Consistency),
    (status = 400, body = ProblemBody, content_type = "application/problem+json")))]
#[get("/log/consistency")]
pub async fn read_consistency(
    request: HttpRequest,
    node: web::Data<Node>,
    query: web::Query<ConsistencyQuery>,
) -> Result<HttpResponse, Problem> {
    let ConsistencyQuery { from, to } = query.into_inner();
    let proof = block(&node, move |node| {
        let published = published(node)?;
        if from == 0 || from > to || to > published {
            let detail = format!("0 < from {from} <= to {to} <= {published} does not hold");
            return Err(Problem::new(ErrorCode::LogRange, detail));
        }
        Ok(Consistency {
            from,
            to,
            path: node.consistency(from, to)?,
        })
    });
    conditional::json(&request, &proof.await?)
}

/// Size of the latest checkpoint: beyond it nothing is said.
fn published(node: &Node) -> Result<u64, Problem> {
    Ok(node
        .latest_checkpoint()?
        .map_or(0, |checkpoint| checkpoint.checkpoint().size))
}
