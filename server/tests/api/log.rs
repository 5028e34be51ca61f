//! `/api/v1/log`.

use play::Actor;
use record::Digest;
use record::log::checkpoint::SignedCheckpoint;
use record::log::receipt::{Receipt, TlogProof};
use record::log::tree::verify_consistency;

use crate::harness::Server;

fn checkpoint(server: &Server) -> SignedCheckpoint {
    server
        .get("/api/v1/log/checkpoint")
        .text()
        .parse()
        .expect("a checkpoint")
}

#[test]
fn proofs_hold_under_the_checkpoint() {
    let server = Server::start();
    let before = checkpoint(&server);
    let actor = Actor::new("company");
    let receipt = Receipt::parse(&server.say(actor.registration(), &[&actor]).body).unwrap();
    let after = checkpoint(&server);
    let size = after.verify(&server.node.keys().log).expect("signed").size;
    let index = receipt.proof.index;
    let proof = server.get(&format!("/api/v1/log/proof?index={index}&size={size}"));
    let proof: TlogProof = proof.text().parse().expect("a proof");
    proof
        .verify(receipt.leaf().hash(), &server.node.keys().log)
        .expect("it holds");

    let (from, to) = (before.checkpoint(), after.checkpoint());
    let answer = server
        .get(&format!(
            "/api/v1/log/consistency?from={}&to={}",
            from.size, to.size
        ))
        .json();
    let path: Vec<Digest> = serde_json::from_value(answer["path"].clone()).unwrap();
    verify_consistency(from.size, to.size, &path, from.root, to.root).expect("the log only grew");
}

#[test]
fn what_is_not_published_is_not_proved() {
    let server = Server::start();
    let size = checkpoint(&server).checkpoint().size;
    for (index, size) in [
        (size, size),
        (0, 0),
        (0, size + 1),
        (u64::MAX, u64::MAX),
        (5, 5),
    ] {
        server
            .get(&format!("/api/v1/log/proof?index={index}&size={size}"))
            .is_problem(400, "log-range");
    }
    for (from, to) in [(0, size), (size, size - 1), (1, size + 1), (1, u64::MAX)] {
        server
            .get(&format!("/api/v1/log/consistency?from={from}&to={to}"))
            .is_problem(400, "log-range");
    }
    for query in [
        "",
        "?index=1",
        "?index=-1&size=8",
        "?index=a&size=8",
        "?index=1&size=8&more=1",
        "?index=18446744073709551616&size=1",
    ] {
        server
            .get(&format!("/api/v1/log/proof{query}"))
            .is_problem(400, "query-invalid");
    }
}
