//! A line to the server that breaks: it carries so many bytes and then nothing any more, in the middle of whatever
//! was being sent.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

/// How often the relay looks whether it is still wanted.
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// A relay on this machine.
#[derive(Debug)]
pub struct Relay {
    address: SocketAddr,
    ended: Arc<AtomicBool>,
}

/// What all connections share.
struct Line {
    server: String,
    left: AtomicU64,
    ended: Arc<AtomicBool>,
}

impl Relay {
    /// Carries `bytes` towards `server` (`http://host:port`) and then breaks for good. `None` where the server is
    /// not spoken to in the clear.
    ///
    /// # Errors
    /// There is no free port.
    pub fn open(server: &str, bytes: u64) -> std::io::Result<Option<Relay>> {
        let Some(server) = server.strip_prefix("http://") else {
            return Ok(None);
        };
        let listener = TcpListener::bind("127.0.0.1:0")?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let ended = Arc::new(AtomicBool::new(false));
        let line = Arc::new(Line {
            server: server.trim_end_matches('/').to_owned(),
            left: AtomicU64::new(bytes),
            ended: Arc::clone(&ended),
        });
        thread::spawn(move || accept(&listener, &line));
        Ok(Some(Relay { address, ended }))
    }

    /// Address of this end.
    pub fn address(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Release);
    }
}

/// Takes connections until the line is broken; dropping the listener refuses the next ones.
fn accept(listener: &TcpListener, line: &Arc<Line>) {
    while !line.ended.load(Ordering::Acquire) {
        match listener.accept() {
            Ok((near, _)) => {
                let line = Arc::clone(line);
                thread::spawn(move || carry(near, &line));
            }
            Err(_) => thread::sleep(LOOK_AGAIN),
        }
    }
}

fn carry(mut near: TcpStream, line: &Arc<Line>) {
    let connected = near
        .set_nonblocking(false)
        .and_then(|()| TcpStream::connect(&line.server));
    let Ok(mut far) = connected else { return };
    if let (Ok(mut back), Ok(mut home)) = (far.try_clone(), near.try_clone()) {
        thread::spawn(move || std::io::copy(&mut back, &mut home));
    }
    let mut buffer = [0; 16 * 1024];
    while let Ok(count @ 1..) = near.read(&mut buffer) {
        let wanted = count as u64;
        let took = line
            .left
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |left| {
                Some(left.saturating_sub(wanted))
            });
        let carried = took.unwrap_or_else(|left| left).min(wanted);
        let carried = usize::try_from(carried).unwrap_or(count);
        let sent = far.write_all(buffer.get(..carried).unwrap_or_default());
        if carried < count {
            line.ended.store(true, Ordering::Release);
        }
        if sent.is_err() || carried < count {
            break;
        }
    }
    let _ = near.shutdown(Shutdown::Both);
    let _ = far.shutdown(Shutdown::Both);
}
