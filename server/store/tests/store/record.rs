//! The log and its statements.

use store::log::{self, Checkpoint, Cosignature, Node};
use store::statement::{self, ChainHead};

use crate::support::{TestDatabase, act, hash, noise, on_both, sql};

on_both!(
    a_batch_comes_back_as_it_went_in,
    large_batches_go_in,
    gaps_and_repetitions_are_refused,
    leaves_and_statements_must_agree,
    time_never_goes_back,
    a_statement_is_stored_once,
    chains_are_read_in_pages,
    hidden_kinds_are_skipped_and_do_not_count,
    chain_heads_move_forward_only,
    a_wrong_chain_head_is_found,
    checkpoints_never_contradict_each_other,
    cosignatures_belong_to_a_checkpoint,
    a_cosignature_is_kept_once,
);

fn a_batch_comes_back_as_it_went_in(db: &TestDatabase) {
    let (leaf, statement) = act(1, "tender:T-1", 0);
    let leaves = [noise(0), leaf];
    let nodes = [
        Node {
            level: 0,
            idx: 0,
            hash: hash(0),
        },
        Node {
            level: 1,
            idx: 0,
            hash: hash(9),
        },
    ];
    assert_eq!(db.read(log::size), 0);
    assert_eq!(db.read(log::last_admitted_ms), None);
    db.write(|c| log::append_batch(c, &leaves, std::slice::from_ref(&statement), &nodes));
    assert_eq!(db.read(log::size), 2);
    assert_eq!(db.read(log::last_admitted_ms), Some(1_001));
    assert_eq!(db.read(|c| log::leaves(c, 0, 2)), leaves);
    assert_eq!(db.read(|c| log::leaves(c, 1, 2)), leaves[1..]);
    assert_eq!(
        db.read(|c| log::leaves_of_chain(c, "tender:T-1", 0, 10)),
        leaves[1..]
    );
    assert_eq!(db.read(|c| log::node(c, 1, 0)), Some(hash(9)));
    assert_eq!(db.read(|c| log::node(c, 1, 1)), None);
    assert_eq!(
        db.read(|c| statement::by_id(c, &statement.id)),
        Some(statement.clone())
    );
    assert_eq!(db.read(|c| statement::at_index(c, 1)), Some(statement));
    assert_eq!(db.read(|c| statement::at_index(c, 0)), None);
    assert_eq!(db.read(|c| statement::by_id(c, "none")), None);
}

fn large_batches_go_in(db: &TestDatabase) {
    let (leaves, statements): (Vec<_>, Vec<_>) = (0..2_500).map(|i| act(i, "platform", i)).unzip();
    db.write(|c| log::append_batch(c, &leaves, &statements, &[]));
    assert_eq!(db.read(|c| statement::from_index(c, 0, 10_000)), statements);
}

fn gaps_and_repetitions_are_refused(db: &TestDatabase) {
    db.write(|c| log::append_batch(c, &[noise(0), noise(1)], &[], &[]));
    for wrong in [
        vec![noise(1)],
        vec![noise(3)],
        vec![noise(2), noise(2)],
        vec![noise(2), noise(4)],
        vec![noise(-1)],
    ] {
        let error = db.write_error(|c| log::append_batch(c, &wrong, &[], &[]));
        assert_eq!(error.code(), "store-out-of-order");
    }
    assert_eq!(db.read(log::size), 2);
}

fn leaves_and_statements_must_agree(db: &TestDatabase) {
    let (leaf, statement) = act(0, "platform", 0);
    let (_, elsewhere) = act(1, "platform", 0);
    let (_, other_chain) = act(0, "tender:x", 0);
    let cases = [
        (vec![leaf.clone()], vec![]),
        (vec![noise(0)], vec![statement.clone()]),
        (vec![leaf.clone()], vec![elsewhere]),
        (vec![leaf.clone()], vec![other_chain]),
        (vec![leaf], vec![statement.clone(), statement]),
    ];
    for (leaves, statements) in cases {
        let error = db.write_error(|c| log::append_batch(c, &leaves, &statements, &[]));
        assert_eq!(error.code(), "store-disagrees");
    }
    assert_eq!(db.read(log::size), 0);
}

fn time_never_goes_back(db: &TestDatabase) {
    let (leaf, statement) = act(0, "platform", 0);
    db.write(|c| log::append_batch(c, &[leaf], &[statement], &[]));
    let (leaf, mut statement) = act(1, "platform", 1);
    statement.admitted_ms = 999;
    let error = db.write_error(|c| {
        log::append_batch(
            c,
            std::slice::from_ref(&leaf),
            std::slice::from_ref(&statement),
            &[],
        )
    });
    assert_eq!(error.code(), "store-out-of-order");
    statement.admitted_ms = 1_000;
    db.write(|c| log::append_batch(c, &[leaf], &[statement], &[]));
}

