//! What this server is: its log, its keys, its clock, the profiles it knows, and whether it is well.

use actix_web::{HttpRequest, HttpResponse, get, web};
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
    /// `ok`.
    status: &'static str,
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

/// Whether the server is well: the database answers.
#[utoipa::path(tag = "server", responses(
    (status = 200, body = Health), (status = 503, body = ProblemBody, content_type = "application/problem+json")
))]
#[get("/healthz")]
pub async fn read_health(node: web::Data<Node>) -> Result<HttpResponse, Problem> {
    block(&node, |node| Ok(node.store().read(store::log::size)?))
        .await
        .map_err(|problem| Problem::new(ErrorCode::Busy, problem.to_string()))?;
    Ok(HttpResponse::Ok().json(Health { status: "ok" }))
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
    responses((status = 200, body = Object), (status = 404, body = ProblemBody, content_type = "application/problem+json"))
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
