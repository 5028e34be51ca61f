//! Acting, and reading what was said: one signed statement in, a receipt out; pages of a chain.

use actix_web::{HttpRequest, HttpResponse, get, post, web};
use record::Identifier;
use record::chain::ChainId;
use record::log::leaf::LeafOpening;
use record::statement::Envelope;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use store::statement::Statement;
use utoipa::{IntoParams, ToSchema};

use super::body::{RequestId, StatementBody};
use super::feed::{self, Cursor, PAGE_MAX, Reading};
use super::problem::{ErrorCode, Problem, ProblemBody};
use super::{block, conditional};
use crate::node::Node;
use crate::visibility::Phase;

/// A signed statement: a DSSE envelope. Its body is described in STATEMENTS.md.
#[derive(ToSchema)]
#[schema(as = Envelope)]
#[expect(
    dead_code,
    reason = "only described, never built: record::statement::Envelope is the real one"
)]
struct EnvelopeSchema {
    /// `application/vnd.etender.<kind>.v1+json`.
    #[schema(rename = "payloadType")]
    payload_type: String,
    /// The body, base64 with padding; at most 256 KiB of strict JSON.
    payload: String,
    /// At least one Ed25519 or P-256 signature over DSSE's pre-authentication encoding.
    signatures: Vec<SignatureSchema>,
}

/// One signature of an envelope.
#[derive(ToSchema)]
#[schema(as = Signature)]
#[expect(dead_code, reason = "only described, never built")]
struct SignatureSchema {
    /// Key id, 64 hex digits.
    keyid: String,
    /// The signature, base64.
    sig: String,
    /// Absent for our own kinds; others are kept and exported, not checked.
    kind: Option<String>,
}

/// What a sender takes home: proof that the statement is on the log.
#[derive(ToSchema)]
#[schema(as = Receipt)]
#[expect(
    dead_code,
    reason = "only described, never built: record::log::receipt::Receipt is the real one"
)]
struct ReceiptSchema {
    /// The statement.
    statement_id: String,
    /// When it was admitted, UTC milliseconds.
    admitted_ms: u64,
    /// Salt of the visible half of the leaf.
    salt: String,
    /// The hidden half of the leaf.
    hidden: String,
    /// C2SP tlog-proof: index, path and signed checkpoint.
    proof: String,
}

/// A page of a chain.
#[derive(Serialize, ToSchema)]
struct StatementPage {
    /// In chain order.
    items: Vec<StatementItem>,
    /// Where the next page begins; null at the present end.
    next: Option<String>,
    /// Where you stand after this page, also at the present end: with it as `after`, whoever follows the list sees every
    /// statement once. Null while there is nothing.
    resume: Option<String>,
}

/// A statement on a chain.
#[derive(Serialize, ToSchema)]
struct StatementItem {
    /// Statement id.
    id: String,
    /// Kind.
    kind: String,
    /// When it was admitted, UTC milliseconds.
    admitted_ms: i64,
    /// The envelope as it came.
    #[schema(value_type = EnvelopeSchema)]
    envelope: Box<RawValue>,
    /// Index in the log. For tenders only from closing on: before, gaps would tell how many bids there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    index: Option<i64>,
    /// Number in the chain; like `index`.
    #[serde(skip_serializing_if = "Option::is_none")]
    seq: Option<i64>,
    /// The opening of the leaf: ties the statement to the log; like `index`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    opening: Option<LeafOpening>,
}

/// Which page.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct PageQuery {
    /// The `next` or `resume` of the page before, or the id of a statement that was read.
    after: Option<String>,
    /// At most so many statements, 1 to 100.
    limit: Option<u32>,
}

/// Appends a statement to an account's chain.
#[utoipa::path(tag = "statements", params(("account" = String, Path, description = "Account")),
    request_body(content = EnvelopeSchema),
    responses((status = 201, body = ReceiptSchema, description = "Admitted"),
        (status = 200, body = ReceiptSchema, description = "It was admitted before"),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json"))
)]
#[post("/accounts/{account}/statements")]
pub async fn post_account_statement(
    node: web::Data<Node>,
    path: web::Path<Identifier>,
    id: RequestId,
    body: StatementBody,
) -> Result<HttpResponse, Problem> {
    post(node, ChainId::Account(path.into_inner()), id, body).await
}

/// Appends a statement to the platform's chain.
#[utoipa::path(tag = "statements", request_body(content = EnvelopeSchema),
    responses((status = 201, body = ReceiptSchema, description = "Admitted"),
        (status = 200, body = ReceiptSchema, description = "It was admitted before"),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json"))
)]
#[post("/platform/statements")]
pub async fn post_platform_statement(
    node: web::Data<Node>,
    id: RequestId,
    body: StatementBody,
) -> Result<HttpResponse, Problem> {
    post(node, ChainId::Platform, id, body).await
}

/// Appends a statement to a tender's chain; `tender-created` begins it.
#[utoipa::path(tag = "statements", params(("tender" = String, Path, description = "Tender")),
    request_body(content = EnvelopeSchema),
    responses((status = 201, body = ReceiptSchema, description = "Admitted"),
        (status = 200, body = ReceiptSchema, description = "It was admitted before"),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json"))
)]
#[post("/tenders/{tender}/statements")]
pub async fn post_tender_statement(
    node: web::Data<Node>,
    path: web::Path<Identifier>,
    id: RequestId,
    body: StatementBody,
) -> Result<HttpResponse, Problem> {
    post(node, ChainId::Tender(path.into_inner()), id, body).await
}

