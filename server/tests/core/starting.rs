//! Starting again: the log goes on where it was, and a server does not start on what disagrees with itself.

use server::Node;
use server::check::CheckError;
use server::keys::PlatformKeys;
use server::node::NodeError;

use crate::support::{Place, on_both, registration};

on_both!(
    a_restart_goes_on,
    a_checkpoint_is_signed_that_a_crash_left_out,
    the_demo_clock_only_moves_forward
);

fn a_restart_goes_on(place: &Place) {
    let node = place.start();
    let (envelope, chain) = registration("b1");
    let before = node
        .submit(envelope.clone(), chain.clone(), "r")
        .unwrap()
        .receipt;
    node.stop();
    drop(node);

    let node = place.start();
    let after = node.submit(envelope, chain, "r").unwrap();
    assert!(!after.fresh);
    assert_eq!(after.receipt.proof.index, before.proof.index);
    let (envelope, chain) = registration("b2");
    assert!(
        node.submit(envelope, chain, "r")
            .unwrap()
            .receipt
            .proof
            .index
            > before.proof.index
    );
    node.stop();
}

fn a_checkpoint_is_signed_that_a_crash_left_out(place: &Place) {
    let node = place.start();
    let signed = node.latest_checkpoint().unwrap().unwrap().checkpoint().size;
    node.stop();
    // A crash between the commit of a batch and its checkpoint: leaves without one.
    node.store()
        .write(|conn| -> Result<(), server::log::LogError> {
            let rows: Vec<_> = (signed..signed + 8)
                .map(server::log::noise_row)
                .collect::<Result<_, _>>()?;
            let hashes: Vec<_> = rows
                .iter()
                .map(|row| record::Digest(row.leaf_hash))
                .collect();
            let nodes = server::log::new_nodes(conn, signed, &hashes)?;
            store::log::append_batch(conn, &rows, &[], &nodes)?;
            Ok(())
        })
        .unwrap();
    drop(node);
    let node = place.start();
    assert_eq!(
        node.latest_checkpoint().unwrap().unwrap().checkpoint().size,
        signed + 8
    );
    node.stop();
}

fn the_demo_clock_only_moves_forward(place: &Place) {
    let node = place.start();
    let now = node.now_ms().unwrap();
    let later = now + 86_400_000;
    assert!(node.advance_clock(later).unwrap() >= later);
    assert_eq!(
        node.advance_clock(now).unwrap_err().code(),
        "store-out-of-order"
    );
    node.stop();
    drop(node);
    let node = place.start();
    assert!(node.now_ms().unwrap() >= later, "the offset is kept");
    node.stop();
}

#[test]
fn a_server_with_other_keys_does_not_start() {
    let place = Place::sqlite();
    place.start().stop();
    let keys = place.config().data_dir.join("keys");
    std::fs::remove_file(keys.join("log.key")).unwrap();
    server::keys::PlatformKeys::create_missing(&place.config().data_dir).unwrap();
    let error = Node::open(place.config()).err().unwrap();
    assert!(
        matches!(error, NodeError::Check(CheckError::OtherKey(_))),
        "{error}"
    );
}

#[test]
fn a_server_whose_content_is_gone_does_not_start() {
    let place = Place::sqlite();
    let node = place.start();
    let account = node.keys().account.clone();
    let bytes = bytes::Bytes::from_static(b"a tender document");
    let leaf = record::sealing::segment_leaf(&bytes);
    let root = record::sealing::root_of_leaves(&[leaf]);
    let status = node
        .blobs
        .declare(node.store(), &account, root, bytes.len() as u64, &[leaf], 1)
        .unwrap();
    assert_eq!(status.missing, [0]);
    let wrong = node
        .blobs
        .put_segment(node.store(), &account, root, 0, bytes.slice(1..), 1)
        .unwrap_err();
    assert_eq!(wrong.code(), "segment-mismatch");
    for _ in 0..2 {
        node.blobs
            .put_segment(node.store(), &account, root, 0, bytes.clone(), 1)
            .unwrap();
    }
    assert!(
        node.blobs
            .status(node.store(), &account, root)
            .unwrap()
            .missing
            .is_empty()
    );
    assert_eq!(node.blobs.read_segment(leaf).unwrap(), bytes);
    node.stop();
    drop(node);
    std::fs::remove_dir_all(place.config().data_dir.join("blobs").join("segments")).unwrap();
    let error = Node::open(place.config()).err().unwrap();
    assert!(
        matches!(error, NodeError::Check(CheckError::Content { .. })),
        "{error}"
    );
}

#[test]
fn a_quota_holds() {
    let place = Place::sqlite();
    let mut config = place.config();
    config.quota_bytes = 100;
    place.start().stop();
    let node = Node::open(config).unwrap();
    let account = node.keys().account.clone();
    let leaf = record::sealing::segment_leaf(&[0; 101]);
    let root = record::sealing::root_of_leaves(&[leaf]);
    let error = node
        .blobs
        .declare(node.store(), &account, root, 101, &[leaf], 1)
        .unwrap_err();
    assert_eq!(error.code(), "quota-exceeded");
    node.stop();
}

#[test]
fn database_and_procedure_know_the_same_stages() {
    assert_eq!(store::tender::STAGES.as_slice(), procedure::Stage::NAMES);
}

#[test]
fn a_role_is_granted_with_the_root_key_only() {
    let place = Place::sqlite();
    let node = place.start();
    let (envelope, chain) = registration("supervisor-1");
    let account = record::Identifier::new("supervisor-1").unwrap();
    let role = procedure::act::Role::Supervisor;
    let early = node.grant(&account, role).unwrap_err();
    assert!(early.to_string().contains("account-unknown"), "{early}");
    node.submit(envelope, chain, "r").unwrap();
    node.grant(&account, role).unwrap();
    node.stop();
    drop(node);
    std::fs::remove_file(place.config().data_dir.join("keys").join("root.key")).unwrap();
    let node = Node::open(place.config()).unwrap();
    assert!(matches!(
        node.grant(&account, role).unwrap_err(),
        NodeError::NoRootKey
    ));
    node.stop();
}

/// Several nodes with one data directory start at the same moment: one of them makes each key, all read that one.
#[test]
fn nodes_that_start_at_once_make_one_set_of_keys() {
    for _ in 0..10 {
        let directory = tempfile::tempdir().unwrap();
        let start = std::sync::Barrier::new(4);
        let keys: std::collections::BTreeSet<String> = std::thread::scope(|scope| {
            let nodes: Vec<_> = (0..4)
                .map(|_| {
                    let (path, start) = (directory.path(), &start);
                    scope.spawn(move || {
                        start.wait();
                        PlatformKeys::create_missing(path).unwrap();
                        let keys = PlatformKeys::load(path, "demo.test.example/etender").unwrap();
                        format!("{} {:?} {:?}", keys.log, keys.root, keys.act.public())
                    })
                })
                .collect();
            nodes.into_iter().map(|node| node.join().unwrap()).collect()
        });
        assert_eq!(keys.len(), 1, "{keys:?}");
        let left = std::fs::read_dir(directory.path().join("keys")).unwrap();
        assert_eq!(left.count(), 4, "three keys and the public one, no drafts");
    }
}
