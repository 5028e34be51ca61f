//! The outer form of a bundle: one zip file for given members, and nothing else is read.

#![expect(clippy::unwrap_used, reason = "tests may panic")]

use std::io::{Cursor, Read as _, Write as _};
use std::process::Command;

use proptest::prelude::*;
use record::bundle::{self, BundleError, Members};

fn members(list: &[(&str, &[u8])]) -> Members {
    let mut members = Members::new();
    for (name, content) in list {
        members.insert(name, content.to_vec()).unwrap();
    }
    members
}

fn sample() -> Members {
    members(&[
        ("b/two.txt", b"two"),
        ("a.json", b"{}"),
        ("empty", b""),
        ("b/three", &[7; 1000]),
    ])
}

fn code(bytes: &[u8]) -> &'static str {
    bundle::read(bytes).unwrap_err().code()
}

/// Changes the first place where `from` stands.
fn replace(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let at = bytes
        .windows(from.len())
        .position(|window| window == from)
        .unwrap();
    [&bytes[..at], to, &bytes[at + from.len()..]].concat()
}

#[test]
fn what_is_written_is_read() {
    for members in [Members::new(), sample()] {
        let bytes = bundle::write(&members);
        assert_eq!(bundle::read(&bytes).unwrap(), members);
    }
    let names: Vec<String> = sample().iter().map(|(name, _)| name.to_owned()).collect();
    assert_eq!(names, ["a.json", "b/three", "b/two.txt", "empty"]);
}

/// The exact bytes of a small bundle, so that a second implementation has something to compare with.
#[test]
fn the_bytes_of_one_member() {
    let bytes = bundle::write(&members(&[("a", b"hello")]));
    let expected = concat!(
        "504b0304",
        "0a00",
        "0000",
        "0000",
        "00002100",
        "86a61036",
        "05000000",
        "05000000",
        "0100",
        "0000",
        "61",
        "68656c6c6f",
        "504b0102",
        "0a00",
        "0a00",
        "0000",
        "0000",
        "00002100",
        "86a61036",
        "05000000",
        "05000000",
        "0100",
        "0000",
        "0000",
        "0000",
        "0000",
        "00000000",
        "00000000",
        "61",
        "504b0506",
        "0000",
        "0000",
        "0100",
        "0100",
        "2f000000",
        "24000000",
        "0000",
    );
    assert_eq!(hex::encode(bytes), expected);
}

#[test]
fn other_programs_read_it() {
    let bytes = bundle::write(&sample());
    let mut archive = zip::ZipArchive::new(Cursor::new(&bytes)).unwrap();
    assert_eq!(archive.len(), 4);
    let mut content = Vec::new();
    archive
        .by_name("b/three")
        .unwrap()
        .read_to_end(&mut content)
        .unwrap();
    assert_eq!(content, [7; 1000]);
    assert_eq!(
        python_list(&bytes),
        ["a.json", "b/three", "b/two.txt", "empty"]
    );
}

/// 65 534 members have the short end; one more needs zip64. Both are read back, here and by others.
#[test]
fn many_members_have_a_zip64_end() {
    for count in [65_534_usize, 65_535, 70_000] {
        let mut members = Members::new();
        for number in 0..count {
            members.insert(&format!("{number:06}"), Vec::new()).unwrap();
        }
        let bytes = bundle::write(&members);
        assert_eq!(bundle::read(&bytes).unwrap().len(), count);
        assert_eq!(
            zip::ZipArchive::new(Cursor::new(&bytes)).unwrap().len(),
            count
        );
        assert_eq!(
            bytes.windows(4).any(|window| window == b"PK\x06\x06"),
            count >= 65_535
        );
        assert_eq!(python_list(&bytes).len(), count);
    }
}

/// The names that `python3 -m zipfile -l` prints.
fn python_list(bytes: &[u8]) -> Vec<String> {
    let file =
        std::env::temp_dir().join(format!("bundle-{}-{}.zip", std::process::id(), bytes.len()));
    std::fs::write(&file, bytes).unwrap();
    let output = Command::new("python3")
        .args(["-m", "zipfile", "-l"])
        .arg(&file)
        .output()
        .unwrap();
    std::fs::remove_file(&file).unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines()
        .skip(1)
        .map(|line| line.split_whitespace().next().unwrap().to_owned())
        .collect()
}

#[test]
fn names_out_of_the_alphabet_are_refused() {
    let mut members = Members::new();
    let long = "x".repeat(101);
    for name in [
        "", "/a", "a/", "a//b", "..", "../a", "a/../b", "./a", "A", "a b", "a\\b", "c:", "ä", &long,
    ] {
        assert_eq!(
            members.insert(name, Vec::new()).unwrap_err().code(),
            "bundle-member-name",
            "{name:?}"
        );
    }
    assert!(members.is_empty());
    let bytes = bundle::write(&sample());
    for name in [
        b"../../x.t",
        b"/b/two.tx",
        b"b\\two.txt",
        b"B/two.txt",
        b"b/two.tx\0",
        b"b/two.t\xff\xfe",
    ] {
        assert_eq!(
            code(&replace(&bytes, b"b/two.txt", name)),
            "bundle-member-name"
        );
    }
}