fn a_statement_is_stored_once(db: &TestDatabase) {
    let (leaf, statement) = act(0, "platform", 0);
    db.write(|c| log::append_batch(c, &[leaf], std::slice::from_ref(&statement), &[]));
    // The same id at another place, and another id at the same place of the chain.
    let (mut same_id, mut same_id_statement) = act(1, "platform", 1);
    same_id.statement_id = Some(statement.id.clone());
    same_id_statement.id = statement.id;
    let (same_seq, same_seq_statement) = act(1, "platform", 0);
    for (leaf, statement) in [(same_id, same_id_statement), (same_seq, same_seq_statement)] {
        let error = db.write_error(|c| log::append_batch(c, &[leaf], &[statement], &[]));
        assert_eq!(error.code(), "store-conflict", "{error}");
    }
}

fn chains_are_read_in_pages(db: &TestDatabase) {
    let (leaves, statements): (Vec<_>, Vec<_>) = (0..20)
        .map(|i| act(i, ["tender:a", "tender:b"][i as usize % 2], i / 2))
        .unzip();
    db.write(|c| log::append_batch(c, &leaves, &statements, &[]));
    let seqs = |from, limit| -> Vec<i64> {
        db.read(|c| statement::of_chain(c, "tender:b", from, limit))
            .iter()
            .map(|s| s.seq)
            .collect()
    };
    assert_eq!(seqs(0, 4), [0, 1, 2, 3]);
    assert_eq!(seqs(4, 100), [4, 5, 6, 7, 8, 9]);
    assert_eq!(seqs(10, 100), [0_i64; 0]);
    let indexes: Vec<_> = db
        .read(|c| statement::from_index(c, 17, 2))
        .iter()
        .map(|s| s.log_index)
        .collect();
    assert_eq!(indexes, [17, 18]);
}

fn head(chain: &str, seq: i64, log_index: i64) -> ChainHead {
    ChainHead {
        chain: chain.to_owned(),
        seq,
        head: hash(log_index),
        log_index,
    }
}

fn chain_heads_move_forward_only(db: &TestDatabase) {
    db.write(|c| log::append_batch(c, &[noise(0), noise(1)], &[], &[]));
    assert_eq!(db.read(|c| statement::chain_head(c, "platform")), None);
    db.write(|c| statement::put_chain_head(c, &head("platform", 0, 0)));
    db.write(|c| statement::put_chain_head(c, &head("platform", 3, 1)));
    assert_eq!(
        db.read(|c| statement::chain_head(c, "platform")),
        Some(head("platform", 3, 1))
    );
    for seq in [3, 2] {
        let error = db.write_error(|c| statement::put_chain_head(c, &head("platform", seq, 1)));
        assert_eq!(error.code(), "store-out-of-order");
    }
    let error = db.write_error(|c| statement::put_chain_head(c, &head("tender:x", 0, 99)));
    assert_eq!(error.code(), "store-refused");
}

fn a_wrong_chain_head_is_found(db: &TestDatabase) {
    let (leaves, statements): (Vec<_>, Vec<_>) = [
        act(0, "a", 0),
        act(1, "a", 1),
        act(2, "b", 0),
        act(3, "c", 0),
    ]
    .into_iter()
    .unzip();
    db.write(|c| {
        log::append_batch(c, &leaves, &statements, &[])?;
        statement::put_chain_head(c, &head("a", 1, 1))?;
        statement::put_chain_head(c, &head("b", 0, 2))?;
        statement::put_chain_head(c, &head("c", 0, 3))
    });
    assert_eq!(db.read(statement::chains_with_wrong_head), [""; 0]);
    db.write(|c| {
        sql(c, "UPDATE chain_head SET seq = 0 WHERE chain = 'a'")?;
        sql(c, "DELETE FROM chain_head WHERE chain = 'b'")?;
        sql(c, "INSERT INTO chain_head SELECT 'd', seq, head, log_index FROM chain_head WHERE chain = 'c'")
    });
    assert_eq!(db.read(statement::chains_with_wrong_head), ["a", "b", "d"]);
}

fn checkpoint(size: i64, root: i64, made_ms: i64) -> Checkpoint {
    Checkpoint {
        size,
        root: hash(root),
        note: format!("note of {size} at {made_ms}"),
        made_ms,
    }
}

