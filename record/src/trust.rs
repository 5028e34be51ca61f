//! The trust file: which logs, witnesses and root keys the reader trusts, and which witnesses must
//! have cosigned (C2SP `tlog-policy`, plus one line of ours).
//!
//! ```text
//! log <verifier key> [<url>]
//! witness <name> <verifier key> [<url>]
//! group <name> <number|any|all> <member>...
//! quorum <name|none>
//! root <ed25519|p256> <public key, hex>
//! ```
//!
//! `root` is the key that grants roles (`role-granted`). Comments start with `#`.

mod parse;

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use crate::Digest;
use crate::key::{KeyId, PublicKey};
use crate::log::checkpoint::{SignatureError, SignedCheckpoint, TextError, VerifierKey};

/// The longest trust file, in bytes.
pub const TRUST_BYTES_MAX: usize = 64 * 1024;
/// The most lines of one kind (`log`, `witness`, `group`, `root`).
pub const ENTRIES_MAX: usize = 64;

/// A log that is trusted to be the one it says it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustedLog {
    /// Its key; the key's name is the log's origin.
    pub key: VerifierKey,
    /// Where it can be reached. Never used by a verifier.
    pub url: Option<String>,
}

/// A machine whose cosignatures count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustedWitness {
    /// Name in this file, for groups and the quorum.
    pub name: String,
    /// Its key.
    pub key: VerifierKey,
    /// Where it can be reached. Never used by a verifier.
    pub url: Option<String>,
}

/// So many of these members must have cosigned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Name in this file.
    pub name: String,
    /// How many, 1 to the number of members.
    pub threshold: usize,
    /// Witnesses and groups defined above.
    pub members: Vec<String>,
}

/// What a checkpoint needs besides the log's signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Quorum {
    /// Nothing.
    None,
    /// This witness or group.
    Named(String),
}

/// What a reader trusts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trust {
    logs: Vec<TrustedLog>,
    witnesses: Vec<TrustedWitness>,
    groups: Vec<Group>,
    quorum: Quorum,
    roots: Vec<PublicKey>,
}

/// How a checkpoint stands under a trust file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing<'a> {
    /// The log whose signature was checked.
    pub log: &'a TrustedLog,
    /// Who cosigned, and when (seconds since 1970), in the order of the file.
    pub cosigned: Vec<(&'a TrustedWitness, u64)>,
    /// Witnesses whose line is there but wrong: they do not count, and somebody should ask why.
    pub wrong: Vec<&'a TrustedWitness>,
    /// Whether the quorum is met.
    pub quorum_met: bool,
    /// The earliest time (seconds since 1970) by which a whole quorum had seen the checkpoint. `None`
    /// when it is not met, and when none is asked for: then nobody but the log speaks about time.
    pub witnessed_at_s: Option<u64>,
}

impl Trust {
    /// A trust file from its parts, through the same checks as one that was read.
    pub fn new(
        logs: Vec<TrustedLog>,
        witnesses: Vec<TrustedWitness>,
        groups: Vec<Group>,
        quorum: Quorum,
        roots: Vec<PublicKey>,
    ) -> Result<Trust, TextError> {
        let trust = Trust {
            logs,
            witnesses,
            groups,
            quorum,
            roots,
        };
        // A name or URL with white space would be read back as something else.
        if trust.to_string().parse::<Trust>()? != trust {
            return Err(TextError::new(
                "trust file",
                1,
                "a name or URL contains white space",
            ));
        }
        Ok(trust)
    }

    /// The logs.
    pub fn logs(&self) -> &[TrustedLog] {
        &self.logs
    }

    /// The witnesses.
    pub fn witnesses(&self) -> &[TrustedWitness] {
        &self.witnesses
    }

    /// The groups, each after its members.
    pub fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// The quorum.
    pub fn quorum(&self) -> &Quorum {
        &self.quorum
    }

    /// The keys that may grant roles.
    pub fn roots(&self) -> &[PublicKey] {
        &self.roots
    }

    /// What to compare by voice or on paper: every key with a label, `log <name>`,
    /// `witness <name in this file>` or `root`, in the order of the file.
    pub fn fingerprints(&self) -> Vec<(String, KeyId)> {
        let logs = self
            .logs
            .iter()
            .map(|log| (format!("log {}", log.key.name()), log.key.key().id()));
        let witnesses = self
            .witnesses
            .iter()
            .map(|one| (format!("witness {}", one.name), one.key.key().id()));
        let roots = self.roots.iter().map(|key| ("root".to_owned(), key.id()));
        logs.chain(witnesses).chain(roots).collect()
    }

