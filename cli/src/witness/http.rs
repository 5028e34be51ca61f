//! A witness over HTTP.
//!
//! | request | answer |
//! |---|---|
//! | `POST /add-checkpoint` | C2SP tlog-witness: 200 with cosignature lines; 400, 403, 404, 409 (body: the size), 422; 503 if the state cannot be stored or the clock ran backwards |
//! | `POST /anchor` | 64 hex digits in, a signed anchor out ([`record::log::anchor`]); 429 with Retry-After beyond the rate |
//! | `GET /<SHA-256 of the origin>/checkpoint` | the latest checkpoint that was cosigned, for monitors |
//! | `GET /key` | the verifier key; compare it by another channel before you trust it |
//! | `GET /healthz` | `ok` |
//!
//! actix-web, because it is in the workspace already (the server's), is well kept, and has the limits that a public
//! port needs: connections, time for a request's head, keep-alive. The time for a body is added here.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::http::StatusCode;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use record::log::witness::REQUEST_BYTES_MAX;

use super::rate::Rate;
use super::service::{Reply, Witness, say};

/// Longest body of `/anchor`: 64 digits and a newline.
const ANCHOR_BODY_BYTES_MAX: usize = 65;
/// Connections of one worker; more wait to be accepted.
const CONNECTIONS_MAX: usize = 128;
const WORKERS: usize = 2;
/// For a request's head, and again for its body.
const REQUEST_TIME_MAX: Duration = Duration::from_secs(10);
const KEEP_ALIVE: Duration = Duration::from_secs(30);
/// Requests under way when the daemon is told to stop, in seconds.
const SHUTDOWN_S: u64 = 10;

/// What the daemon is started with.
#[derive(Clone, Debug)]
pub struct Options {
    /// Address and port.
    pub bind: String,
    /// Anchors that one address gets in a minute.
    pub anchors_per_minute: u32,
}

struct Shared {
    witness: Witness,
    anchors: Rate,
}

/// Answers until the process is told to stop. Every address that it listens on goes to `listening` first.
pub fn serve(
    witness: Witness,
    options: &Options,
    listening: impl Fn(std::net::SocketAddr),
) -> std::io::Result<()> {
    let shared = Arc::new(Shared {
        witness,
        anchors: Rate::new(options.anchors_per_minute),
    });
    let data = web::Data::from(shared);
    actix_web::rt::System::new().block_on(async {
        let app = move || {
            App::new()
                .app_data(data.clone())
                .service(web::resource("/add-checkpoint").route(web::post().to(add_checkpoint)))
                .service(web::resource("/anchor").route(web::post().to(anchor)))
                .service(web::resource("/key").route(web::get().to(key)))
                .service(web::resource("/healthz").route(web::get().to(health)))
                .service(web::resource("/{origin}/checkpoint").route(web::get().to(latest)))
        };
        let server = HttpServer::new(app)
            .workers(WORKERS)
            .max_connections(CONNECTIONS_MAX)
            .client_request_timeout(REQUEST_TIME_MAX)
            .client_disconnect_timeout(REQUEST_TIME_MAX)
            .keep_alive(KEEP_ALIVE)
            .shutdown_timeout(SHUTDOWN_S)
            .bind(&options.bind)?;
        server.addrs().into_iter().for_each(listening);
        server.run().await
    })
}

async fn add_checkpoint(shared: web::Data<Shared>, payload: web::Payload) -> HttpResponse {
    match body(payload, REQUEST_BYTES_MAX).await {
        Ok(body) => block(shared, move |shared| shared.witness.add_checkpoint(&body)).await,
        Err(refused) => refused,
    }
}

async fn anchor(
    request: HttpRequest,
    shared: web::Data<Shared>,
    payload: web::Payload,
) -> HttpResponse {
    let address = request
        .peer_addr()
        .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip());
    if let Err(wait) = shared.anchors.take(address, Instant::now()) {
        return HttpResponse::TooManyRequests()
            .insert_header(("retry-after", wait.as_secs().max(1)))
            .body("too many anchors from this address\n");
    }
    match body(payload, ANCHOR_BODY_BYTES_MAX).await {
        Ok(body) => block(shared, move |shared| shared.witness.anchor(&body)).await,
        Err(refused) => refused,
    }
}

async fn latest(shared: web::Data<Shared>, origin: web::Path<String>) -> HttpResponse {
    block(shared, move |shared| shared.witness.latest(&origin)).await
}

async fn key(shared: web::Data<Shared>) -> HttpResponse {
    HttpResponse::Ok().body(format!("{}\n", shared.witness.verifier()))
}

async fn health() -> HttpResponse {
    HttpResponse::Ok().body("ok\n")
}

/// The whole body, in time and within the limit.
async fn body(payload: web::Payload, bytes_max: usize) -> Result<web::Bytes, HttpResponse> {
    let read = payload.to_bytes_limited(bytes_max);
    match actix_web::rt::time::timeout(REQUEST_TIME_MAX, read).await {
        Ok(Ok(Ok(bytes))) => Ok(bytes),
        Ok(Ok(Err(_))) => Err(HttpResponse::BadRequest().body("the body cannot be read\n")),
        Ok(Err(_)) => {
            Err(HttpResponse::PayloadTooLarge()
                .body(format!("at most {bytes_max} bytes are read\n")))
        }
        Err(_) => Err(HttpResponse::RequestTimeout().body("the body took too long\n")),
    }
}

/// Runs what locks and writes off the workers.
async fn block(
    shared: web::Data<Shared>,
    work: impl FnOnce(&Shared) -> Reply + Send + 'static,
) -> HttpResponse {
    match web::block(move || work(&shared)).await {
        Ok(reply) => HttpResponse::build(
            StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
        )
        .content_type(reply.content_type)
        .insert_header(("cache-control", "no-store"))
        .body(reply.body),
        Err(error) => {
            say(format_args!("a request failed: {error}"));
            HttpResponse::InternalServerError().body("the request failed\n")
        }
    }
}
