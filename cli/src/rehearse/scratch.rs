//! A folder that is gone when the rehearsal is over.

use std::fs;
use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// A temporary folder, removed when dropped.
#[derive(Debug)]
pub struct Scratch(PathBuf);

impl Scratch {
    /// A new folder for the run `tag`.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn new(tag: &str) -> Result<Scratch, Failure> {
        let name = format!("kaibiao-rehearse-{}-{tag}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir(&path).map_err(|error| Failure::file(&path, error))?;
        Ok(Scratch(path))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// A new folder in it.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn folder(&self, name: &str) -> Result<PathBuf, Failure> {
        let path = self.0.join(name);
        fs::create_dir_all(&path).map_err(|error| Failure::file(&path, error))?;
        Ok(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What is left behind lies in the folder for temporary files, and says whose it is.
        let _ = fs::remove_dir_all(&self.0);
    }
}
