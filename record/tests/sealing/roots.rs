//! Roots of parts and of document sets.

use record::Digest;
use record::sealing::{
    PART_HEADER_BYTES, PartRoot, SEGMENT_BYTES, document_set_digest, part_root, root_of_leaves,
    segment_leaf,
};

use crate::vectors;

fn pattern(length: usize, factor: usize, offset: usize) -> Vec<u8> {
    (0..length)
        .map(|index| (factor * index + offset) as u8)
        .collect()
}

#[test]
fn the_part_root_vector() {
    let vector = vectors::all()["part_root"].clone();
    let mut root = PartRoot::new();
    let leaves = [
        root.push(&vectors::bytes(&vector["header"])),
        root.push(&pattern(1000, 7, 3)),
        root.push(&pattern(300, 5, 1)),
    ];
    assert_eq!(root.leaves(), leaves);
    let expected: Digest = vectors::text(&vector, "root").parse().unwrap();
    assert_eq!(root.finish(), expected);
    assert_eq!(root_of_leaves(&leaves), expected);
}

#[test]
fn a_part_in_memory_has_the_root_of_its_segments() {
    let part = pattern(PART_HEADER_BYTES + 2 * SEGMENT_BYTES + 99, 11, 5);
    let (header, rest) = part.split_at(PART_HEADER_BYTES);
    let segments: Vec<_> = rest.chunks(SEGMENT_BYTES).collect();
    assert_eq!(segments.len(), 3);
    let leaves: Vec<_> = std::iter::once(header)
        .chain(segments)
        .map(segment_leaf)
        .collect();
    assert_eq!(part_root(&part), root_of_leaves(&leaves));
    assert_eq!(leaves[0], Digest::sha256(&[&[0], header].concat()));
    assert_ne!(part_root(&part[..part.len() - 1]), part_root(&part));
    assert_eq!(part_root(b"short"), segment_leaf(b"short"));
}

#[test]
fn the_document_set_vector() {
    let vector = vectors::all()["document_set"].clone();
    let document = |value: &serde_json::Value| {
        let root = vectors::text(value, "root").parse().unwrap();
        (
            vectors::text(value, "name").to_owned(),
            value["size"].as_u64().unwrap(),
            root,
        )
    };
    let mut documents: Vec<_> = vector["documents"]
        .as_array()
        .unwrap()
        .iter()
        .map(document)
        .collect();
    assert_eq!(
        document_set_digest(&documents).unwrap().to_string(),
        vectors::text(&vector, "digest")
    );
    let first = documents[0].clone();
    documents.reverse();
    assert_eq!(
        document_set_digest(&documents).unwrap_err().code(),
        "seal-document-order"
    );
    assert_eq!(
        document_set_digest(&[first.clone(), first])
            .unwrap_err()
            .code(),
        "seal-document-order"
    );
}
