//! A real socket: bodies that break off, lengths that lie, and requests that are none.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use actix_web::{HttpServer, rt, web};
use play::Actor;

use crate::harness::{Server, signed};

/// Serves on a free port until the sender is dropped.
fn listen(
    server: &Server,
) -> (
    SocketAddr,
    actix_web::dev::ServerHandle,
    std::thread::JoinHandle<()>,
) {
    let node = web::Data::from(Arc::clone(&server.node));
    let (ready, started) = mpsc::channel();
    let thread = std::thread::spawn(move || {
        rt::System::new().block_on(async move {
            let http = HttpServer::new(move || server::http::app(node.clone()))
                .workers(1)
                .disable_signals();
            let http = http.bind("127.0.0.1:0").expect("a free port");
            let address = http.addrs()[0];
            let running = http.run();
            ready
                .send((address, running.handle()))
                .expect("somebody waits");
            running.await.expect("it runs");
        });
    });
    let (address, handle) = started.recv().expect("it starts");
    (address, handle, thread)
}

fn exchange(address: SocketAddr, request: &[u8], shut: bool) -> String {
    let mut stream = TcpStream::connect(address).expect("it listens");
    stream
        .set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    // The server may answer and close before everything is sent.
    let _ = stream.write_all(request);
    if shut {
        let _ = stream.shutdown(Shutdown::Write);
    }
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

#[test]
fn broken_requests_get_an_answer_or_none_but_never_a_500() {
    let server = Server::start();
    let actor = Actor::new("company");
    let body = signed(&actor.registration().into(), &[actor.key()]).to_json();
    let (address, handle, thread) = listen(&server);
    let head = format!(
        "POST /api/v1/accounts/company/statements HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    for cut in [0, 1, body.len() / 2, body.len() - 1] {
        let answer = exchange(address, &[head.as_bytes(), &body[..cut]].concat(), true);
        assert!(
            !answer.contains("HTTP/1.1 5") && !answer.contains("HTTP/1.1 2"),
            "cut at {cut}: {answer}"
        );
    }
    server
        .get("/api/v1/accounts/company")
        .is_problem(404, "account-not-found");
    let broken: [&[u8]; 6] = [
        b"\r\n\r\n",
        b"NONSENSE\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /%zz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
        b"POST /api/v1/sessions HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: -1\r\n\r\n",
        b"POST /api/v1/sessions HTTP/1.1\r\nhost: x\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
    ];
    for request in broken {
        let answer = exchange(address, request, true);
        assert!(!answer.contains("HTTP/1.1 5"), "{answer}");
    }
    // And what is whole is taken.
    let answer = exchange(address, &[head.as_bytes(), &body].concat(), false);
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    rt::System::new().block_on(handle.stop(true));
    thread.join().expect("it ends");
}

#[test]
fn a_body_that_is_too_large_is_refused_however_it_comes() {
    let server = Server::start();
    let (address, handle, thread) = listen(&server);
    // Announced: before the body comes.
    let announced = "POST /api/v1/sessions HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 99999999999\r\n\r\n";
    let answer = exchange(address, announced.as_bytes(), false);
    assert!(
        answer.starts_with("HTTP/1.1 413") && answer.contains("body-too-large"),
        "{answer}"
    );
    // Chunked, 512 KiB and one byte more: when the limit is reached.
    let head = b"POST /api/v1/sessions HTTP/1.1\r\nhost: x\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n";
    let chunk = [b"10000\r\n".as_slice(), &[b' '; 0x10000], b"\r\n"].concat();
    let chunked = [head.as_slice(), &chunk.repeat(8), b"1\r\n \r\n0\r\n\r\n"].concat();
    let answer = exchange(address, &chunked, false);
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    rt::System::new().block_on(handle.stop(true));
    thread.join().expect("it ends");
}
