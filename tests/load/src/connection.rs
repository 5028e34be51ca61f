//! One kept connection and HTTP/1.1 on it: as little as twenty thousand readers can afford.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// How long an answer may take. A statement waits for its batch, an upload for the disk.
const PATIENCE: Duration = Duration::from_secs(90);

/// The longest head of an answer, in bytes.
const HEAD_BYTES_MAX: usize = 16 * 1024;

/// A connection that is made when it is needed and kept as long as the server keeps it.
pub struct Connection {
    address: SocketAddr,
    stream: Option<TcpStream>,
    read: Vec<u8>,
}

/// An answer, read completely.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// Status line and headers, in lower case.
    pub head: String,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// A header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            (key == name).then(|| value.trim())
        })
    }

    /// The code of a problem; empty if the answer is none.
    pub fn code(&self) -> String {
        let problem: serde_json::Value = serde_json::from_slice(&self.body).unwrap_or_default();
        problem["code"].as_str().unwrap_or_default().to_owned()
    }
}

impl Connection {
    /// To a server on this machine; nothing is sent yet.
    pub fn new(address: SocketAddr) -> Connection {
        Connection {
            address,
            stream: None,
            read: Vec::new(),
        }
    }

    /// One request, one attempt.
    ///
    /// # Errors
    /// There is no complete answer: whether the request was carried out is unknown.
    pub async fn send(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> io::Result<Answer> {
        let outcome = tokio::time::timeout(PATIENCE, self.exchange(method, path, headers, body));
        let outcome = outcome
            .await
            .unwrap_or_else(|_| Err(io::Error::from(io::ErrorKind::TimedOut)));
        let closes = |answer: &Answer| answer.header("connection") == Some("close");
        if outcome.as_ref().map_or(true, closes) {
            self.stream = None;
        }
        outcome
    }

    async fn exchange(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> io::Result<Answer> {
        let stream = match &mut self.stream {
            Some(stream) => stream,
            None => {
                let stream = TcpStream::connect(self.address).await?;
                stream.set_nodelay(true)?;
                self.stream.insert(stream)
            }
        };
        let mut head = format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\n");
        if method != "GET" {
            head += &format!("content-length: {}\r\n", body.len());
        }
        for (name, value) in headers {
            head += &format!("{name}: {value}\r\n");
        }
        head += "\r\n";
        stream.write_all(head.as_bytes()).await?;
        stream.write_all(body).await?;
        read_answer(stream, &mut self.read).await
    }
}

async fn read_answer(stream: &mut TcpStream, read: &mut Vec<u8>) -> io::Result<Answer> {
    read.clear();
    let end = loop {
        if let Some(end) = read.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
        if read.len() > HEAD_BYTES_MAX {
            return Err(malformed("the head is too long"));
        }
        more(stream, read).await?;
    };
    let head = String::from_utf8_lossy(&read[..end]).to_lowercase();
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok());
    let status = status.ok_or_else(|| malformed("no status"))?;
    let mut answer = Answer {
        status,
        head,
        body: Vec::new(),
    };
    let length = match (status, answer.header("content-length")) {
        (_, Some(length)) => length.parse().map_err(|_| malformed("content-length"))?,
        (204 | 304, None) => 0,
        (_, None) => return Err(malformed("an answer without a length")),
    };
    // An answer to a conditional request says how long the body would be, and has none.
    let length: usize = if status == 304 { 0 } else { length };
    while read.len() < end + length {
        more(stream, read).await?;
    }
    answer.body = read[end..end + length].to_vec();
    Ok(answer)
}

async fn more(stream: &mut TcpStream, read: &mut Vec<u8>) -> io::Result<()> {
    if read.capacity() - read.len() < 16 * 1024 {
        read.reserve(64 * 1024);
    }
    match stream.read_buf(read).await? {
        0 => Err(io::Error::from(io::ErrorKind::UnexpectedEof)),
        _ => Ok(()),
    }
}

fn malformed(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.to_owned())
}
