//! A TCP proxy between the server and PostgreSQL that cuts connections where it hurts: before a `COMMIT` gets through,
//! or after it was carried out and before the answer comes back.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use testbed::free_port;

/// What the proxy does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// Passes everything on.
    Pass,
    /// Cuts the next connection that sends `COMMIT` before the database sees it: failed, and not stored.
    CutBeforeCommit,
    /// Cuts it when the database has answered: reported failed, but stored.
    CutAfterCommit,
    /// Cuts everything and accepts nobody: an unreachable database.
    Gone,
}

const MANNERS: [Manner; 4] = [
    Manner::Pass,
    Manner::CutBeforeCommit,
    Manner::CutAfterCommit,
    Manner::Gone,
];

/// A running proxy; it ends when dropped.
pub struct Proxy {
    port: u16,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    target: String,
    manner: AtomicU8,
    cuts: AtomicUsize,
    over: AtomicBool,
    open: Mutex<Vec<TcpStream>>,
}

impl Shared {
    fn manner(&self) -> Manner {
        MANNERS[usize::from(self.manner.load(Ordering::SeqCst))]
    }

    fn set(&self, manner: Manner) {
        let place = MANNERS.iter().position(|one| *one == manner);
        let place = u8::try_from(place.unwrap_or_default()).unwrap_or_default();
        self.manner.store(place, Ordering::SeqCst);
    }

    /// One cut for one order; then everything passes again.
    fn takes(&self, manner: Manner) -> bool {
        let (from, to) = (manner as u8, Manner::Pass as u8);
        let taken = self
            .manner
            .compare_exchange(from, to, Ordering::SeqCst, Ordering::SeqCst);
        if taken.is_ok() {
            self.cuts.fetch_add(1, Ordering::SeqCst);
        }
        taken.is_ok()
    }

    fn cut_all(&self) {
        for stream in self.open.lock().expect("nobody panics here").drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

impl Proxy {
    /// A proxy to `HOST:PORT`.
    ///
    /// # Panics
    /// No port can be had.
    pub fn to(target: &str) -> Proxy {
        let port = free_port();
        let listener = TcpListener::bind(("127.0.0.1", port)).expect("a free port");
        listener.set_nonblocking(true).expect("it can be polled");
        let shared = Arc::new(Shared {
            target: target.to_owned(),
            manner: AtomicU8::new(0),
            cuts: AtomicUsize::new(0),
            over: AtomicBool::new(false),
            open: Mutex::default(),
        });
        let own = Arc::clone(&shared);
        let thread = std::thread::spawn(move || accept(&listener, &own));
        Proxy {
            port,
            shared,
            thread: Some(thread),
        }
    }

    /// The URL of a server with `HOST:PORT` replaced by the proxy's, and that `HOST:PORT`.
    ///
    /// # Panics
    /// The URL is not of the form that `ops/postgres` prints.
    pub fn before(url: &str) -> (Proxy, String) {
        let (user, rest) = url.split_once('@').expect("postgres://USER@HOST:PORT/NAME");
        let (target, name) = rest
            .split_once('/')
            .expect("postgres://USER@HOST:PORT/NAME");
        let proxy = Proxy::to(target);
        let url = format!("{user}@127.0.0.1:{}/{name}", proxy.port);
        (proxy, url)
    }

    /// What it does from now on. To be gone cuts what is open.
    pub fn set(&self, manner: Manner) {
        self.shared.set(manner);
        if manner == Manner::Gone {
            self.shared.cut_all();
        }
    }

    /// How many connections were cut at a `COMMIT`.
    pub fn cuts(&self) -> usize {
        self.shared.cuts.load(Ordering::SeqCst)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.over.store(true, Ordering::SeqCst);
        self.shared.cut_all();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    while !shared.over.load(Ordering::SeqCst) {
        let Ok((client, _)) = listener.accept() else {
            std::thread::sleep(Duration::from_millis(2));
            continue;
        };
        if shared.manner() == Manner::Gone {
            continue;
        }
        let Ok(database) = TcpStream::connect(&shared.target) else {
            continue;
        };
        let keep = [client.try_clone(), database.try_clone()];
        let mut open = shared.open.lock().expect("nobody panics here");
        open.extend(keep.into_iter().flatten());
        drop(open);
        let (Ok(from_client), Ok(from_database)) = (client.try_clone(), database.try_clone())
        else {
            continue;
        };
        let asked_to_commit = Arc::new(AtomicBool::new(false));
        let (asked, there, back) = (
            Arc::clone(&asked_to_commit),
            Arc::clone(shared),
            Arc::clone(shared),
        );
        std::thread::spawn(move || requests(from_client, database, &asked, &there));
        std::thread::spawn(move || answers(from_database, client, &asked_to_commit, &back));
    }
}

/// libpq sends `BEGIN` and `COMMIT` as simple queries: `Q`, a length, and the text with a zero behind it (which tells
/// it from `READ COMMITTED`).
fn holds(bytes: &[u8], text: &[u8]) -> bool {
    bytes.windows(text.len()).any(|window| window == text)
}

fn requests(mut from: TcpStream, mut to: TcpStream, asked: &AtomicBool, shared: &Shared) {
    let mut buffer = [0; 65_536];
    // Reading ends with a COMMIT too; only those of write transactions are of interest.
    let mut is_writing = false;
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        let bytes = &buffer[..length];
        is_writing |= holds(bytes, b"READ WRITE");
        if is_writing && holds(bytes, b"COMMIT\0") {
            is_writing = false;
            if shared.takes(Manner::CutBeforeCommit) {
                break;
            }
            asked.store(shared.manner() == Manner::CutAfterCommit, Ordering::SeqCst);
        }
        if to.write_all(bytes).is_err() {
            break;
        }
    }
    let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
}

fn answers(mut from: TcpStream, mut to: TcpStream, asked: &AtomicBool, shared: &Shared) {
    let mut buffer = [0; 65_536];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        // The database has answered the COMMIT: it is carried out.
        let is_answer = asked.swap(false, Ordering::SeqCst);
        if is_answer && shared.takes(Manner::CutAfterCommit) {
            break;
        }
        if to.write_all(&buffer[..length]).is_err() {
            break;
        }
    }
    let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
}
