//! The description of this interface, collected from the handlers, and what follows from it: which methods an address
//! takes, and what is said where there is nothing.

use std::sync::LazyLock;

use actix_web::dev::ResourceDef;
use actix_web::{App, HttpRequest, HttpResponse, get};
use utoipa::OpenApi as _;
use utoipa::openapi::{OpenApi, PathItem};
use utoipa_actix_web::AppExt;

use super::conditional::{self, Caching};
use super::problem::{ErrorCode, Problem};

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Kaibiao",
        version = "1",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
        description = "Public tenders whose record anybody can verify. One acts by signing a statement and posting it; \
            everything else is reading. Times are UTC milliseconds, hashes 64 hex digits, errors problem+json with a \
            stable code. Bodies of statements: STATEMENTS.md."
    ),
    tags(
        (name = "server", description = "What this server is"),
        (name = "statements", description = "Acting, and reading what was said"),
        (name = "tenders", description = "Tenders and their records"),
        (name = "accounts", description = "Organisations, people, keys"),
        (name = "log", description = "Checkpoints and proofs"),
        (name = "blobs", description = "Documents and sealed parts, in segments"),
        (name = "sessions", description = "Sessions by signed challenge"),
        (name = "demo", description = "Demo mode only"),
        (name = "page", description = "The plain page"),
    )
)]
struct Description;

static DESCRIPTION: LazyLock<OpenApi> = LazyLock::new(|| {
    let app = App::new().into_utoipa_app().openapi(Description::openapi());
    app.configure(super::configure).split_for_parts().1
});

static DESCRIPTION_JSON: LazyLock<String> =
    LazyLock::new(|| DESCRIPTION.to_pretty_json().unwrap_or_default() + "\n");

/// Addresses with their methods.
static ADDRESSES: LazyLock<Vec<(ResourceDef, Vec<&'static str>)>> = LazyLock::new(|| {
    let address =
        |(path, item): (&String, &PathItem)| (ResourceDef::new(path.as_str()), methods(item));
    DESCRIPTION.paths.paths.iter().map(address).collect()
});

/// The OpenAPI description of every address.
pub fn openapi() -> &'static OpenApi {
    &DESCRIPTION
}

/// This description.
#[utoipa::path(tag = "server", responses((status = 200, body = Object)))]
#[get("/api/openapi.json")]
pub async fn read_description(request: HttpRequest) -> HttpResponse {
    conditional::answer(
        &request,
        "application/json",
        Caching::Revalidate,
        DESCRIPTION_JSON.as_bytes(),
    )
}

/// Where no handler answers: another method is needed (405), or there is nothing (404).
pub async fn not_found(request: HttpRequest) -> Result<HttpResponse, Problem> {
    let taken = ADDRESSES
        .iter()
        .filter(|(address, _)| address.is_match(request.path()));
    let methods: Vec<&str> = taken
        .flat_map(|(_, methods)| methods.iter().copied())
        .collect();
    if methods.is_empty() {
        return Err(Problem::new(
            ErrorCode::RouteUnknown,
            "see /api/openapi.json",
        ));
    }
    let methods = methods.join(", ");
    Err(Problem::new(ErrorCode::MethodNotAllowed, format!("use {methods}")).allowing(methods))
}

fn methods(item: &PathItem) -> Vec<&'static str> {
    let methods = [
        (item.get.is_some(), "GET"),
        (item.post.is_some(), "POST"),
        (item.put.is_some(), "PUT"),
        (item.delete.is_some(), "DELETE"),
    ];
    methods
        .into_iter()
        .filter(|(is_there, _)| *is_there)
        .map(|(_, name)| name)
        .collect()
}
