//! Content that goes ahead of a statement: declared by its leaf hashes, sent in segments, in any order, any number
//! of times. It belongs to the account that declares it and is never listed.

use actix_web::{HttpRequest, HttpResponse, get, post, put, web};
use record::Digest;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::body::{self, Json};
use super::problem::{Problem, ProblemBody};
use super::session::Session;
use super::{SEGMENT_BYTES_MAX, block};
use crate::blob::BlobStatus;
use crate::node::Node;

/// What will come.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Declaration {
    /// RFC 6962 root over the leaves.
    #[schema(value_type = String)]
    root: Digest,
    /// Size of the whole.
    size_bytes: u64,
    /// Leaf hashes in order, hex; at most 4 200. Of a sealed part the first is that of the 56 bytes of header.
    #[schema(value_type = Vec<String>)]
    leaves: Vec<Digest>,
}

/// How far an upload is.
#[derive(Serialize, ToSchema)]
struct StatusView {
    /// The root.
    #[schema(value_type = String)]
    root: Digest,
    /// Number of segments.
    segments: u64,
    /// Segments that have not arrived, ascending; the first 10 000.
    missing: Vec<u64>,
}

impl From<BlobStatus> for StatusView {
    fn from(status: BlobStatus) -> StatusView {
        StatusView {
            root: status.root,
            segments: status.segments,
            missing: status.missing,
        }
    }
}

/// Declares content, or asks again how far it is.
#[utoipa::path(tag = "blobs", request_body = Declaration,
    responses((status = 200, body = StatusView), (status = "4XX", body = ProblemBody, content_type = "application/problem+json"))
)]
#[post("/blobs")]
pub async fn declare_blob(
    node: web::Data<Node>,
    session: Session,
    body: Json<Declaration>,
) -> Result<HttpResponse, Problem> {
    let status = block(&node, move |node| {
        let Declaration {
            root,
            size_bytes,
            leaves,
        } = body.0;
        let now_ms = node.real_now_ms();
        Ok(node.blobs.declare(
            node.store(),
            &session.account,
            root,
            size_bytes,
            &leaves,
            now_ms,
        )?)
    });
    Ok(HttpResponse::Ok().json(StatusView::from(status.await?)))
}

/// How far an upload is.
#[utoipa::path(tag = "blobs", params(("root" = String, Path, description = "Root")),
    responses((status = 200, body = StatusView), (status = "4XX", body = ProblemBody, content_type = "application/problem+json"))
)]
#[get("/blobs/{root}")]
pub async fn read_blob(
    node: web::Data<Node>,
    session: Session,
    path: web::Path<Digest>,
) -> Result<HttpResponse, Problem> {
    let root = path.into_inner();
    let status = block(&node, move |node| {
        Ok(node.blobs.status(node.store(), &session.account, root)?)
    });
    Ok(HttpResponse::Ok().json(StatusView::from(status.await?)))
}

/// Sends one segment. Sending it again is fine; other bytes are refused and nothing is stored.
#[utoipa::path(tag = "blobs",
    params(("root" = String, Path, description = "Root"), ("segment" = u64, Path, description = "Number, from 0")),
    request_body(content = Vec<u8>, content_type = "application/octet-stream", description = "At most 4 198 400 bytes"),
    responses((status = 204, description = "It is durable"), (status = "4XX", body = ProblemBody, content_type = "application/problem+json"))
)]
#[put("/blobs/{root}/segments/{segment}")]
pub async fn put_segment(
    request: HttpRequest,
    node: web::Data<Node>,
    session: Result<Session, Problem>,
    path: web::Path<(Digest, u64)>,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let (root, segment) = path.into_inner();
    let payload = payload.into_inner();
    // Who sends and whether there is room is asked first: segments are long, and nobody's are kept.
    let size = body::announced(&request, SEGMENT_BYTES_MAX);
    let room = session.and_then(|session| {
        let room = node.intake.segment(&session.account, size)?;
        Ok((session, room))
    });
    let (session, room) = match room {
        Ok(found) => found,
        Err(problem) => return body::refuse(payload, SEGMENT_BYTES_MAX, problem).await,
    };
    let bytes = body::read_segment(&request, payload, size).await?;
    block(&node, move |node| {
        let _until_it_is_durable = room;
        let now_ms = node.real_now_ms();
        Ok(node
            .blobs
            .put_segment(node.store(), &session.account, root, segment, bytes, now_ms)?)
    })
    .await?;
    Ok(HttpResponse::NoContent().finish())
}
