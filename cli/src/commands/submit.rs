//! `kaibiao submit`: checks the folder against its manifest, uploads what is missing, posts the manifest, keeps
//! and checks the receipt.

use std::path::PathBuf;

use procedure::act::SealedPart;
use record::sealing::EnvelopeKind;
use serde_json::json;

use super::Outcome;
use crate::client::{Layout, LocalBlob};
use crate::desk::Desk;
use crate::failure::Failure;
use crate::seal::{BidFolder, FolderPart};
use crate::time;

/// Arguments of `submit`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The bid folder that `kaibiao seal` made.
    folder: PathBuf,
}

/// Submits; doing it again resumes, or shows the receipt again.
pub fn run(desk: &Desk, arguments: &Arguments) -> Outcome {
    let folder = BidFolder::open(&arguments.folder)?;
    let (envelope, manifest) = folder.manifest()?;
    let sealed = manifest
        .envelopes
        .iter()
        .find(|one| one.kind == EnvelopeKind::Opening);
    let parts = sealed.map(|one| one.parts.as_slice()).unwrap_or_default();
    let blobs = attachments(&folder, parts)?;

    let client = desk.client()?;
    if !blobs.is_empty() {
        let keyring = desk.keyring()?;
        let signed_in = client.sign_in(keyring.signing_key()?)?;
        let bar = desk
            .output
            .bytes_bar("uploading", blobs.iter().map(|blob| blob.size).sum());
        for blob in &blobs {
            signed_in.upload(blob, &mut |bytes| bar.inc(bytes))?;
        }
        bar.finish_and_clear();
    }
    let receipt = desk.post(&client, &envelope)?;
    let kept = folder.keep_receipt(&receipt, false)?;
    let text = format!(
        "Submitted at {}.\n  statement {}\n  receipt   {}\nKeep the receipt: it proves that your bid was there in time. It also lets whoever has the folder show your price.",
        time::show(receipt.admitted_ms),
        receipt.statement_id,
        kept.display(),
    );
    let value = json!({ "statement": receipt.statement_id, "admitted_ms": receipt.admitted_ms, "receipt": kept });
    desk.output.result(text, &value);
    Ok(0)
}

/// Hashes every ciphertext again and compares it with the signed manifest: what was changed since sealing is never
/// sent (a repaired part under the same key would break its secrecy; seal again instead).
fn attachments(folder: &BidFolder, parts: &[SealedPart]) -> Result<Vec<LocalBlob>, Failure> {
    let files = folder.info()?.parts;
    let changed = |file: &FolderPart| {
        let message = format!(
            "{} is not what the manifest of this bid names",
            folder.part_path(file).display()
        );
        Failure::failed("file-changed", message).hint("Seal the bid again into a new folder.")
    };
    let expected: Vec<&SealedPart> = parts.iter().filter(|part| part.inline.is_none()).collect();
    if expected.len() != files.len() {
        return Err(Failure::failed(
            "file-changed",
            "bid.json and manifest.json do not belong together",
        )
        .hint("Seal the bid again into a new folder."));
    }
    let check = |(file, part): (&FolderPart, &SealedPart)| {
        let blob = LocalBlob::hash(&folder.part_path(file), Layout::SealedPart)?;
        if blob.root == part.root && blob.size == part.size {
            Ok(blob)
        } else {
            Err(changed(file))
        }
    };
    files.iter().zip(expected).map(check).collect()
}
