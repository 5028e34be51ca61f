//! The plain page at `/`: embedded, without framework, nothing from elsewhere. It reads the same API as everybody.

use actix_web::{HttpRequest, HttpResponse, get, web};

use super::conditional::{self, Caching};
use super::problem::{ErrorCode, Problem, ProblemBody};

/// Name, type and bytes of everything that the page needs.
const ASSETS: [(&str, &str, &[u8]); 4] = [
    (
        "app.js",
        "text/javascript; charset=utf-8",
        include_bytes!("../page/app.js"),
    ),
    (
        "style.css",
        "text/css; charset=utf-8",
        include_bytes!("../page/style.css"),
    ),
    (
        "zh.json",
        "application/json",
        include_bytes!("../page/zh.json"),
    ),
    (
        "en.json",
        "application/json",
        include_bytes!("../page/en.json"),
    ),
];

/// The page: tenders, and each tender's record as a timeline, in Chinese and English (`?lang=en`).
#[utoipa::path(tag = "page", responses((status = 200, body = String, content_type = "text/html")))]
#[get("/")]
pub async fn read_page(request: HttpRequest) -> HttpResponse {
    let page: &[u8] = include_bytes!("../page/index.html");
    conditional::answer(
        &request,
        "text/html; charset=utf-8",
        Caching::Revalidate,
        page,
    )
}

/// Script, style and texts of the page.
#[utoipa::path(tag = "page", params(("asset" = String, Path, description = "app.js, style.css, zh.json or en.json")),
    responses((status = 200, body = String, content_type = "text/plain"), (status = "4XX", body = ProblemBody, content_type = "application/problem+json"))
)]
#[get("/page/{asset}")]
pub async fn read_page_asset(
    request: HttpRequest,
    path: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let found = ASSETS.iter().find(|(name, _, _)| *name == path.as_str());
    let (_, content_type, bytes) =
        found.ok_or_else(|| Problem::new(ErrorCode::RouteUnknown, ""))?;
    Ok(conditional::answer(
        &request,
        content_type,
        Caching::Revalidate,
        *bytes,
    ))
}
