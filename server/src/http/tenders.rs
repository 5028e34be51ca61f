//! Tenders: the list, one tender's state, what is due, the evaluation case, the public bundle, the documents.

use actix_web::body::SizedStream;
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, get, web};
use futures_util::stream;
use record::{Digest, Identifier};
use serde::{Deserialize, Serialize};
use store::tender::{Cursor, Filter, Order};
use utoipa::{IntoParams, ToSchema};

use super::block;
use super::conditional::{self, Caching};
use super::due::{Due, compute};
use super::problem::{ErrorCode, Problem, ProblemBody};
use super::statements::page_limit;
use super::tender_view::TenderView;
use crate::node::Node;

/// A page of the list of tenders.
#[derive(Serialize, ToSchema)]
struct TenderPage {
    /// Announced tenders.
    items: Vec<TenderItem>,
    /// Where the next page begins; null at the present end.
    next: Option<String>,
    /// Where you stand after this page, also at the present end: with it as `after`, whoever follows the feed sees every
    /// change once. Null while there is nothing.
    resume: Option<String>,
}

/// A line of the list.
#[derive(Serialize, ToSchema)]
struct TenderItem {
    /// Identifier.
    tender: String,
    /// The project that it belongs to.
    project: String,
    /// Title.
    title: String,
    /// Account of the tenderee.
    tenderee: String,
    /// Profile: the body of law.
    profile: String,
    /// Stage.
    stage: String,
    /// Deadline for bids, UTC milliseconds.
    deadline_ms: Option<i64>,
    /// Account of the winner.
    winner: Option<String>,
}

/// In which order a list comes.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum ListOrder {
    /// By last public change, oldest first: a feed; whoever follows it misses nothing.
    #[default]
    Changed,
    /// By announcement, newest first: for people.
    Announced,
}

/// Which tenders.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct ListQuery {
    /// Only this stage.
    stage: Option<String>,
    /// Only this tenderee's.
    #[param(value_type = Option<String>)]
    tenderee: Option<Identifier>,
    /// The `next` or `resume` of the page before.
    after: Option<String>,
    /// At most so many, 1 to 100.
    limit: Option<u32>,
    /// `changed` (a feed, the default) or `announced` (newest first).
    #[param(inline)]
    order: Option<ListOrder>,
}

impl ListQuery {
    fn filter(self) -> Result<Filter, Problem> {
        if let Some(stage) = self
            .stage
            .as_deref()
            .filter(|stage| !procedure::Stage::NAMES.contains(stage))
        {
            let detail = format!("there is no stage {stage:?}");
            return Err(Problem::new(ErrorCode::QueryInvalid, detail));
        }
        Ok(Filter {
            announced_only: true,
            stage: self.stage,
            tenderee: self.tenderee.map(|tenderee| tenderee.to_string()),
            order: match self.order.unwrap_or_default() {
                ListOrder::Changed => Order::Changed,
                ListOrder::Announced => Order::Announced,
            },
            after: self.after.as_deref().map(read_cursor).transpose()?,
            limit: i64::from(page_limit(self.limit)?),
        })
    }
}

/// `<index>.<tender>`; opaque to clients.
fn read_cursor(text: &str) -> Result<Cursor, Problem> {
    let parts = text.split_once('.').and_then(|(index, id)| {
        let index = index.parse::<i64>().ok().filter(|index| *index >= 0)?;
        Some(Cursor {
            index,
            id: Identifier::new(id).ok()?.to_string(),
        })
    });
    parts.ok_or_else(|| {
        Problem::new(
            ErrorCode::CursorInvalid,
            "use the `next` of the page before",
        )
    })
}

