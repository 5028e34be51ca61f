//! `/api/v1/blobs`: segments wrong, twice, in any order, cut off and resumed.

use actix_web::http::Method;
use play::Actor;
use record::Digest;
use record::sealing::{SEGMENT_BYTES, root_of_leaves, segment_leaf};
use serde_json::{Value, json};

use crate::harness::{Answer, Server};

struct Upload {
    server: Server,
    token: String,
}

struct Content {
    segments: Vec<Vec<u8>>,
}

impl Content {
    /// A document of two full segments and a short one.
    fn document() -> Content {
        let segment = |fill: u8, length: usize| vec![fill; length];
        Content {
            segments: vec![
                segment(1, SEGMENT_BYTES),
                segment(2, SEGMENT_BYTES),
                segment(3, 1_000),
            ],
        }
    }

    /// A sealed part: header, one segment.
    fn part() -> Content {
        Content {
            segments: vec![vec![7; 56], vec![8; 5_000]],
        }
    }

    fn leaves(&self) -> Vec<Digest> {
        self.segments
            .iter()
            .map(|segment| segment_leaf(segment))
            .collect()
    }

    fn root(&self) -> Digest {
        root_of_leaves(&self.leaves())
    }

    fn declaration(&self) -> Value {
        let size: usize = self.segments.iter().map(Vec::len).sum();
        json!({ "root": self.root(), "size_bytes": size, "leaves": self.leaves() })
    }
}

impl Upload {
    fn new() -> Upload {
        Upload::with_quota(64 << 30)
    }

    fn with_quota(bytes: u64) -> Upload {
        let server = Server::start_with(|config| config.quota_bytes = bytes);
        let actor = Actor::new("company");
        server.register(&actor);
        let token = server.session(&actor);
        Upload { server, token }
    }

    #[track_caller]
    fn declare(&self, body: &Value) -> Answer {
        self.server
            .with_token(Method::POST, "/api/v1/blobs", &self.token, body.to_string())
    }

    #[track_caller]
    fn put(&self, root: Digest, segment: &str, bytes: &[u8]) -> Answer {
        let path = format!("/api/v1/blobs/{root}/segments/{segment}");
        self.server
            .with_token(Method::PUT, &path, &self.token, bytes)
    }

    #[track_caller]
    fn missing(&self, root: Digest) -> Value {
        let answer = self.server.with_token(
            Method::GET,
            &format!("/api/v1/blobs/{root}"),
            &self.token,
            "",
        );
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()["missing"].clone()
    }
}

#[test]
fn segments_come_in_any_order_and_twice() {
    let (upload, content) = (Upload::new(), Content::document());
    let root = content.root();
    assert_eq!(
        upload.declare(&content.declaration()).json(),
        json!({ "root": root, "segments": 3, "missing": [0, 1, 2] })
    );
    for place in [2, 0, 2] {
        assert_eq!(
            upload
                .put(root, &place.to_string(), &content.segments[place])
                .status,
            204
        );
    }
    // Resuming: declare again, learn what is missing.
    assert_eq!(
        upload.declare(&content.declaration()).json()["missing"],
        json!([1])
    );
    assert_eq!(upload.put(root, "1", &content.segments[1]).status, 204);
    assert_eq!(upload.missing(root), json!([]));
    assert_eq!(upload.put(root, "1", &content.segments[1]).status, 204);
}

#[test]
fn wrong_bytes_are_refused_and_nothing_is_stored() {
    let (upload, content) = (Upload::new(), Content::part());
    let root = content.root();
    upload.declare(&content.declaration());
    let whole = &content.segments[1];
    let mut flipped = whole.clone();
    flipped[4_999] ^= 1;
    for bytes in [
        &whole[..4_999],
        &whole[..0],
        &flipped,
        &content.segments[0],
        &[whole.as_slice(), b"x"].concat(),
    ] {
        upload
            .put(root, "1", bytes)
            .is_problem(422, "segment-mismatch");
    }
    assert_eq!(upload.missing(root), json!([0, 1]));
    // Swapped segments are wrong ones.
    upload
        .put(root, "0", whole)
        .is_problem(422, "segment-mismatch");
    assert_eq!(upload.put(root, "1", whole).status, 204);
    assert_eq!(upload.missing(root), json!([0]));
}

/// An upload that is cut off at any byte has stored nothing of that segment, and is resumed with it.
#[test]
fn an_upload_cut_off_anywhere_can_be_resumed() {
    let (upload, content) = (
        Upload::new(),
        Content {
            segments: vec![(0..200).collect()],
        },
    );
    let root = content.root();
    upload.declare(&content.declaration());
    for cut in 0..200 {
        upload
            .put(root, "0", &content.segments[0][..cut])
            .is_problem(422, "segment-mismatch");
        assert_eq!(upload.missing(root), json!([0]));
    }
    assert_eq!(upload.put(root, "0", &content.segments[0]).status, 204);
}

