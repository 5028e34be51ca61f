//! What the same machine does without Kaibiao: durable commits of the same database, and a handler that returns the
//! same bytes.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use actix_web::dev::ServerHandle;
use actix_web::{App, HttpResponse, HttpServer, web};
use store::audit::{self, Refusal};
use store::{OpenMode, Store, StoreError, StoreOptions};
use testbed::Database;

use crate::connection::Connection;

/// How long each of the bare measurements takes, unless it is a quick one.
pub const MEASURE: Duration = Duration::from_secs(3);

/// Durable commits per second.
#[derive(Clone, Copy, Debug)]
pub struct Commits {
    /// One row each.
    pub single: f64,
    /// Rows per second with so many to a commit as the server's batches had.
    pub grouped_rows: f64,
}

/// Inserts rows of `bytes` bytes, one to a commit and `group` to a commit, into a fresh database of the same kind.
///
/// # Errors
/// The database.
pub fn commits(database: &Database, bytes: usize, group: usize) -> Result<Commits, StoreError> {
    let directory = tempfile::tempdir().map_err(|error| StoreError::Open(error.to_string()))?;
    let url = database.url(directory.path());
    let options = StoreOptions {
        mode: OpenMode::CreateIfMissing,
        ..StoreOptions::default()
    };
    let store = Store::open(&url, &options)?;
    store.migrate()?;
    Ok(Commits {
        single: insert(&store, bytes, 1)?,
        grouped_rows: insert(&store, bytes, group.max(1))?,
    })
}

fn insert(store: &Store, bytes: usize, group: usize) -> Result<f64, StoreError> {
    let row = || Refusal {
        id: uuid::Uuid::now_v7().to_string(),
        at_ms: 0,
        chain: None,
        kind: None,
        statement_id: None,
        code: "load".to_owned(),
        request_id: "x".repeat(bytes),
    };
    let (first, mut rows) = (Instant::now(), 0_u32);
    while first.elapsed() < MEASURE {
        let group: Vec<Refusal> = (0..group).map(|_| row()).collect();
        store.write(|conn| group.iter().try_for_each(|row| audit::insert(conn, row)))?;
        rows += u32::try_from(group.len()).unwrap_or(u32::MAX);
    }
    Ok(f64::from(rows) / first.elapsed().as_secs_f64())
}

/// An actix server that knows one answer.
pub struct Handler {
    address: SocketAddr,
    handle: ServerHandle,
}

impl Handler {
    /// Answers every GET with `body`, with as many workers as Kaibiao has.
    ///
    /// # Panics
    /// It cannot listen on the loopback.
    pub fn start(body: Vec<u8>) -> Handler {
        let (tell, told) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let body = web::Bytes::from(body);
            let answer = move || {
                let body = body.clone();
                async move {
                    HttpResponse::Ok()
                        .content_type("application/json")
                        .body(body)
                }
            };
            let app = move || App::new().default_service(web::to(answer.clone()));
            actix_web::rt::System::new().block_on(async move {
                let server = HttpServer::new(app)
                    .disable_signals()
                    .bind("127.0.0.1:0")
                    .expect("a port on the loopback");
                let address = server.addrs()[0];
                let server = server.run();
                tell.send((address, server.handle()))
                    .expect("somebody waits");
                server.await.expect("the bare server runs");
            });
        });
        let (address, handle) = told.recv().expect("the bare server starts");
        Handler { address, handle }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Handler {
    fn drop(&mut self) {
        // Nothing waits for it: the process ends soon, or the port is free a moment later.
        drop(self.handle.stop(false));
    }
}

/// Answers per second to `connections` clients that ask again at once, over `measure`.
async fn reads_per_second(
    address: SocketAddr,
    path: &str,
    connections: usize,
    measure: Duration,
) -> f64 {
    let count = Arc::new(AtomicU64::new(0));
    let (first, until) = (Instant::now(), Instant::now() + measure);
    let mut clients = tokio::task::JoinSet::new();
    for _ in 0..connections {
        let (count, path) = (Arc::clone(&count), path.to_owned());
        clients.spawn(async move {
            let mut connection = Connection::new(address);
            while Instant::now() < until {
                match connection.send("GET", &path, &[], &[]).await {
                    Ok(answer) if answer.status == 200 => count.fetch_add(1, Ordering::Relaxed),
                    _ => return,
                };
            }
        });
    }
    clients.join_all().await;
    count.load(Ordering::Relaxed) as f64 / first.elapsed().as_secs_f64()
}

/// Kaibiao's answers per second to `path`, those of a bare handler with the same bytes, in turns, the medians of three;
/// and how many bytes those are.
///
/// # Panics
/// The page does not answer.
pub async fn beside_bare(
    server: SocketAddr,
    path: &str,
    connections: usize,
    measure: Duration,
) -> (f64, f64, usize) {
    let mut connection = Connection::new(server);
    let answer = connection.send("GET", path, &[], &[]).await;
    let answer = answer.expect("the page answers");
    assert_eq!(answer.status, 200, "GET {path}");
    let size = answer.body.len();
    let handler = Handler::start(answer.body);
    let (mut ours, mut bare) = (Vec::new(), Vec::new());
    for _ in 0..3 {
        ours.push(reads_per_second(server, path, connections, measure).await);
        bare.push(reads_per_second(handler.address(), "/", connections, measure).await);
    }
    ours.sort_by(f64::total_cmp);
    bare.sort_by(f64::total_cmp);
    (ours[1], bare[1], size)
}

/// [`beside_bare`] with a runtime of its own; `is_quick`: too short to mean anything.
///
/// # Errors
/// There is no runtime to be had.
pub fn compare(
    server: SocketAddr,
    path: &str,
    connections: usize,
    is_quick: bool,
) -> std::io::Result<(f64, f64, usize)> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let measure = if is_quick {
        Duration::from_millis(100)
    } else {
        MEASURE
    };
    Ok(runtime.block_on(beside_bare(server, path, connections, measure)))
}
