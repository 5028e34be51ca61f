//! What `read` and `write` promise.

use std::sync::{Barrier, mpsc};
use std::time::Duration;

use store::{Backend, Store, StoreError, StoreOptions, log, setting, statement};

use crate::support::{Done, TestDatabase, act, noise, on_both, options, sql};

on_both!(
    rollback_leaves_nothing,
    panic_does_not_poison,
    read_refuses_writes,
    read_is_one_snapshot,
    writers_never_interleave,
    a_follower_of_the_log_misses_nothing,
    a_swallowed_error_never_loses_a_commit_silently,
    nested_write_is_an_error_not_a_deadlock,
    a_held_lock_is_reported_as_busy,
);

fn rollback_leaves_nothing(db: &TestDatabase) {
    let error = db.write_error(|c| {
        let (leaf, statement) = act(0, "platform", 0);
        log::append_batch(c, &[leaf], &[statement], &[])?;
        setting::put(c, "x", "1")?;
        Err::<(), _>(StoreError::Busy("on purpose".to_owned()))
    });
    assert_eq!(error.code(), "store-busy");
    assert_eq!(db.read(log::size), 0);
    assert_eq!(db.read(|c| setting::get(c, "x")), None);
    assert_eq!(db.write(log::size), 0);
}

fn panic_does_not_poison(db: &TestDatabase) {
    for _ in 0..3 {
        let result = std::thread::scope(|scope| {
            scope
                .spawn(|| {
                    db.store.write(|c| {
                        setting::put(c, "x", "1")?;
                        panic!("on purpose");
                        #[expect(unreachable_code, reason = "gives the closure its type")]
                        Ok::<(), StoreError>(())
                    })
                })
                .join()
        });
        assert!(result.is_err());
        assert_eq!(db.write(|c| setting::get(c, "x")), None);
    }
    db.write(|c| setting::put(c, "x", "2"));
    assert_eq!(db.read(|c| setting::get(c, "x")).as_deref(), Some("2"));
}

fn read_refuses_writes(db: &TestDatabase) {
    let error = db.store.read(|c| setting::put(c, "x", "1")).unwrap_err();
    assert_eq!(error.code(), "store-refused", "{error}");
    assert_eq!(db.read(|c| setting::get(c, "x")), None);
}

fn read_is_one_snapshot(db: &TestDatabase) {
    let (before, after) = db.read(|c| {
        let before = log::size(c)?;
        db.write(|w| log::append_batch(w, &[noise(0)], &[], &[]));
        Ok((before, log::size(c)?))
    });
    assert_eq!((before, after), (0, 0));
    assert_eq!(db.read(log::size), 1);
}

/// Appends two statements and a noise leaf the way the sequencer does: look, then write.
fn append_three(store: &Store, chain: &str, seq: i64) {
    store
        .write(|c| {
            let size = log::size(c)?;
            std::thread::yield_now();
            let (leaf_1, statement_1) = act(size, chain, seq);
            let (leaf_2, statement_2) = act(size + 1, chain, seq + 1);
            log::append_batch(
                c,
                &[leaf_1, leaf_2, noise(size + 2)],
                &[statement_1, statement_2],
                &[],
            )
        })
        .unwrap();
}

const THREADS: i64 = 6;
const ROUNDS: i64 = 25;

/// Six threads on two nodes.
fn write_much(db: &TestDatabase) {
    let nodes = [db.another_node(), db.another_node()];
    let barrier = Barrier::new(THREADS as usize);
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let (node, barrier) = (&nodes[thread as usize % 2], &barrier);
            scope.spawn(move || {
                barrier.wait();
                for round in 0..ROUNDS {
                    append_three(node, &format!("tender:{thread}"), round * 2);
                }
            });
        }
    });
}

fn writers_never_interleave(db: &TestDatabase) {
    write_much(db);
    let leaves = db.read(|c| log::leaves(c, 0, i64::MAX));
    assert_eq!(leaves.len() as i64, THREADS * ROUNDS * 3);
    for (batch, expected) in leaves.chunks(3).zip((0..).step_by(3)) {
        assert_eq!(batch[0].idx, expected);
        assert_eq!(batch[0].chain, batch[1].chain);
        assert_eq!(batch[0].seq.map(|seq| seq + 1), batch[1].seq);
        assert_eq!(batch[2].chain, None);
    }
    for thread in 0..THREADS {
        let chain = db.read(|c| statement::of_chain(c, &format!("tender:{thread}"), 0, 1_000));
        assert!(chain.iter().map(|s| s.seq).eq(0..ROUNDS * 2));
        assert!(chain.is_sorted_by_key(|s| s.log_index));
    }
}

/// The gap hazard: with indexes from a sequence a reader could see 8 before 7 is committed, and never come back for 7.
fn a_follower_of_the_log_misses_nothing(db: &TestDatabase) {
    let done = Done::default();
    let seen = std::thread::scope(|scope| {
        let follower = scope.spawn(|| {
            let mut seen = Vec::new();
            loop {
                let last_look = done.is_done();
                let from = seen.last().map_or(0, |idx| idx + 1);
                let new = db.read(|c| log::leaves(c, from, i64::MAX));
                assert_eq!(new.len() % 3, 0, "half a batch was visible");
                seen.extend(new.iter().map(|leaf| leaf.idx));
                if last_look {
                    return seen;
                }
            }
        });
        let writing = done.when_dropped();
        write_much(db);
        drop(writing);
        follower.join().unwrap()
    });
    assert!(seen.into_iter().eq(0..THREADS * ROUNDS * 3));
}

fn a_swallowed_error_never_loses_a_commit_silently(db: &TestDatabase) {
    let result = db.store.write(|c| {
        setting::put(c, "kept", "1")?;
        // Fails, and the caller ignores it.
        let _ = sql(c, "INSERT INTO setting (name, value) VALUES ('kept', '2')");
        Ok::<_, StoreError>(())
    });
    let kept = db.read(|c| setting::get(c, "kept"));
    // SQLite takes back the one statement, PostgreSQL aborts the transaction. Ok must mean kept on both.
    assert_eq!(result.is_ok(), kept.is_some());
    assert_eq!(result.is_ok(), db.store.backend() == Backend::Sqlite);
    db.write(|c| setting::put(c, "kept", "3"));
}

fn nested_write_is_an_error_not_a_deadlock(db: &TestDatabase) {
    let quick = StoreOptions {
        wait: Duration::from_millis(200),
        ..options()
    };
    let store = Store::open(&db.url, &quick).unwrap();
    let error = store
        .write(|_| store.write(|_| Ok::<(), StoreError>(())))
        .unwrap_err();
    assert_eq!(error.code(), "store-busy", "{error}");
}

/// Another process (node, backup) keeps the lock for longer than the five seconds that a writer waits.
fn a_held_lock_is_reported_as_busy(db: &TestDatabase) {
    let other = db.another_node();
    let held = Barrier::new(2);
    // Dropped by a panic too, so that a failure does not hang.
    let (release, released) = mpsc::channel::<()>();
    std::thread::scope(|scope| {
        let (other, held) = (&other, &held);
        scope.spawn(move || {
            other.write(|_| {
                held.wait();
                let _ = released.recv();
                Ok::<(), StoreError>(())
            })
        });
        held.wait();
        let error = db.write_error(|_| Ok(()));
        assert_eq!(error.code(), "store-busy", "{error}");
        // Reading does not wait for writers.
        assert_eq!(db.read(log::size), 0);
        drop(release);
    });
    db.write(|c| setting::put(c, "x", "1"));
}
