//! The bundle of a tender that has been played: fetched, verified here and by a process that knows nothing but the
//! bundle and a trust file, and compared with the receipts.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use procedure::act::Act;
use record::Identifier;
use record::bundle::Bundle;
use record::log::receipt::Receipt;
use verification::{Options, Report, verify};

use super::hall::{Hall, Kept};
use super::workshop::program;
use crate::failure::Failure;

/// A verified bundle.
pub struct Evidence {
    /// The bundle as it came.
    pub bytes: Vec<u8>,
    /// The same, read.
    pub bundle: Bundle,
    /// Its statements in log order.
    pub acts: Vec<Act>,
    /// The report of this process, under the trust file.
    pub report: Report,
    /// How many receipts were compared: all that are of a statement in the bundle.
    pub compared: usize,
    /// Receipts of statements that have to be in the bundle and are not.
    pub dropped: Vec<Kept>,
}

/// What another process said about a bundle.
pub struct Heard {
    /// Exit code; -1 if it was ended by a signal.
    pub code: i32,
    /// Its report.
    pub text: String,
}

/// Fetches and verifies the bundle of `tender`. `belongs` says which receipts have to be in it.
///
/// # Errors
/// There is no bundle, or it cannot be read.
pub fn collect(
    hall: &Hall,
    tender: &Identifier,
    belongs: impl Fn(&Kept) -> bool,
) -> Result<Evidence, Failure> {
    let bytes = hall.client().bundle(tender)?;
    let bundle = Bundle::read(&bytes)
        .map_err(|error| Failure::failed(error.code(), format!("the bundle: {error}")))?;
    let (held, dropped): (Vec<Kept>, Vec<Kept>) = hall
        .receipts()
        .into_iter()
        .filter(|kept| belongs(kept) || holds(&bundle, &kept.receipt))
        .partition(|kept| holds(&bundle, &kept.receipt));
    let options = Options {
        trust: Some(hall.trust().clone()),
        receipts: held.into_iter().map(|kept| kept.receipt).collect(),
    };
    let report = verify(&bytes, &options);
    let acts = bundle
        .entries
        .iter()
        .filter_map(|entry| Act::read(&entry.envelope)?.ok());
    Ok(Evidence {
        acts: acts.collect(),
        compared: options.receipts.len(),
        bytes,
        bundle,
        report,
        dropped,
    })
}

/// Whether the bundle holds exactly the leaf of this receipt.
fn holds(bundle: &Bundle, receipt: &Receipt) -> bool {
    let same = |entry: &record::bundle::Entry| {
        entry.index == receipt.proof.index && entry.opening.leaf().hash() == receipt.leaf().hash()
    };
    bundle.entries.iter().any(same)
}

impl Evidence {
    /// `T-1.public.bundle.zip`.
    pub fn file_name(tender: &Identifier) -> String {
        format!("{}.public.bundle.zip", tender.as_str().replace(':', "_"))
    }

    /// Writes bundle and trust file into `folder`; the bundle's path comes back.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn export(
        &self,
        hall: &Hall,
        tender: &Identifier,
        folder: &Path,
    ) -> Result<PathBuf, Failure> {
        fs::create_dir_all(folder).map_err(|error| Failure::file(folder, error))?;
        let path = folder.join(Evidence::file_name(tender));
        write(&path, &self.bytes)?;
        write(&folder.join("trust.txt"), hall.trust_text().as_bytes())?;
        Ok(path)
    }

    /// Writes every receipt of the run that is of a statement of this bundle into `folder`.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn export_receipts(&self, hall: &Hall, folder: &Path) -> Result<(), Failure> {
        fs::create_dir_all(folder).map_err(|error| Failure::file(folder, error))?;
        for kept in hall
            .receipts()
            .iter()
            .filter(|kept| holds(&self.bundle, &kept.receipt))
        {
            let name = format!("{:06}-{}.json", kept.receipt.proof.index, kept.label);
            let json = serde_json::to_vec_pretty(&kept.receipt)
                .map_err(|error| Failure::failed("output", error))?;
            write(&folder.join(name), &json)?;
        }
        Ok(())
    }
}

/// Runs `kaibiao verify` as another process, in the folder of the bundle, with an empty environment.
///
/// # Errors
/// It cannot be started.
pub fn ask_another(bundle: &Path, trusts: bool) -> Result<Heard, Failure> {
    let folder = bundle.parent().unwrap_or(Path::new("."));
    let mut command = Command::new(program()?);
    command
        .env_clear()
        .current_dir(folder)
        .arg("verify")
        .arg(bundle.file_name().unwrap_or_default());
    if trusts {
        command.args(["--trust", "trust.txt"]);
    }
    let output = command
        .output()
        .map_err(|error| Failure::failed("program", error))?;
    Ok(Heard {
        code: output.status.code().unwrap_or(-1),
        text: String::from_utf8_lossy(&output.stdout).into_owned(),
    })
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    fs::write(path, bytes).map_err(|error| Failure::file(path, error))
}
