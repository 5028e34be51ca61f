//! A disk that fails on demand, below an unmodified server: `faults.c` is compiled and loaded before libc.

use std::path::PathBuf;
use std::process::Command;

/// The disk of one server.
pub struct Disk {
    directory: tempfile::TempDir,
}

/// Number of an error, as Linux has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Errno {
    /// Input/output error.
    Io = 5,
    /// No space left on device.
    NoSpace = 28,
    /// Read-only file system.
    ReadOnly = 30,
}

impl Disk {
    /// A disk that works; its library is compiled with `cc`, which every build of the server needs anyway.
    ///
    /// # Panics
    /// There is no C compiler.
    pub fn new() -> Disk {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let source = directory.path().join("faults.c");
        std::fs::write(&source, include_str!("faults.c")).expect("the source is written");
        let compiled = Command::new("cc")
            .args(["-shared", "-fPIC", "-O1", "-o"])
            .arg(directory.path().join("faults.so"))
            .arg(source)
            .arg("-ldl")
            .status();
        let compiled = compiled.expect("cc is there");
        assert!(compiled.success(), "faults.c does not compile");
        Disk { directory }
    }

    /// The environment of a server on this disk.
    pub fn environment(&self) -> Vec<(String, String)> {
        let library = self.directory.path().join("faults.so");
        let text = |path: PathBuf| path.display().to_string();
        vec![
            ("LD_PRELOAD".to_owned(), text(library)),
            ("KAIBIAO_FAULTS".to_owned(), text(self.rule())),
        ]
    }

    fn rule(&self) -> PathBuf {
        self.directory.path().join("rule")
    }

    fn order(&self, rule: &str) {
        // In one step: the server reads it at any moment.
        let draft = self.directory.path().join("draft");
        std::fs::write(&draft, rule).expect("the rule is written");
        std::fs::rename(draft, self.rule()).expect("the rule is in force");
    }

    /// The next write to a file with `part` in its path fails and does nothing.
    pub fn fail_one_write(&self, part: &str) {
        self.order(&format!("write before {} once {part}", Errno::Io as i32));
    }

    /// The next flush of such a file is carried out and reported failed.
    pub fn fail_one_sync_afterwards(&self, part: &str) {
        self.order(&format!("sync after {} once {part}", Errno::Io as i32));
    }

    /// The next flush of such a file is not carried out, and reported failed.
    pub fn fail_one_sync(&self, part: &str) {
        self.order(&format!("sync before {} once {part}", Errno::Io as i32));
    }

    /// Every write to such files fails: no room.
    pub fn fill(&self, part: &str) {
        self.order(&format!(
            "write before {} always {part}",
            Errno::NoSpace as i32
        ));
    }

    /// Nothing about such files can be changed.
    pub fn make_read_only(&self, part: &str) {
        self.order(&format!(
            "change before {} always {part}",
            Errno::ReadOnly as i32
        ));
    }

    /// Whether the last order that was for one operation is carried out.
    pub fn has_failed(&self) -> bool {
        !self.rule().exists()
    }

    /// Everything works again.
    pub fn mend(&self) {
        let _ = std::fs::remove_file(self.rule());
    }
}

impl Default for Disk {
    fn default() -> Disk {
        Disk::new()
    }
}
