//! How a command ends when it does not end well: exit code, stable code, what to do.

use std::path::Path;

use serde_json::{Value, json};

use crate::client::{ClientError, UploadError};
use crate::keyring::KeyringError;
use crate::release::ReleaseError;
use crate::replay::ReplayError;
use crate::seal::SealingError;

/// Refused or failed.
pub const EXIT_FAILED: u8 = 1;
/// Bad input or usage.
pub const EXIT_INPUT: u8 = 2;
/// `verify` and `receipt check`: nothing fails, but the keys were taken from the bundle itself.
pub const EXIT_SELF_ASSERTED: u8 = 3;

/// Why a command did not do what was asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// Exit code of the program.
    pub exit: u8,
    /// Stable code for programs.
    pub code: String,
    /// For people.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
    /// JSON pointer into the input, where there is one.
    pub pointer: Option<String>,
    /// Details for programs: the server's problem as it came, or everything that is wrong with a table.
    pub problem: Option<Box<Value>>,
}

impl Failure {
    fn new(exit: u8, code: &str, message: impl std::fmt::Display) -> Failure {
        let (code, message) = (code.to_owned(), message.to_string());
        Failure {
            exit,
            code,
            message,
            hint: None,
            pointer: None,
            problem: None,
        }
    }

    /// The input or the usage is wrong.
    pub fn input(code: &str, message: impl std::fmt::Display) -> Failure {
        Failure::new(EXIT_INPUT, code, message)
    }

    /// Something was refused or failed.
    pub fn failed(code: &str, message: impl std::fmt::Display) -> Failure {
        Failure::new(EXIT_FAILED, code, message)
    }

    /// A file cannot be read or written.
    pub fn file(path: &Path, error: std::io::Error) -> Failure {
        Failure::input("file", format!("{}: {error}", path.display()))
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Failure {
        self.hint = Some(hint.into());
        self
    }

    /// Where in the input.
    #[must_use]
    pub fn at(mut self, pointer: impl Into<String>) -> Failure {
        self.pointer = Some(pointer.into());
        self
    }

    /// For `--json`.
    pub fn to_json(&self) -> Value {
        let mut error = json!({ "code": self.code, "message": self.message });
        for (name, value) in [("hint", &self.hint), ("pointer", &self.pointer)] {
            if let Some(value) = value {
                error[name] = json!(value);
            }
        }
        if let Some(problem) = &self.problem {
            error["problem"] = problem.as_ref().clone();
        }
        json!({ "error": error })
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.message)?;
        if let Some(pointer) = self
            .pointer
            .as_deref()
            .filter(|pointer| !self.message.contains(*pointer))
        {
            write!(f, " (at {pointer})")?;
        }
        if let Some(hint) = &self.hint {
            write!(f, "\n  {hint}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Failure {}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Failure {
        let exit = if matches!(error, ClientError::Address(_)) {
            EXIT_INPUT
        } else {
            EXIT_FAILED
        };
        let mut failure = Failure::new(exit, error.code(), &error);
        if let ClientError::Unreachable { .. } = error {
            failure = failure.hint(
                "Is the address right (--server or KAIBIAO_SERVER), and is the server running?",
            );
        }
        if let Some(problem) = error.problem() {
            failure.problem = serde_json::to_value(problem).ok().map(Box::new);
            failure.pointer.clone_from(&problem.pointer);
        }
        failure
    }
}

impl From<KeyringError> for Failure {
    fn from(error: KeyringError) -> Failure {
        let failed = matches!(error, KeyringError::Encrypt(_) | KeyringError::NoRandomness);
        Failure::new(
            if failed { EXIT_FAILED } else { EXIT_INPUT },
            error.code(),
            &error,
        )
    }
}

impl From<SealingError> for Failure {
    fn from(error: SealingError) -> Failure {
        match error {
            SealingError::Keyring(error) => error.into(),
            SealingError::Form(_)
            | SealingError::Limit(_)
            | SealingError::File { .. }
            | SealingError::Folder { .. } => Failure::input(error.code(), &error),
            error => Failure::failed(error.code(), &error),
        }
    }
}

impl From<ReplayError> for Failure {
    fn from(error: ReplayError) -> Failure {
        match error {
            ReplayError::Client(error) => error.into(),
            error => Failure::failed(error.code(), &error),
        }
    }
}

impl From<ReleaseError> for Failure {
    fn from(error: ReleaseError) -> Failure {
        match error {
            ReleaseError::Client(error) => error.into(),
            error => Failure::failed(error.code(), &error),
        }
    }
}

impl From<UploadError> for Failure {
    fn from(error: UploadError) -> Failure {
        match error {
            UploadError::Client(error) => error.into(),
            UploadError::File { .. } => Failure::input("file", &error),
            UploadError::Changed(_) => Failure::failed("file-changed", &error),
        }
    }
}
