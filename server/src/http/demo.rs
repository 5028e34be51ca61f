//! The clock of demo mode: it moves forward only, and what becomes due happens before the answer.

use actix_web::{HttpResponse, post, web};
use procedure::limits::TIME_MS_MAX;
use serde::{Deserialize, Serialize};
use store::StoreError;
use utoipa::ToSchema;

use super::block;
use super::body::Json;
use super::problem::{ErrorCode, Problem, ProblemBody};
use crate::node::Node;

/// A time of the procedure.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct DemoTime {
    /// UTC milliseconds.
    now_ms: u64,
}

/// Moves the simulated clock forward (demo mode only); answers when the jobs that became due have run.
#[utoipa::path(tag = "demo", request_body = DemoTime,
    responses((status = 200, body = DemoTime), (status = "4XX", body = ProblemBody, content_type = "application/problem+json"))
)]
#[post("/demo/clock")]
pub async fn advance_clock(
    node: web::Data<Node>,
    body: Json<DemoTime>,
) -> Result<HttpResponse, Problem> {
    if !node.config.demo {
        return Err(Problem::new(
            ErrorCode::DemoOnly,
            "this server runs on real time",
        ));
    }
    let target_ms = body.0.now_ms;
    if target_ms > TIME_MS_MAX {
        return Err(
            Problem::new(ErrorCode::ClockLimit, format!("at most {TIME_MS_MAX}")).at("/now_ms"),
        );
    }
    let now_ms = block(&node, move |node| match node.advance_clock(target_ms) {
        Err(StoreError::OutOfOrder {
            expected, found, ..
        }) => {
            let detail = format!("now is {expected}, {found} is earlier");
            Err(Problem::new(ErrorCode::ClockBackwards, detail).at("/now_ms"))
        }
        other => Ok(other?),
    });
    Ok(HttpResponse::Ok().json(DemoTime {
        now_ms: now_ms.await?,
    }))
}
