//! Sessions, challenges, settings, refusals.

use std::sync::atomic::{AtomicU32, Ordering};

use store::audit::{self, Refusal};
use store::session::{self, Challenge, Session};
use store::setting;

use crate::support::{TestDatabase, hash, on_both};

on_both!(
    sessions_expire_to_the_millisecond,
    a_challenge_is_taken_once,
    an_expired_challenge_is_taken_and_void,
    settings_are_kept,
    numbers_move_forward_only,
    refusals_are_listed_and_pruned,
);

fn sessions_expire_to_the_millisecond(db: &TestDatabase) {
    let row = |n, expires_ms| Session {
        token_hash: hash(n),
        account: "org-a".to_owned(),
        key_id: "k1".to_owned(),
        created_ms: 5,
        expires_ms,
    };
    db.write(|c| session::create(c, &row(1, 100)));
    db.write(|c| session::create(c, &row(2, 200)));
    assert_eq!(
        db.read(|c| session::get(c, &hash(1), 99)),
        Some(row(1, 100))
    );
    assert_eq!(db.read(|c| session::get(c, &hash(1), 100)), None);
    assert_eq!(db.read(|c| session::get(c, &hash(3), 0)), None);
    assert_eq!(db.write(|c| session::expire(c, 100)), 1);
    assert_eq!(db.read(|c| session::get(c, &hash(1), 0)), None);
    db.write(|c| session::end(c, &hash(2)));
    db.write(|c| session::end(c, &hash(2)));
    assert_eq!(db.read(|c| session::get(c, &hash(2), 0)), None);
}

fn challenge(n: i64) -> Challenge {
    Challenge {
        nonce: hash(n),
        key_id: "k1".to_owned(),
        expires_ms: 100,
    }
}

fn a_challenge_is_taken_once(db: &TestDatabase) {
    db.write(|c| session::put_challenge(c, &challenge(1)));
    assert_eq!(
        db.write_error(|c| session::put_challenge(c, &challenge(1)))
            .code(),
        "store-conflict"
    );
    let taken = AtomicU32::new(0);
    let nodes = [db.another_node(), db.another_node()];
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let (node, taken) = (&nodes[thread % 2], &taken);
            scope.spawn(move || {
                if node
                    .write(|c| session::take_challenge(c, &hash(1), 50))
                    .unwrap()
                    == Some(challenge(1))
                {
                    taken.fetch_add(1, Ordering::SeqCst);
                }
            });
        }
    });
    assert_eq!(taken.into_inner(), 1);
}

fn an_expired_challenge_is_taken_and_void(db: &TestDatabase) {
    db.write(|c| session::put_challenge(c, &challenge(1)));
    db.write(|c| session::put_challenge(c, &challenge(2)));
    assert_eq!(
        db.write(|c| session::take_challenge(c, &hash(1), 100)),
        None
    );
    assert_eq!(db.write(|c| session::take_challenge(c, &hash(1), 50)), None);
    assert_eq!(db.write(|c| session::expire(c, 100)), 1);
}

fn settings_are_kept(db: &TestDatabase) {
    assert_eq!(db.read(|c| setting::get(c, "origin")), None);
    db.write(|c| setting::put(c, "origin", "demo.a"));
    db.write(|c| setting::put(c, "origin", "demo.招标"));
    assert_eq!(
        db.read(|c| setting::get(c, "origin")).as_deref(),
        Some("demo.招标")
    );
}

fn numbers_move_forward_only(db: &TestDatabase) {
    assert_eq!(db.read(|c| setting::get_number(c, "demo-clock")), None);
    for value in [-5, 7, 7, 100_000_000_000_000] {
        db.write(|c| setting::put_forward(c, "demo-clock", value));
        assert_eq!(
            db.read(|c| setting::get_number(c, "demo-clock")),
            Some(value)
        );
    }
    let error = db.write_error(|c| setting::put_forward(c, "demo-clock", 8));
    assert_eq!(error.code(), "store-out-of-order");
    assert_eq!(
        db.read(|c| setting::get_number(c, "demo-clock")),
        Some(100_000_000_000_000)
    );
    db.write(|c| setting::put(c, "demo-clock", "noon"));
    let error = db.write_error(|c| setting::put_forward(c, "demo-clock", 8));
    assert_eq!(error.code(), "store-disagrees");
}

fn refusals_are_listed_and_pruned(db: &TestDatabase) {
    let refusal = |n: i64, chain: Option<&str>| Refusal {
        id: format!("0190-{n}"),
        at_ms: n,
        chain: chain.map(str::to_owned),
        kind: chain.map(|_| "notice".to_owned()),
        statement_id: None,
        code: "late".to_owned(),
        request_id: "r".to_owned(),
    };
    db.write(|c| (0..5).try_for_each(|n| audit::insert(c, &refusal(n, Some("tender:x")))));
    db.write(|c| audit::insert(c, &refusal(5, None)));
    assert_eq!(
        db.read(|c| audit::latest(c, 2)),
        [refusal(5, None), refusal(4, Some("tender:x"))]
    );
    assert_eq!(db.write(|c| audit::prune(c, 5)), 5);
    assert_eq!(db.read(|c| audit::latest(c, 10)).len(), 1);
}
