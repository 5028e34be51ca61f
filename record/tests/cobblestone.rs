//! Our parts against an independent implementation of Cobblestone-256: Python's `cryptography`, 50 or newer.
//!
//! `KAIBIAO_TEST_PYTHON` names the interpreter (default `python3`). Where it lacks that package the test says so
//! and passes: the vectors pin the format everywhere.

use std::io::Write;
use std::process::{Command, Stdio};

use record::Digest;
use record::sealing::{FileKey, fresh_salt, open_part, seal_part};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/python/cobblestone.py");
const PART: u32 = 7;

/// Runs the script; `None` if the interpreter or the package is missing.
fn python(
    action: &str,
    key: &FileKey,
    ctx: &Digest,
    input: &[u8],
) -> Option<Result<Vec<u8>, String>> {
    let interpreter = std::env::var("KAIBIAO_TEST_PYTHON").unwrap_or_else(|_| "python3".into());
    let context = [
        b"etender.v1/part\0".as_slice(),
        ctx.as_bytes(),
        &PART.to_be_bytes(),
    ]
    .concat();
    let mut child = Command::new(interpreter)
        .args([
            SCRIPT,
            action,
            &hex::encode(key.payload_key(ctx).as_slice()),
            &hex::encode(context),
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .ok()?;
    let mut pipe = child.stdin.take().unwrap();
    let input = input.to_vec();
    let writer = std::thread::spawn(move || pipe.write_all(&input));
    let output = child.wait_with_output().unwrap();
    // A script that gives up early does not read its input; the write error says nothing new then.
    let _ = writer.join().unwrap();
    match output.status.code() {
        Some(0) => Some(Ok(output.stdout)),
        Some(77) => None,
        _ => Some(Err(String::from_utf8_lossy(&output.stderr).into_owned())),
    }
}

#[test]
fn both_implementations_read_each_other() {
    let (key, ctx) = (FileKey::generate().unwrap(), Digest::sha256(b"context"));
    for length in [0, 1, 16_383, 16_384, 16_385, 100_000, 4_194_304, 4_194_305] {
        let text: Vec<u8> = (0..length)
            .map(|index: usize| (index * 31 + index / 251) as u8)
            .collect();
        let ours = seal_part(&key, &ctx, PART, fresh_salt().unwrap(), &text);
        let Some(opened) = python("open", &key, &ctx, &ours) else {
            eprintln!(
                "skipped: no Python with `cryptography` 50 or newer (set KAIBIAO_TEST_PYTHON)"
            );
            return;
        };
        assert!(opened.unwrap() == text, "{length}");
        let theirs = python("seal", &key, &ctx, &text).unwrap().unwrap();
        assert!(
            open_part(&key, &ctx, PART, &theirs).unwrap() == text,
            "{length}"
        );
        let other = Digest::sha256(b"another context");
        assert!(python("open", &key, &other, &ours).unwrap().is_err());
        assert!(
            python("open", &key, &ctx, &ours[..ours.len() - 1])
                .unwrap()
                .is_err()
        );
    }
}