async fn post(
    node: web::Data<Node>,
    chain: ChainId,
    id: RequestId,
    body: StatementBody,
) -> Result<HttpResponse, Problem> {
    let waiting = block(&node, move |node| {
        let envelope = Envelope::parse(&body.0.bytes)?;
        Ok(node.offer(envelope, chain, &id.0)?)
    });
    // No thread is held while the statement waits for its batch: readers need them.
    let admitted = waiting.await?.admitted().await?;
    let admitted = node.into_inner().witnessed(admitted).await;
    let mut answer = if admitted.fresh {
        HttpResponse::Created()
    } else {
        HttpResponse::Ok()
    };
    Ok(answer
        .insert_header(("cache-control", "no-store"))
        .json(admitted.receipt))
}

/// Statements of an account's chain: its data and its keys.
#[utoipa::path(tag = "statements", params(("account" = String, Path, description = "Account"), PageQuery),
    responses((status = 200, body = StatementPage), (status = "4XX", body = ProblemBody, content_type = "application/problem+json"))
)]
#[get("/accounts/{account}/statements")]
pub async fn list_account_statements(
    request: HttpRequest,
    node: web::Data<Node>,
    path: web::Path<Identifier>,
    query: web::Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let id = path.into_inner();
    let query = query.into_inner();
    conditional::public(&request, &node, move |node| {
        if !node.with_directory(|directory| directory.account(&id).is_some())? {
            return Err(Problem::new(ErrorCode::AccountNotFound, id.to_string()));
        }
        list(node, ChainId::Account(id), OPEN_CHAIN, &query)
    })
    .await
}

/// Statements of the platform's chain: roles.
#[utoipa::path(tag = "statements", params(PageQuery),
    responses((status = 200, body = StatementPage), (status = "4XX", body = ProblemBody, content_type = "application/problem+json"))
)]
#[get("/platform/statements")]
pub async fn list_platform_statements(
    request: HttpRequest,
    node: web::Data<Node>,
    query: web::Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let query = query.into_inner();
    conditional::public(&request, &node, move |node| {
        list(node, ChainId::Platform, OPEN_CHAIN, &query)
    })
    .await
}

/// Statements of a tender that may be read now: no sealed act before closing, no released share before the results.
#[utoipa::path(tag = "statements", params(("tender" = String, Path, description = "Tender"), PageQuery),
    responses((status = 200, body = StatementPage), (status = "4XX", body = ProblemBody, content_type = "application/problem+json"))
)]
#[get("/tenders/{tender}/statements")]
pub async fn list_tender_statements(
    request: HttpRequest,
    node: web::Data<Node>,
    path: web::Path<Identifier>,
    query: web::Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let id = path.into_inner();
    let query = query.into_inner();
    conditional::public(&request, &node, move |node| {
        let phase = node.with_tender(&id, |tender, _| Phase::of(tender.stage()))?;
        let phase = phase.ok_or_else(|| Problem::new(ErrorCode::TenderNotFound, id.to_string()))?;
        list(
            node,
            ChainId::Tender(id),
            Reading {
                phase,
                is_tender: true,
            },
            &query,
        )
    })
    .await
}

/// Chains on which nothing is ever hidden.
const OPEN_CHAIN: Reading = Reading {
    phase: Phase::Open,
    is_tender: false,
};

fn list(
    node: &Node,
    chain: ChainId,
    reading: Reading,
    query: &PageQuery,
) -> Result<StatementPage, Problem> {
    let limit = page_limit(query.limit)?;
    let after = query.after.as_deref().map(Cursor::parse).transpose()?;
    let is_placed = !reading.is_tender || reading.phase > Phase::Sealed;
    node.store().read(|conn| {
        let page = feed::page(conn, &chain, reading, after, limit)?;
        let items = page.statements.into_iter().map(|statement| {
            let opening = if is_placed {
                crate::log::opening_of(conn, &id_of(&statement)?)?
            } else {
                None
            };
            item(statement, opening)
        });
        Ok(StatementPage {
            items: items.collect::<Result<_, Problem>>()?,
            next: page.next.map(|cursor| cursor.to_string()),
            resume: page.resume.map(|cursor| cursor.to_string()),
        })
    })
}

/// The number of entries on a page: what is asked for, if it is allowed.
pub fn page_limit(asked: Option<u32>) -> Result<u32, Problem> {
    match asked {
        None => Ok(PAGE_MAX),
        Some(limit) if (1..=PAGE_MAX).contains(&limit) => Ok(limit),
        Some(limit) => {
            let detail = format!("limit is {limit}; 1 to {PAGE_MAX} are allowed");
            Err(Problem::new(ErrorCode::QueryInvalid, detail))
        }
    }
}

fn id_of(statement: &Statement) -> Result<record::Digest, Problem> {
    statement.id.parse().map_err(Problem::internal)
}

fn item(statement: Statement, opening: Option<LeafOpening>) -> Result<StatementItem, Problem> {
    let envelope = String::from_utf8(statement.envelope).map_err(Problem::internal)?;
    let is_placed = opening.is_some();
    Ok(StatementItem {
        id: statement.id,
        kind: statement.kind,
        admitted_ms: statement.admitted_ms,
        envelope: RawValue::from_string(envelope).map_err(Problem::internal)?,
        index: is_placed.then_some(statement.log_index),
        seq: is_placed.then_some(statement.seq),
        opening,
    })
}