    /// SHA-256 of the file in its written form: one value for the whole file, whatever its comments.
    pub fn digest(&self) -> Digest {
        Digest::sha256(self.to_string().as_bytes())
    }

    /// Checks the log's signature, then every witness's, then the quorum. An error means that no log of
    /// this file signed the checkpoint; a quorum that is not met is part of the answer.
    pub fn standing(&self, checkpoint: &SignedCheckpoint) -> Result<Standing<'_>, SignatureError> {
        let log = self.signing_log(checkpoint)?;
        let (mut cosigned, mut wrong) = (Vec::new(), Vec::new());
        for witness in &self.witnesses {
            match checkpoint.cosigned_at(&witness.key) {
                Ok(Some(time_s)) => cosigned.push((witness, time_s)),
                Ok(None) => {}
                Err(_) => wrong.push(witness),
            }
        }
        let times = cosigned
            .iter()
            .map(|(witness, time_s)| (witness.name.as_str(), *time_s))
            .collect();
        let (quorum_met, witnessed_at_s) = match &self.quorum {
            Quorum::None => (true, None),
            Quorum::Named(name) => {
                let met_at = self.met_at(times).get(name.as_str()).copied();
                (met_at.is_some(), met_at)
            }
        };
        Ok(Standing {
            log,
            cosigned,
            wrong,
            quorum_met,
            witnessed_at_s,
        })
    }

    /// Whether the quorum is met when exactly these witnesses (names in this file) have cosigned. A file that asks for
    /// none is content with anybody.
    pub fn is_quorum<'a>(&'a self, witnesses: impl IntoIterator<Item = &'a str>) -> bool {
        let times = witnesses.into_iter().map(|name| (name, 0)).collect();
        match &self.quorum {
            Quorum::None => true,
            Quorum::Named(name) => self.met_at(times).contains_key(name.as_str()),
        }
    }

    fn signing_log(&self, checkpoint: &SignedCheckpoint) -> Result<&TrustedLog, SignatureError> {
        let mut first_error = None;
        for log in &self.logs {
            match checkpoint.verify(&log.key) {
                Ok(_) => return Ok(log),
                // A wrong signature says more than "another log".
                Err(error @ SignatureError::Wrong { .. }) => return Err(error),
                Err(error) => first_error = first_error.or(Some(error)),
            }
        }
        Err(first_error.unwrap_or(SignatureError::NotSigned {
            key: "any log of the trust file".to_owned(),
        }))
    }

    /// When each witness and group had witnessed: a group at the time of its threshold-th member.
    fn met_at<'a>(&'a self, mut times: BTreeMap<&'a str, u64>) -> BTreeMap<&'a str, u64> {
        // Groups only name what stands above them, so one pass settles all.
        for group in &self.groups {
            let mut members: Vec<u64> = group
                .members
                .iter()
                .filter_map(|name| times.get(name.as_str()).copied())
                .collect();
            members.sort_unstable();
            if let Some(time_s) = members.get(group.threshold.saturating_sub(1)) {
                times.insert(&group.name, *time_s);
            }
        }
        times
    }
}

impl FromStr for Trust {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        parse::parse(text)
    }
}

/// The written form: no comments, one space between items, thresholds as numbers.
impl fmt::Display for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = |url: &Option<String>| {
            url.as_ref()
                .map_or_else(String::new, |url| format!(" {url}"))
        };
        for log in &self.logs {
            writeln!(f, "log {}{}", log.key, url(&log.url))?;
        }
        for witness in &self.witnesses {
            writeln!(
                f,
                "witness {} {}{}",
                witness.name,
                witness.key,
                url(&witness.url)
            )?;
        }
        for group in &self.groups {
            writeln!(
                f,
                "group {} {} {}",
                group.name,
                group.threshold,
                group.members.join(" ")
            )?;
        }
        match &self.quorum {
            Quorum::None => writeln!(f, "quorum none")?,
            Quorum::Named(name) => writeln!(f, "quorum {name}")?,
        }
        self.roots.iter().try_for_each(|key| {
            writeln!(
                f,
                "root {} {}",
                key.algorithm().as_str(),
                hex::encode(key.bytes())
            )
        })
    }
}
