//! What this server is: its log, its keys, its clock, the profiles it knows, and whether it is well.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, ResponseError as _, get, web};
use procedure::law::profiles;
use record::Identifier;
use record::key::PublicKey;
use serde::Serialize;
use utoipa::ToSchema;

use super::block;
use super::conditional::{self, Caching};
use super::problem::{ErrorCode, Problem, ProblemBody, TextBody};
use crate::node::Node;

/// Whether the server can answer.
#[derive(Serialize, ToSchema)]
struct Health {
    /// `ok`; `log-halted`: it only reads, because a witness has shown that the log was rolled back or forked.
    status: &'static str,
    /// A quorum of log witnesses is asked for and does not answer in time: receipts go out without.
    witness_quorum_missing: bool,
    /// Log witnesses that know this log differently.
    #[schema(value_type = Vec<String>)]
    witness_alarms: Vec<String>,
}

/// What a client needs to know about a server before it acts.
#[derive(Serialize, ToSchema)]
struct ServerInfo {
    /// Name of the log; it begins with `demo.` in demo mode.
    origin: String,
    /// Key of the log, as in a trust file.
    log_key: String,
    /// The key that grants roles.
    #[schema(value_type = Object)]
    root_key: PublicKey,
    /// Account of the platform, whose jobs say what is due.
    #[schema(value_type = String)]
    platform_account: Identifier,
    /// Whether time is simulated.
    demo: bool,
    /// The procedure's time, UTC milliseconds.
    time_ms: u64,
    /// Version of the program.
    version: &'static str,
}

/// Profiles that notices can name.
#[derive(Serialize, ToSchema)]
struct ProfileList<'a> {
    /// Oldest version first.
    items: Vec<ProfileItem<'a>>,
}

/// One released profile.
#[derive(Serialize, ToSchema)]
struct ProfileItem<'a> {
    /// Identifier.
    id: String,
    /// Released version.
    version: u32,
    /// SHA-256 of the document.
    digest: String,
    /// Title.
    title: TextBody<'a>,
}

/// Whether the server is well: the database answers, the log may be signed, and what its witnesses say.
#[utoipa::path(tag = "server", responses(
    (status = 200, body = Health), (status = 503, body = ProblemBody, content_type = "application/problem+json")
))]
#[get("/healthz")]
pub async fn read_health(node: web::Data<Node>) -> Result<HttpResponse, Problem> {
    // A halted log still answers 200: whoever reads must not be sent away.
    let halt = block(&node, |node| Ok(node.halt()?))
        .await
        .map_err(|problem| match problem.status_code() {
            StatusCode::SERVICE_UNAVAILABLE => problem,
            _ => Problem::new(ErrorCode::Busy, problem.to_string()),
        })?;
    let witnesses = node.witnesses().health();
    let alarm = |(name, what): (String, String)| format!("{name}: {what}");
    Ok(HttpResponse::Ok().json(Health {
        status: if halt.is_some() { "log-halted" } else { "ok" },
        witness_quorum_missing: witnesses.is_quorum_missing,
        witness_alarms: witnesses.contradictions.into_iter().map(alarm).collect(),
    }))
}

/// The server's log, keys and clock.
#[utoipa::path(tag = "server", responses((status = 200, body = ServerInfo)))]
#[get("/server")]
pub async fn read_server(node: web::Data<Node>) -> Result<HttpResponse, Problem> {
    let info = block(&node, |node| {
        let keys = node.keys();
        Ok(ServerInfo {
            origin: node.config.origin.clone(),
            log_key: keys.log.to_string(),
            root_key: keys.root.clone(),
            platform_account: keys.account.clone(),
            demo: node.config.demo,
            time_ms: node.now_ms()?,
            version: env!("CARGO_PKG_VERSION"),
        })
    });
    Ok(HttpResponse::Ok().json(info.await?))
}

/// The trust file of this platform, as it says itself. Compare it with what you have from elsewhere before you trust it.
#[utoipa::path(tag = "server", responses((status = 200, body = String, content_type = "text/plain")))]
#[get("/trust")]
pub async fn read_trust(request: HttpRequest, node: web::Data<Node>) -> HttpResponse {
    conditional::answer(
        &request,
        "text/plain; charset=utf-8",
        Caching::Revalidate,
        node.trust_text(),
    )
}

/// The profiles (bodies of law) that a notice can name.
#[utoipa::path(tag = "server", responses((status = 200, body = ProfileList)))]
#[get("/profiles")]
pub async fn list_profiles(request: HttpRequest) -> Result<HttpResponse, Problem> {
    let item = |profile: &'static procedure::law::Profile| ProfileItem {
        id: profile.reference.id.to_string(),
        version: profile.reference.version,
        digest: profile.reference.digest.to_string(),
        title: TextBody {
            zh: &profile.title.zh,
            en: &profile.title.en,
        },
    };
    conditional::json(
        &request,
        &ProfileList {
            items: profiles().iter().map(item).collect(),
        },
    )
}

/// A released profile, byte for byte: its SHA-256 is the digest that notices name.
#[utoipa::path(tag = "server",
    params(("id" = String, Path, description = "Profile"), ("version" = u32, Path, description = "Released version")),
    responses((status = 200, body = Object), (status = "4XX", body = ProblemBody, content_type = "application/problem+json"))
)]
#[get("/profiles/{id}/{version}")]
pub async fn read_profile(
    request: HttpRequest,
    path: web::Path<(Identifier, u32)>,
) -> Result<HttpResponse, Problem> {
    let (id, version) = path.into_inner();
    let found = profiles()
        .iter()
        .find(|profile| profile.reference.id == id && profile.reference.version == version);
    let found = found.ok_or_else(|| {
        Problem::new(
            ErrorCode::ProfileNotFound,
            format!("{id}, version {version}"),
        )
    })?;
    Ok(conditional::answer(
        &request,
        "application/json",
        Caching::Forever,
        found.document.clone(),
    ))
}