#[test]
fn damaged_and_other_zip_files_are_refused() {
    let bytes = bundle::write(&sample());
    for length in 0..bytes.len() {
        assert!(bundle::read(&bytes[..length]).is_err(), "cut to {length}");
    }
    assert_eq!(code(&[&bytes[..], b"\0"].concat()), "bundle-not-canonical");
    assert_eq!(code(&[b"\0", &bytes[..]].concat()), "bundle-zip-malformed");
    assert_eq!(code(b""), "bundle-zip-malformed");
    // A changed byte of content: the checksum is wrong.
    let error = bundle::read(&replace(&bytes, b"{}", b"[]")).unwrap_err();
    assert_eq!(
        (error.code(), error.member()),
        ("bundle-zip-malformed", "a.json")
    );
    assert!(error.to_string().contains("checksum"));
    // Another name in the directory than in front of the member.
    let at = bytes
        .windows(5)
        .rposition(|window| window == b"empty")
        .unwrap();
    let mut renamed = bytes.clone();
    renamed[at] = b'f';
    assert!(
        matches!(bundle::read(&renamed).unwrap_err(), BundleError::NotCanonical { at: place, .. } if place == at)
    );
    // A size that is larger than the file.
    let mut huge = bytes.clone();
    huge[18..26].fill(0xff);
    assert_eq!(code(&huge), "bundle-zip-malformed");
}

#[test]
fn every_changed_byte_is_noticed() {
    let bytes = bundle::write(&sample());
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        assert!(bundle::read(&changed).is_err(), "byte {at}");
    }
}

#[test]
fn order_and_duplicates_are_refused() {
    let one = |name: &str| {
        let bytes = bundle::write(&members(&[(name, b"x")]));
        bytes[..30 + name.len() + 1].to_vec()
    };
    let ascending = [one("a"), one("b")].concat();
    assert_eq!(code(&ascending), "bundle-zip-malformed", "no directory");
    for pair in [["b", "a"], ["a", "a"]] {
        let error = bundle::read(&pair.map(one).concat()).unwrap_err();
        assert_eq!(
            (error.code(), error.member()),
            ("bundle-member-order", pair[1])
        );
    }
    let mut members = members(&[("a", b"1")]);
    assert_eq!(
        members.insert("a", Vec::new()).unwrap_err().code(),
        "bundle-member-order"
    );
    assert_eq!(members.get("a"), Some(&b"1"[..]));
}

/// What a zip library writes by default is not a bundle: dates, attributes, flags, extra fields.
#[test]
fn only_the_one_form_is_read() {
    let dated = zip::DateTime::from_date_and_time(2026, 1, 2, 3, 4, 6).unwrap();
    let plain = zip::write::SimpleFileOptions::default()
        .compression_method(zip::CompressionMethod::Stored)
        .last_modified_time(zip::DateTime::default());
    let write = |options: zip::write::SimpleFileOptions| {
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        writer.start_file("a", options).unwrap();
        writer.write_all(b"hello").unwrap();
        writer.finish().unwrap().into_inner()
    };
    for options in [
        plain,
        plain.last_modified_time(dated),
        plain.large_file(true),
        plain.unix_permissions(0o644),
    ] {
        assert!(bundle::read(&write(options)).is_err());
    }
    let bytes = bundle::write(&members(&[("a", b"hello")]));
    let with = |at: usize, value: u8| {
        let mut changed = bytes.clone();
        changed[at] = value;
        bundle::read(&changed).unwrap_err().to_string()
    };
    assert!(with(6, 8).contains("flags"));
    assert!(with(8, 8).contains("compressed"));
    assert!(with(10, 8).contains("date"));
    assert!(with(28, 1).contains("extra"));
}

#[test]
fn a_real_bundle_is_quick() {
    let mut members = Members::new();
    for number in 0..4000_u32 {
        members
            .insert(&format!("statements/{number:012}.json"), vec![b'x'; 8000])
            .unwrap();
    }
    let start = std::time::Instant::now();
    let bytes = bundle::write(&members);
    assert_eq!(bundle::read(&bytes).unwrap().len(), 4000);
    let elapsed = start.elapsed();
    assert!(
        elapsed.as_secs() < 5,
        "32 MB in 4 000 members took {elapsed:?}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        if let Ok(members) = bundle::read(&bytes) {
            prop_assert_eq!(bundle::write(&members), bytes);
        }
    }

    /// Cut, overwritten and spliced bundles: refused, or exactly what writing gives.
    #[test]
    fn mutated_bytes_never_panic(
        at in any::<prop::sample::Index>(),
        patch in prop::collection::vec(any::<u8>(), 0..12),
        skip in 0_usize..40,
    ) {
        let good = bundle::write(&sample());
        let start = at.index(good.len());
        let end = (start + skip).min(good.len());
        let bytes = [&good[..start], &patch, &good[end..]].concat();
        if let Ok(members) = bundle::read(&bytes) {
            prop_assert_eq!(bundle::write(&members), bytes);
        }
    }

    #[test]
    fn round_trip(
        list in prop::collection::btree_map("[a-z0-9_-]{1,6}(/[a-z0-9.]{0,3}[a-z]){0,2}",
        prop::collection::vec(any::<u8>(), 0..50), 0..12),
    ) {
        let mut members = Members::new();
        for (name, content) in &list {
            members.insert(name, content.clone()).unwrap();
        }
        prop_assert_eq!(bundle::read(&bundle::write(&members)).unwrap(), members);
    }
}