/// Announced tenders.
#[utoipa::path(tag = "tenders", params(ListQuery),
    responses((status = 200, body = TenderPage), (status = 400, body = ProblemBody, content_type = "application/problem+json"))
)]
#[get("/tenders")]
pub async fn list_tenders(
    request: HttpRequest,
    node: web::Data<Node>,
    query: web::Query<ListQuery>,
) -> Result<HttpResponse, Problem> {
    let filter = query.into_inner().filter()?;
    conditional::public(&request, &node, move |node| {
        let rows = node
            .store()
            .read(|conn| store::tender::list(conn, &filter))?;
        // A full page may be the last one; the next is empty then.
        let is_full = i64::try_from(rows.len()) == Ok(filter.limit);
        let last = rows.last().map(|row| row.cursor(filter.order));
        let resume = last
            .or(filter.after)
            .map(|cursor| format!("{}.{}", cursor.index, cursor.id));
        Ok(TenderPage {
            items: rows.into_iter().map(item).collect(),
            next: resume.clone().filter(|_| is_full),
            resume,
        })
    })
    .await
}

fn item(row: store::tender::Tender) -> TenderItem {
    TenderItem {
        tender: row.id,
        project: row.project,
        title: row.title,
        tenderee: row.tenderee,
        profile: row.profile,
        stage: row.stage,
        deadline_ms: row.deadline_ms,
        winner: row.winner,
    }
}

/// The state of a tender, as far as it is public.
#[utoipa::path(tag = "tenders", params(("tender" = String, Path, description = "Tender")),
    responses((status = 200, body = TenderView), (status = "4XX", body = ProblemBody, content_type = "application/problem+json"))
)]
#[get("/tenders/{tender}")]
pub async fn read_tender(
    request: HttpRequest,
    node: web::Data<Node>,
    path: web::Path<Identifier>,
) -> Result<HttpResponse, Problem> {
    let id = path.into_inner();
    conditional::public(&request, &node, move |node| {
        look(node, &id, |tender| Ok(TenderView::of(tender)))
    })
    .await
}

/// The unsigned body that the tenderee would sign now, computed from the record.
#[utoipa::path(tag = "tenders",
    params(("tender" = String, Path, description = "Tender"),
        ("what" = String, Path, description = "benchmark-set, opening-record, evaluation-report, candidates or award")),
    responses((status = 200, body = Object), (status = "4XX", body = ProblemBody, content_type = "application/problem+json"))
)]
#[get("/tenders/{tender}/due/{what}")]
pub async fn read_due(
    node: web::Data<Node>,
    path: web::Path<(Identifier, String)>,
) -> Result<HttpResponse, Problem> {
    let (id, what) = path.into_inner();
    let what: Due = what.parse().map_err(|()| {
        Problem::new(
            ErrorCode::PathInvalid,
            "benchmark-set, opening-record, evaluation-report, candidates or award",
        )
    })?;
    let body = block(&node, move |node| {
        let now_ms = node.now_ms()?;
        look(node, &id, |tender| {
            Ok(compute(tender, what, now_ms)?.to_body())
        })
    });
    Ok(HttpResponse::Ok()
        .content_type("application/json")
        .body(body.await?))
}

/// The evaluation case (`kaibiao-case/1`) that the record gives, once drawn: `kaibiao evaluate` takes it.
#[utoipa::path(tag = "tenders", params(("tender" = String, Path, description = "Tender")),
    responses((status = 200, body = Object), (status = "4XX", body = ProblemBody, content_type = "application/problem+json"))
)]
#[get("/tenders/{tender}/case")]
pub async fn read_case(
    request: HttpRequest,
    node: web::Data<Node>,
    path: web::Path<Identifier>,
) -> Result<HttpResponse, Problem> {
    let id = path.into_inner();
    conditional::public(&request, &node, move |node| {
        look(node, &id, |tender| match tender.stage().drawn() {
            Some(drawn) => Ok(procedure::case_of(drawn)?),
            None => {
                let detail = format!("nothing is drawn in stage {}", tender.stage().name());
                Err(procedure::Refusal::new(procedure::Code::StageMismatch, detail).into())
            }
        })
    })
    .await
}

/// The public record as one file, to be checked with `kaibiao verify` without this server.
#[utoipa::path(tag = "tenders", params(("tender" = String, Path, description = "Tender")),
    responses((status = 200, body = Vec<u8>, content_type = "application/zip"), (status = "4XX", body = ProblemBody, content_type = "application/problem+json"))
)]
#[get("/tenders/{tender}/bundle")]
pub async fn read_bundle(
    request: HttpRequest,
    node: web::Data<Node>,
    path: web::Path<Identifier>,
) -> Result<HttpResponse, Problem> {
    let id = path.into_inner();
    let name = attachment(&format!("{id}.zip"));
    let bytes = block(&node, move |node| Ok(node.bundle(&id)?)).await?;
    let mut answer = conditional::answer(&request, "application/zip", Caching::Revalidate, bytes);
    answer
        .headers_mut()
        .insert(header::CONTENT_DISPOSITION, name);
    Ok(answer)
}