#[test]
fn what_was_not_declared_is_not_taken() {
    let (upload, content) = (Upload::new(), Content::part());
    let root = content.root();
    upload
        .put(root, "0", &content.segments[0])
        .is_problem(404, "blob-not-declared");
    upload.declare(&content.declaration());
    upload
        .put(root, "2", b"")
        .is_problem(404, "segment-unknown");
    upload
        .put(root, &u64::MAX.to_string(), b"")
        .is_problem(404, "segment-unknown");
    for segment in ["-1", "x", "18446744073709551616"] {
        upload
            .put(root, segment, b"")
            .is_problem(400, "path-invalid");
    }
    let path = format!("/api/v1/blobs/{}/segments/0", "A".repeat(64));
    upload
        .server
        .with_token(Method::PUT, &path, &upload.token, "")
        .is_problem(400, "path-invalid");
}

#[test]
fn declarations_must_be_right() {
    let (upload, content) = (Upload::new(), Content::document());
    let with = |field: &str, value: Value| {
        let mut body = content.declaration();
        body[field] = value;
        upload.declare(&body)
    };
    with("root", json!("00".repeat(32))).is_problem(422, "blob-declaration");
    with("leaves", json!([])).is_problem(422, "blob-declaration");
    with("size_bytes", json!(1)).is_problem(422, "blob-declaration");
    with("size_bytes", json!(9_007_199_254_740_991_u64)).is_problem(422, "blob-declaration");
    with("size_bytes", json!(-1)).is_problem(400, "json-invalid-value");
    with("size_bytes", json!(1.5)).is_problem(400, "json-float");
    with("root", json!("zz")).is_problem(400, "json-invalid-value");
    with("name", json!("x")).is_problem(400, "json-unknown-field");
    with("leaves", json!(vec!["00".repeat(32); 4_201])).is_problem(422, "blob-declaration");
    // The same content with another size is another plan.
    let one = Content {
        segments: vec![vec![1; 100]],
    };
    upload.declare(&one.declaration());
    let mut other = one.declaration();
    other["size_bytes"] = json!(99);
    upload.declare(&other).is_problem(409, "blob-conflict");
}

#[test]
fn the_largest_declaration_fits() {
    let upload = Upload::new();
    let leaves = vec![segment_leaf(&[]); 4_093];
    let size = 56 + 4_092 * SEGMENT_BYTES as u64 - 100_000;
    let body = json!({ "root": root_of_leaves(&leaves), "size_bytes": size, "leaves": leaves });
    let answer = upload.declare(&body);
    assert!(
        answer.status == 200 || answer.status == 422,
        "{}",
        answer.text()
    );
    let leaves = vec![segment_leaf(&[]); 4_000];
    let size = 56 + 3_999 * SEGMENT_BYTES as u64;
    let body = json!({ "root": root_of_leaves(&leaves), "size_bytes": size, "leaves": leaves });
    assert_eq!(upload.declare(&body).json()["segments"], 4_000);
}

#[test]
fn a_segment_has_its_limit() {
    let (upload, content) = (Upload::new(), Content::document());
    upload.declare(&content.declaration());
    upload
        .put(content.root(), "0", &vec![0; SEGMENT_BYTES + 1])
        .is_problem(413, "body-too-large");
}

#[test]
fn an_account_has_a_quota() {
    let upload = Upload::with_quota(10_000);
    assert_eq!(upload.declare(&Content::part().declaration()).status, 200);
    // Again is not more.
    assert_eq!(upload.declare(&Content::part().declaration()).status, 200);
    let other = Content {
        segments: vec![vec![9; 5_000]],
    };
    upload
        .declare(&other.declaration())
        .is_problem(409, "quota-exceeded");
    // What fits still fits.
    assert_eq!(
        upload
            .declare(
                &Content {
                    segments: vec![vec![9; 4_000]]
                }
                .declaration()
            )
            .status,
        200
    );
}

#[test]
fn uploads_of_others_cannot_be_seen() {
    let (upload, content) = (Upload::new(), Content::part());
    upload.declare(&content.declaration());
    let other = Actor::new("other");
    upload.server.register(&other);
    let token = upload.server.session(&other);
    let path = format!("/api/v1/blobs/{}", content.root());
    upload
        .server
        .with_token(Method::GET, &path, &token, "")
        .is_problem(404, "blob-not-declared");
}

#[test]
fn an_empty_document_has_one_empty_segment() {
    let (upload, content) = (
        Upload::new(),
        Content {
            segments: vec![Vec::new()],
        },
    );
    assert_eq!(
        upload.declare(&content.declaration()).json()["missing"],
        json!([0])
    );
    assert_eq!(upload.put(content.root(), "0", b"").status, 204);
    assert_eq!(upload.missing(content.root()), json!([]));
}
