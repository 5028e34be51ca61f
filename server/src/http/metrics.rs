//! Metrics for the operator, on a port of their own. What they tell is not for the public, see [`crate::metrics`].

use actix_web::dev::Server;
use actix_web::{App, HttpResponse, HttpServer, get, web};

use super::block;
use super::problem::Problem;
use crate::node::Node;

/// What scrapers know this form by.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Listens on `bind` and answers `GET /metrics`, nothing else.
///
/// # Errors
/// The address cannot be listened on.
pub fn listen(node: web::Data<Node>, bind: &str) -> std::io::Result<Server> {
    let app = move || App::new().app_data(node.clone()).service(read_metrics);
    let server = HttpServer::new(app)
        .workers(1)
        .disable_signals()
        .bind(bind)?;
    for address in server.addrs() {
        tracing::info!(%address, "metrics");
    }
    Ok(server.run())
}

#[get("/metrics")]
async fn read_metrics(node: web::Data<Node>) -> Result<HttpResponse, Problem> {
    let text = block(&node, |node| Ok(node.metrics_text())).await?;
    Ok(HttpResponse::Ok().content_type(OPEN_METRICS).body(text))
}