/// A tender document, once the notice is out.
#[utoipa::path(tag = "tenders",
    params(("tender" = String, Path, description = "Tender"), ("root" = String, Path, description = "Root of the document, as in the notice")),
    responses((status = 200, body = Vec<u8>, content_type = "application/octet-stream"), (status = "4XX", body = ProblemBody, content_type = "application/problem+json"))
)]
#[get("/tenders/{tender}/documents/{root}")]
pub async fn read_document(
    node: web::Data<Node>,
    path: web::Path<(Identifier, Digest)>,
) -> Result<HttpResponse, Problem> {
    let (id, root) = path.into_inner();
    let found = block(&node, move |node| find_document(node, &id, root)).await?;
    let mut answer = HttpResponse::Ok();
    answer.insert_header((header::CONTENT_DISPOSITION, attachment(&found.name)));
    answer.insert_header((header::ETAG, format!("\"{root}\"")));
    answer.insert_header((header::CACHE_CONTROL, "public, max-age=31536000, immutable"));
    // One segment in memory at a time, read when the client is ready for it.
    let segments = stream::unfold(found.leaves.into_iter(), move |mut leaves| {
        let node = node.clone();
        async move {
            let leaf = leaves.next()?;
            let bytes = block(&node, move |node| Ok(node.blobs.read_segment(leaf)?)).await;
            Some((bytes.map_err(actix_web::Error::from), leaves))
        }
    });
    Ok(answer
        .content_type("application/octet-stream")
        .body(SizedStream::new(found.size_bytes, Box::pin(segments))))
}

struct FoundDocument {
    name: String,
    size_bytes: u64,
    leaves: Vec<Digest>,
}

fn find_document(node: &Node, id: &Identifier, root: Digest) -> Result<FoundDocument, Problem> {
    let missing = || Problem::new(ErrorCode::DocumentNotFound, root.to_string());
    let named = look(node, id, |tender| {
        let documents = tender
            .stage()
            .bidding()
            .map(|bidding| bidding.notice.documents.as_slice());
        Ok(documents
            .unwrap_or_default()
            .iter()
            .find(|document| document.root == root)
            .cloned())
    })?;
    let document = named.ok_or_else(missing)?;
    let segments = node.store().read(|conn| -> Result<_, store::StoreError> {
        let Some(blob) = store::blob::complete_by_root(conn, &root.0)? else {
            return Ok(None);
        };
        store::blob::segments(conn, &blob.account, &root.0).map(Some)
    })?;
    let segments = segments.ok_or_else(missing)?;
    let leaves = segments
        .iter()
        .map(|segment| Digest(segment.leaf_hash))
        .collect();
    let size_bytes = segments
        .iter()
        .filter_map(|segment| u64::try_from(segment.size_bytes).ok())
        .sum();
    Ok(FoundDocument {
        name: document.name,
        size_bytes,
        leaves,
    })
}

/// `attachment` with the name percent-encoded (RFC 8187): nothing of it can end the header or open in the browser.
fn attachment(name: &str) -> header::HeaderValue {
    let encoded: String = name
        .bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'_' => {
                char::from(byte).to_string()
            }
            other => format!("%{other:02X}"),
        })
        .collect();
    header::HeaderValue::from_str(&format!("attachment; filename*=UTF-8''{encoded}"))
        .unwrap_or(header::HeaderValue::from_static("attachment"))
}

/// Looks at a tender, or says that there is none.
fn look<T>(
    node: &Node,
    id: &Identifier,
    look: impl FnOnce(&procedure::Tender) -> Result<T, Problem>,
) -> Result<T, Problem> {
    let found = node.with_tender(id, |tender, _| look(tender))?;
    found.unwrap_or_else(|| Err(Problem::new(ErrorCode::TenderNotFound, id.to_string())))
}
