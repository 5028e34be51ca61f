//! The HTTP interface: the whole tree of addresses stands on this page. Handlers parse, call and answer; every rule
//! is elsewhere (the procedure, the sequencer, the blobs), so that nothing depends on how a request came in.
//!
//! ```text
//! GET  /                                          the page            page.rs
//! GET  /page/{asset}
//! GET  /healthz                                                       server.rs
//! GET  /api/openapi.json                                              openapi.rs
//!      /api/v1
//! GET      /server  /trust                                            server.rs
//! GET      /profiles  /profiles/{id}/{version}
//! GET      /accounts/{account}                                        accounts.rs
//! POST GET /accounts/{account}/statements                             statements.rs
//! POST GET /platform/statements
//! POST GET /tenders/{tender}/statements
//! GET      /tenders  /tenders/{tender}                                tenders.rs
//! GET      /tenders/{tender}/due/{what}  /case  /bundle  /documents/{root}
//! GET      /log/checkpoint  /log/proof  /log/consistency              log.rs
//! POST     /blobs                                                     blobs.rs
//! GET      /blobs/{root}
//! PUT      /blobs/{root}/segments/{segment}
//! POST     /sessions/challenges  /sessions                            sessions.rs
//! DELETE   /sessions
//! POST     /demo/clock                                                demo.rs
//! ```
//!
//! To add an address: one handler in the file of its resource with `#[utoipa::path]`, one line in [`configure`], and
//! the snapshot `openapi.json` renewed (`KAIBIAO_UPDATE_SNAPSHOTS=1`).

mod accounts;
mod blobs;
mod body;
mod code;
mod conditional;
mod demo;
mod due;
mod feed;
mod log;
mod metrics;
mod middleware;
mod openapi;
mod page;
mod problem;
mod server;
mod session;
mod sessions;
mod statements;
mod tender_view;
mod tenders;

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::{App, Error, HttpServer, web};
use utoipa_actix_web::service_config::ServiceConfig;
use utoipa_actix_web::{AppExt, scope};

pub use code::ErrorCode;
pub use openapi::openapi;
pub use problem::Problem;

use crate::node::Node;

/// Longest JSON form of a statement, in bytes: a body of 256 KiB is 350 KiB in base64, the rest is signatures.
pub const STATEMENT_JSON_BYTES_MAX: usize = 400 * 1024;

/// Longest other JSON body, in bytes: the declaration of a bid of 16 GiB names up to 4 200 leaf hashes.
pub const JSON_BYTES_MAX: usize = 512 * 1024;

/// Longest segment of a blob, in bytes (protocol section 4).
pub const SEGMENT_BYTES_MAX: usize = record::sealing::SEGMENT_BYTES;

/// How long requests under way may take when the server stops, in seconds.
const SHUTDOWN_S: u64 = 30;

/// The application of one worker: routes, middleware, error answers.
pub fn app(
    node: web::Data<Node>,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<BoxBody>,
        Error = Error,
        InitError = (),
    >,
> {
    App::new()
        .into_utoipa_app()
        .configure(configure)
        .into_app()
        .app_data(node)
        .app_data(body::path_config())
        .app_data(body::query_config())
        .default_service(web::to(openapi::not_found))
        .wrap(actix_web::middleware::from_fn(middleware::catch_panic))
        .wrap(actix_web::middleware::from_fn(middleware::trace))
}

/// Answers requests until the process is told to stop; requests under way are finished then.
pub async fn serve(node: web::Data<Node>) -> std::io::Result<()> {
    let (bind, workers) = (node.config.bind.clone(), node.config.workers);
    let serving = node.clone();
    let mut server = HttpServer::new(move || app(node.clone())).shutdown_timeout(SHUTDOWN_S);
    if workers > 0 {
        server = server.workers(workers);
    }
    let server = server.bind(&bind)?;
    for address in server.addrs() {
        tracing::info!(%address, "listening");
    }
    let metrics = match &serving.config.metrics_bind {
        Some(bind) => Some(metrics::listen(serving.clone(), bind)?),
        None => None,
    };
    let watched = metrics.as_ref().map(|metrics| metrics.handle());
    if let Some(metrics) = metrics {
        actix_web::rt::spawn(metrics);
    }
    serving.begin_serving().map_err(std::io::Error::other)?;
    let outcome = server.run().await;
    if let Some(watched) = watched {
        watched.stop(false).await;
    }
    outcome
}

/// Every address.
pub fn configure(routes: &mut ServiceConfig<'_>) {
    routes
        .service(page::read_page)
        .service(page::read_page_asset)
        .service(server::read_health)
        .service(openapi::read_description)
        .service(
            scope::scope("/api/v1")
                .service(server::read_server)
                .service(server::read_trust)
                .service(server::list_profiles)
                .service(server::read_profile)
                .service(accounts::read_account)
                .service(statements::post_account_statement)
                .service(statements::list_account_statements)
                .service(statements::post_platform_statement)
                .service(statements::list_platform_statements)
                .service(statements::post_tender_statement)
                .service(statements::list_tender_statements)
                .service(tenders::list_tenders)
                .service(tenders::read_tender)
                .service(tenders::read_due)
                .service(tenders::read_case)
                .service(tenders::read_bundle)
                .service(tenders::read_document)
                .service(log::read_checkpoint)
                .service(log::read_proof)
                .service(log::read_consistency)
                .service(blobs::declare_blob)
                .service(blobs::read_blob)
                .service(blobs::put_segment)
                .service(sessions::make_challenge)
                .service(sessions::begin_session)
                .service(sessions::end_session)
                .service(demo::advance_clock),
        );
}

/// Runs blocking work off the worker: everything that touches the node.
async fn block<T: Send + 'static>(
    node: &web::Data<Node>,
    work: impl FnOnce(&Node) -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    let node = node.clone();
    let job = node.intake.job()?;
    let work = move || {
        let _until_it_is_done = job;
        work(&node)
    };
    match web::block(work).await {
        Ok(result) => result,
        Err(error) => Err(Problem::internal(error)),
    }
}