fn checkpoints_never_contradict_each_other(db: &TestDatabase) {
    assert_eq!(db.read(log::latest_checkpoint), None);
    for size in [8, 16, 24] {
        db.write(|c| log::insert_checkpoint(c, &checkpoint(size, size, 1)));
    }
    assert_eq!(db.read(log::latest_checkpoint), Some(checkpoint(24, 24, 1)));
    for (asked, found) in [
        (1, Some(8)),
        (8, Some(8)),
        (9, Some(16)),
        (24, Some(24)),
        (25, None),
    ] {
        assert_eq!(
            db.read(|c| log::checkpoint_at_or_after(c, asked))
                .map(|c| c.size),
            found
        );
    }
    // A second node signed the same tree later: the first one stays.
    assert_eq!(
        db.write(|c| log::insert_checkpoint(c, &checkpoint(16, 16, 2))),
        checkpoint(16, 16, 1)
    );
    let error = db.write_error(|c| log::insert_checkpoint(c, &checkpoint(16, 17, 2)));
    assert_eq!(error.code(), "store-disagrees");
}

fn cosignatures_belong_to_a_checkpoint(db: &TestDatabase) {
    let by = |witness: &str, size| Cosignature {
        size,
        witness: witness.to_owned(),
        line: format!("\u{2014} {witness} AAAA"),
        t_ms: 5,
    };
    db.write(|c| log::insert_checkpoint(c, &checkpoint(8, 8, 1)));
    db.write(|c| log::insert_cosignature(c, &by("w2", 8)));
    db.write(|c| log::insert_cosignature(c, &by("w1", 8)));
    assert_eq!(
        db.read(|c| log::cosignatures(c, 8)),
        [by("w1", 8), by("w2", 8)]
    );
    assert_eq!(
        db.write_error(|c| log::insert_cosignature(c, &by("w1", 8)))
            .code(),
        "store-conflict"
    );
    assert_eq!(
        db.write_error(|c| log::insert_cosignature(c, &by("w1", 9)))
            .code(),
        "store-refused"
    );
}

/// Several nodes ask the same witness: her first line stays, and the second is no error.
fn a_cosignature_is_kept_once(db: &TestDatabase) {
    let by = |witness: &str, size, t_ms| Cosignature {
        size,
        witness: witness.to_owned(),
        line: format!("\u{2014} {witness} AAAA"),
        t_ms,
    };
    for size in [8, 16, 24] {
        db.write(|c| log::insert_checkpoint(c, &checkpoint(size, size, 1)));
    }
    assert!(db.write(|c| log::keep_cosignature(c, &by("w1", 8, 5))));
    assert!(!db.write(|c| log::keep_cosignature(c, &by("w1", 8, 6))));
    assert!(db.write(|c| log::keep_cosignature(c, &by("w2", 8, 7))));
    assert!(db.write(|c| log::keep_cosignature(c, &by("w2", 24, 8))));
    assert_eq!(
        db.read(|c| log::cosignatures(c, 8)),
        [by("w1", 8, 5), by("w2", 8, 7)]
    );
    assert_eq!(
        db.write_error(|c| log::keep_cosignature(c, &by("w1", 9, 5)))
            .code(),
        "store-refused"
    );
    assert_eq!(db.read(|c| log::cosigned_from(c, 0, 9)), [8, 24]);
    assert_eq!(db.read(|c| log::cosigned_from(c, 9, 9)), [24]);
    assert_eq!(db.read(|c| log::newest_cosigned(c, 1)), [24]);
    assert_eq!(db.read(|c| log::newest_cosigned_by(c, "w1")), Some(8));
    assert_eq!(db.read(|c| log::newest_cosigned_by(c, "w3")), None);
    assert_eq!(
        db.read(|c| log::checkpoint_of_size(c, 16)),
        Some(checkpoint(16, 16, 1))
    );
    assert_eq!(db.read(|c| log::checkpoint_of_size(c, 17)), None);
}

fn hidden_kinds_are_skipped_and_do_not_count(db: &TestDatabase) {
    let (leaves, mut statements): (Vec<_>, Vec<_>) = (0..9).map(|i| act(i, "tender:a", i)).unzip();
    for statement in statements.iter_mut().filter(|s| s.seq % 3 != 0) {
        statement.kind = ["bid", "withdrawal"][statement.seq as usize % 2].to_owned();
    }
    db.write(|c| log::append_batch(c, &leaves, &statements, &[]));
    let seqs = |from, hidden: &[&str], limit| -> Vec<i64> {
        db.read(|c| statement::of_chain_without(c, "tender:a", from, hidden, limit))
            .iter()
            .map(|s| s.seq)
            .collect()
    };
    assert_eq!(seqs(0, &["bid", "withdrawal"], 2), [0, 3]);
    assert_eq!(seqs(4, &["bid", "withdrawal"], 9), [6]);
    assert_eq!(seqs(0, &["bid"], 3), [0, 1, 3]);
    assert_eq!(seqs(0, &[], 100).len(), 9);
}
