//! Uploads.

use store::blob::{self, Completion, SegmentPlan};

use crate::support::{TestDatabase, hash, on_both};

on_both!(
    an_upload_from_declaration_to_completion,
    declaring_again_changes_nothing,
    a_different_declaration_is_refused,
    many_declare_at_once,
    big_uploads_are_declared,
    quotas_count_what_is_declared,
    unknown_segments_are_named,
    all_complete_uploads_are_walked,
);

fn plan(segments: i64) -> Vec<SegmentPlan> {
    (0..segments)
        .map(|n| SegmentPlan {
            leaf_hash: hash(n),
            size_bytes: 100 + n,
        })
        .collect()
}

fn an_upload_from_declaration_to_completion(db: &TestDatabase) {
    let root = hash(77);
    db.write(|c| blob::declare(c, "org-a", &root, &plan(3), 10));
    let missing = |limit| db.read(|c| blob::missing_segments(c, "org-a", &root, limit));
    assert_eq!(missing(10), [0, 1, 2]);
    assert_eq!(missing(2), [0, 1]);
    assert!(db.write(|c| blob::mark_segment_stored(c, "org-a", &root, 1)));
    assert!(!db.write(|c| blob::mark_segment_stored(c, "org-a", &root, 1)));
    assert_eq!(missing(10), [0, 2]);
    assert_eq!(
        db.write(|c| blob::complete(c, "org-a", &root, 20)),
        Completion::Missing(2)
    );
    assert_eq!(db.read(|c| blob::complete_by_root(c, &root)), None);
    for n in [0, 2] {
        db.write(|c| blob::mark_segment_stored(c, "org-a", &root, n));
    }
    for now_ms in [30, 40] {
        let Completion::Complete(blob) = db.write(|c| blob::complete(c, "org-a", &root, now_ms))
        else {
            panic!("not complete");
        };
        assert_eq!(
            (
                blob.complete_ms,
                blob.size_bytes,
                blob.segments,
                blob.created_ms
            ),
            (Some(30), 303, 3, 10)
        );
    }
    let segment = db.read(|c| blob::segment(c, "org-a", &root, 2)).unwrap();
    assert_eq!(
        (segment.leaf_hash, segment.size_bytes, segment.stored),
        (hash(2), 102, true)
    );
    assert_eq!(db.read(|c| blob::segment(c, "org-a", &root, 3)), None);
    assert_eq!(
        db.read(|c| blob::complete_by_root(c, &root))
            .map(|b| b.account)
            .as_deref(),
        Some("org-a")
    );
    // Another account's upload of the same content is its own.
    assert_eq!(db.read(|c| blob::get(c, "org-b", &root)), None);
}

fn declaring_again_changes_nothing(db: &TestDatabase) {
    let root = hash(1);
    let first = db.write(|c| blob::declare(c, "org-a", &root, &plan(2), 10));
    db.write(|c| blob::mark_segment_stored(c, "org-a", &root, 0));
    assert_eq!(
        db.write(|c| blob::declare(c, "org-a", &root, &plan(2), 99)),
        first
    );
    assert_eq!(
        db.read(|c| blob::missing_segments(c, "org-a", &root, 9)),
        [1]
    );
    assert_eq!(db.read(|c| blob::bytes_of_account(c, "org-a")), 201);
}

fn a_different_declaration_is_refused(db: &TestDatabase) {
    let root = hash(1);
    db.write(|c| blob::declare(c, "org-a", &root, &plan(2), 10));
    let mut other = plan(2);
    other[1].leaf_hash = hash(5);
    for wrong in [
        plan(1),
        plan(3),
        other,
        vec![
            SegmentPlan {
                leaf_hash: hash(0),
                size_bytes: i64::MAX
            };
            2
        ],
    ] {
        let error = db.write_error(|c| blob::declare(c, "org-a", &root, &wrong, 10));
        assert_eq!(error.code(), "store-disagrees", "{error}");
    }
}

fn many_declare_at_once(db: &TestDatabase) {
    let root = hash(1);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| db.write(|c| blob::declare(c, "org-a", &root, &plan(4), 10)));
        }
    });
    assert_eq!(db.read(|c| blob::segments(c, "org-a", &root)).len(), 4);
}

fn big_uploads_are_declared(db: &TestDatabase) {
    // 16 GiB in segments of 4 198 400 bytes.
    let blob = db.write(|c| blob::declare(c, "org-a", &hash(1), &plan(4_093), 10));
    assert_eq!(blob.segments, 4_093);
    assert_eq!(
        db.read(|c| blob::missing_segments(c, "org-a", &hash(1), 5_000))
            .len(),
        4_093
    );
}

fn quotas_count_what_is_declared(db: &TestDatabase) {
    assert_eq!(db.read(|c| blob::bytes_of_account(c, "org-a")), 0);
    let large = [SegmentPlan {
        leaf_hash: hash(0),
        size_bytes: 1 << 40,
    }];
    db.write(|c| blob::declare(c, "org-a", &hash(1), &large, 10));
    db.write(|c| blob::declare(c, "org-a", &hash(2), &plan(2), 10));
    db.write(|c| blob::declare(c, "org-b", &hash(2), &plan(2), 10));
    assert_eq!(
        db.read(|c| blob::bytes_of_account(c, "org-a")),
        (1 << 40) + 201
    );
    assert_eq!(db.read(|c| blob::bytes_of_account(c, "org-b")), 201);
}

fn unknown_segments_are_named(db: &TestDatabase) {
    let root = hash(1);
    db.write(|c| blob::declare(c, "org-a", &root, &plan(1), 10));
    let error = db.write_error(|c| blob::mark_segment_stored(c, "org-a", &root, 1));
    assert_eq!(error.code(), "store-no-such-row");
    let error = db.write_error(|c| blob::complete(c, "org-b", &root, 1));
    assert_eq!(error.code(), "store-no-such-row");
}

fn all_complete_uploads_are_walked(db: &TestDatabase) {
    for (account, root) in [("org-b", 1), ("org-a", 2), ("org-a", 1), ("org-c", 1)] {
        db.write(|c| blob::declare(c, account, &hash(root), &[], 1));
        if account != "org-c" {
            db.write(|c| blob::complete(c, account, &hash(root), 2));
        }
    }
    let (mut account, mut root, mut seen) = (String::new(), [0; 32], Vec::new());
    while let Some(next) = db
        .read(|c| blob::complete_after(c, &account, &root, 1))
        .pop()
    {
        (account, root) = (next.account.clone(), next.root);
        seen.push((next.account, next.root));
    }
    let expected = [("org-a", 1), ("org-a", 2), ("org-b", 1)];
    assert_eq!(seen, expected.map(|(a, n)| (a.to_owned(), hash(n))));
}
