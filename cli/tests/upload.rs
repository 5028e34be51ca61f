//! Uploading to a small server of the test's own: what is there is not sent again, a broken connection is tried
//! again, a refusal is told as the server says it.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests may panic"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use cli::client::{Client, ClientError, Layout, LocalBlob, UploadError};
use record::sealing::{SEGMENT_BYTES, root_of_leaves, segment_leaf};
use serde_json::{Value, json};

/// What the little server has seen.
#[derive(Default)]
struct Seen {
    leaves: usize,
    stored: BTreeMap<u64, Vec<u8>>,
    puts: Vec<u64>,
    /// Segments whose first upload is cut off: the server reads a part of it and hangs up.
    cut: BTreeSet<u64>,
}

fn serve(seen: Arc<Mutex<Seen>>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let _ = answer(&stream, &seen);
        }
    });
    address
}

fn answer(stream: &TcpStream, seen: &Mutex<Seen>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let mut words = line.split(' ');
    let (method, path) = (
        words.next().unwrap_or_default().to_owned(),
        words.next().unwrap_or_default().to_owned(),
    );
    let mut length = 0_u64;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header)?;
        if header.trim().is_empty() {
            break;
        }
        if let Some(value) = header.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
    }
    let number: Option<u64> = path.rsplit('/').next().and_then(|last| last.parse().ok());
    let mut seen = seen.lock().unwrap();
    if let Some(number) = number.filter(|number| method == "PUT" && seen.cut.remove(number)) {
        seen.puts.push(number);
        std::io::copy(&mut reader.take(length / 2), &mut std::io::sink())?;
        return stream.shutdown(std::net::Shutdown::Both);
    }
    let mut body = Vec::new();
    reader.take(length).read_to_end(&mut body)?;
    let (status, text) = match (method.as_str(), number) {
        ("PUT", Some(number)) => {
            seen.puts.push(number);
            seen.stored.insert(number, body);
            ("204 No Content", String::new())
        }
        ("POST", _) if path == "/api/v1/blobs" => {
            let asked: Value = serde_json::from_slice(&body).unwrap();
            seen.leaves = asked["leaves"].as_array().unwrap().len();
            let missing: Vec<u64> = (0..seen.leaves as u64)
                .filter(|leaf| !seen.stored.contains_key(leaf))
                .collect();
            (
                "200 OK",
                json!({ "root": asked["root"], "segments": seen.leaves, "missing": missing })
                    .to_string(),
            )
        }
        _ => {
            let problem = json!({
                "type": "urn:kaibiao:problem:deadline-passed", "title": "The deadline has passed.", "status": 409,
                "detail": "deadline 1 ms, admitted at 1 ms", "code": "deadline-passed",
                "rule": { "id": "R03", "article": "24", "text": { "zh": "...", "en": "no later" } }
            });
            ("409 Conflict", problem.to_string())
        }
    };
    let mut stream = stream;
    write!(
        stream,
        "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{text}",
        text.len()
    )
}

fn file(bytes: usize) -> (tempfile::TempDir, std::path::PathBuf, Vec<u8>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("blob");
    let content: Vec<u8> = (0..bytes).map(|place| (place % 253) as u8).collect();
    std::fs::write(&path, &content).unwrap();
    (folder, path, content)
}

#[test]
fn leaves_are_cut_where_the_protocol_says() {
    for (bytes, document_leaves, part_leaves) in [
        (0, 1, 1),
        (56, 1, 1),
        (57, 1, 2),
        (SEGMENT_BYTES, 1, 2),
        (SEGMENT_BYTES + 1, 2, 2),
        (56 + SEGMENT_BYTES, 2, 2),
        (57 + SEGMENT_BYTES, 2, 3),
    ] {
        let (_folder, path, content) = file(bytes);
        let document = LocalBlob::hash(&path, Layout::Document).unwrap();
        let part = LocalBlob::hash(&path, Layout::SealedPart).unwrap();
        assert_eq!(
            (document.leaves.len(), part.leaves.len()),
            (document_leaves, part_leaves),
            "{bytes} bytes"
        );
        assert_eq!((document.size, part.size), (bytes as u64, bytes as u64));
        assert_eq!(
            part.root,
            record::sealing::part_root(&content),
            "{bytes} bytes"
        );
        let segments: Vec<_> = if bytes == 0 {
            vec![&[][..]]
        } else {
            content.chunks(SEGMENT_BYTES).collect()
        };
        let leaves: Vec<_> = segments.into_iter().map(segment_leaf).collect();
        assert_eq!(document.root, root_of_leaves(&leaves));
    }
}

#[test]
fn an_upload_that_was_cut_off_goes_on_where_it_stopped() {
    let (_folder, path, content) = file(2 * SEGMENT_BYTES + 10);
    let blob = LocalBlob::hash(&path, Layout::Document).unwrap();
    let first = content[..SEGMENT_BYTES].to_vec();
    let seen = Arc::new(Mutex::new(Seen {
        stored: BTreeMap::from([(0, first)]),
        cut: BTreeSet::from([1]),
        ..Seen::default()
    }));
    let client = Client::new(&serve(Arc::clone(&seen))).unwrap();
    let mut done = 0;
    client.upload(&blob, &mut |bytes| done += bytes).unwrap();
    assert_eq!(done, blob.size);
    let seen = seen.lock().unwrap();
    assert_eq!(
        seen.puts,
        [1, 1, 2],
        "segment 0 was there, segment 1 was cut off once"
    );
    assert_eq!(
        seen.stored.values().flatten().copied().collect::<Vec<u8>>(),
        content
    );
}

#[test]
fn a_file_that_changed_since_it_was_hashed_is_not_sent() {
    let (_folder, path, mut content) = file(100);
    let blob = LocalBlob::hash(&path, Layout::SealedPart).unwrap();
    content[99] ^= 1;
    std::fs::write(&path, &content).unwrap();
    let seen = Arc::new(Mutex::new(Seen::default()));
    let client = Client::new(&serve(Arc::clone(&seen))).unwrap();
    let error = client.upload(&blob, &mut |_| {}).unwrap_err();
    assert!(matches!(error, UploadError::Changed(_)), "{error}");
    assert!(!seen.lock().unwrap().stored.contains_key(&1));
}

#[test]
fn a_refusal_keeps_its_code_and_rule() {
    let client = Client::new(&serve(Arc::default())).unwrap();
    let error = client.server().unwrap_err();
    assert!(error.is("deadline-passed"));
    let ClientError::Refused(problem) = error else {
        unreachable!()
    };
    assert_eq!(problem.status, 409);
    let text = problem.to_string();
    assert!(
        text.contains("The deadline has passed.") && text.contains("rule R03, 24: no later"),
        "{text}"
    );
}
