//! What the sequencer promises: one log, batches of eight, receipts that verify, the same answer twice.

use std::collections::BTreeSet;

use record::log::tree::verify_consistency;
use server::check;
use server::sequencer::Rejection;

use crate::support::{Place, on_both, registration};

on_both!(
    receipts_verify_and_come_twice,
    a_statement_for_another_chain_is_rejected,
    a_refused_statement_leaves_nothing_but_a_line,
    many_senders_share_batches_and_one_log,
    two_nodes_on_one_database_write_one_log,
    everything_agrees_with_a_replay,
);

fn receipts_verify_and_come_twice(place: &Place) {
    let node = place.start();
    let (envelope, chain) = registration("b1");
    let first = node.submit(envelope.clone(), chain.clone(), "r1").unwrap();
    assert!(first.fresh);
    first.receipt.verify(&node.keys().log).unwrap();
    assert_eq!(first.receipt.statement_id, envelope.id());

    let second = node.submit(envelope, chain, "r2").unwrap();
    assert!(!second.fresh);
    assert_eq!(second.receipt.proof.index, first.receipt.proof.index);
    assert_eq!(second.receipt.salt, first.receipt.salt);
    assert_eq!(second.receipt.admitted_ms, first.receipt.admitted_ms);
    node.stop();
}

fn a_statement_for_another_chain_is_rejected(place: &Place) {
    let node = place.start();
    let (envelope, _) = registration("b1");
    let (_, other) = registration("b2");
    let rejection = node.submit(envelope, other, "r1").unwrap_err();
    assert!(
        matches!(rejection, Rejection::WrongChain { .. }),
        "{rejection}"
    );
    node.stop();
}

fn a_refused_statement_leaves_nothing_but_a_line(place: &Place) {
    let node = place.start();
    let size = node.store().read(store::log::size).unwrap();
    let (mut envelope, chain) = registration("b1");
    envelope.signatures[0].signature[3] ^= 1;
    let rejection = node.submit(envelope.clone(), chain, "r1").unwrap_err();
    assert_eq!(rejection.code(), "signature-invalid");
    assert_eq!(node.store().read(store::log::size).unwrap(), size);
    let lines = node
        .store()
        .read(|conn| store::audit::latest(conn, 10))
        .unwrap();
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0].statement_id, Some(envelope.id().to_string()));
    assert_eq!(lines[0].request_id, "r1");
    node.stop();
}

fn many_senders_share_batches_and_one_log(place: &Place) {
    let node = place.start();
    let old = node.latest_checkpoint().unwrap().unwrap();
    let receipts: Vec<_> = std::thread::scope(|scope| {
        let senders: Vec<_> = (0..40)
            .map(|number| {
                let node = &node;
                scope.spawn(move || {
                    let (envelope, chain) = registration(&format!("b{number}"));
                    node.submit(envelope, chain, "r").unwrap().receipt
                })
            })
            .collect();
        senders
            .into_iter()
            .map(|sender| sender.join().unwrap())
            .collect()
    });
    let indexes: BTreeSet<u64> = receipts.iter().map(|receipt| receipt.proof.index).collect();
    assert_eq!(indexes.len(), 40, "every statement has its own place");
    for receipt in &receipts {
        receipt.verify(&node.keys().log).unwrap();
        assert_eq!(
            receipt.proof.checkpoint.checkpoint().size % 8,
            0,
            "batches end at multiples of eight"
        );
    }
    let new = node.latest_checkpoint().unwrap().unwrap();
    let (old, new) = (old.checkpoint(), new.checkpoint());
    let path = node.consistency(old.size, new.size).unwrap();
    verify_consistency(old.size, new.size, &path, old.root, new.root).unwrap();
    node.stop();
}

fn two_nodes_on_one_database_write_one_log(place: &Place) {
    let first = place.start();
    let second = place.start();
    std::thread::scope(|scope| {
        for (name, node) in [("a", &first), ("b", &second)] {
            scope.spawn(move || {
                for number in 0..15 {
                    let (envelope, chain) = registration(&format!("{name}{number}"));
                    let admitted = node.submit(envelope, chain, "r").unwrap();
                    admitted.receipt.verify(&node.keys().log).unwrap();
                }
            });
        }
    });
    for node in [&first, &second] {
        let accounts = node
            .with_directory(|directory| directory.accounts().count())
            .unwrap();
        assert_eq!(accounts, 31, "each node knows what the other admitted");
    }
    first.stop();
    second.stop();
    check::all(first.store(), first.keys(), &first.blobs).unwrap();
}

fn everything_agrees_with_a_replay(place: &Place) {
    let node = place.start();
    for number in 0..9 {
        let (envelope, chain) = registration(&format!("b{number}"));
        node.submit(envelope, chain, "r").unwrap();
    }
    node.stop();
    let checked = check::all(node.store(), node.keys(), &node.blobs).unwrap();
    assert_eq!(
        checked.statements, 11,
        "nine accounts, the platform's and its role"
    );
    assert_eq!(checked.leaves % 8, 0);
    assert_eq!(check::rebuild(node.store(), node.keys()).unwrap(), 11);
    check::all(node.store(), node.keys(), &node.blobs).unwrap();
}
