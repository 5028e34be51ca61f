//! Reads a trust file, line by line.

use std::collections::BTreeSet;

use super::{ENTRIES_MAX, Group, Quorum, TRUST_BYTES_MAX, Trust, TrustedLog, TrustedWitness};
use crate::key::{Algorithm, PublicKey};
use crate::log::checkpoint::{SignatureType, TextError, VerifierKey};

/// A reason why a line is refused.
type Reason = std::borrow::Cow<'static, str>;

pub(super) fn parse(text: &str) -> Result<Trust, TextError> {
    let wrong = |line: usize, reason: Reason| TextError::new("trust file", line, reason);
    if text.len() > TRUST_BYTES_MAX {
        return Err(wrong(1, "the file is longer than 64 KiB".into()));
    }
    let mut reader = Reader::default();
    let mut last = 1_usize;
    for (number, line) in (1..).zip(text.split_inclusive('\n')) {
        let line = line
            .strip_suffix('\n')
            .ok_or_else(|| wrong(number, "the last line has no newline".into()))?;
        reader.line(line).map_err(|reason| wrong(number, reason))?;
        last = number;
    }
    reader.finish().map_err(|reason| wrong(last, reason))
}

#[derive(Default)]
struct Reader {
    logs: Vec<TrustedLog>,
    witnesses: Vec<TrustedWitness>,
    groups: Vec<Group>,
    quorum: Option<Quorum>,
    roots: Vec<PublicKey>,
    /// Names that were used as a member: each may be one only once.
    members: BTreeSet<String>,
}

impl Reader {
    fn line(&mut self, line: &str) -> Result<(), Reason> {
        if line.contains(|c: char| (c < ' ' && c != '\t') || c == '\u{7f}') {
            return Err("control characters are not allowed".into());
        }
        let items: Vec<&str> = line
            .split([' ', '\t'])
            .filter(|item| !item.is_empty())
            .collect();
        match items.as_slice() {
            [] => Ok(()),
            [first, ..] if first.starts_with('#') => Ok(()),
            ["log", key] => self.log(key, None),
            ["log", key, url] => self.log(key, Some(url)),
            ["log", ..] => Err("expected: log <verifier key> [<url>]".into()),
            ["witness", name, key] => self.witness(name, key, None),
            ["witness", name, key, url] => self.witness(name, key, Some(url)),
            ["witness", ..] => Err("expected: witness <name> <verifier key> [<url>]".into()),
            ["group", name, threshold, members @ ..] if !members.is_empty() => {
                self.group(name, threshold, members)
            }
            ["group", ..] => Err("expected: group <name> <number|any|all> <member>...".into()),
            ["quorum", name] => self.quorum(name),
            ["quorum", ..] => Err("expected: quorum <name|none>".into()),
            ["root", algorithm, key] => self.root(algorithm, key),
            ["root", ..] => Err("expected: root <ed25519|p256> <public key in hex>".into()),
            _ => Err("a line starts with log, witness, group, quorum, root or #".into()),
        }
    }

    fn finish(self) -> Result<Trust, Reason> {
        let quorum = self
            .quorum
            .ok_or("there is no quorum line (quorum none: no witness is asked for)")?;
        let Reader {
            logs,
            witnesses,
            groups,
            roots,
            ..
        } = self;
        Ok(Trust {
            logs,
            witnesses,
            groups,
            quorum,
            roots,
        })
    }

    fn log(&mut self, key: &str, url: Option<&str>) -> Result<(), Reason> {
        room(self.logs.len())?;
        let key = verifier_key(
            key,
            SignatureType::Ed25519,
            "a log's key has type 01, this is a witness's key",
        )?;
        if self.logs.iter().any(|log| log.key.key() == key.key()) {
            return Err("this log key is listed already".into());
        }
        self.logs.push(TrustedLog {
            key,
            url: url.map(str::to_owned),
        });
        Ok(())
    }

    fn witness(&mut self, name: &str, key: &str, url: Option<&str>) -> Result<(), Reason> {
        room(self.witnesses.len())?;
        self.new_name(name)?;
        let key = verifier_key(
            key,
            SignatureType::CosignatureV1,
            "a witness's key has type 04, this is a log's key",
        )?;
        if self
            .witnesses
            .iter()
            .any(|witness| witness.key.key() == key.key())
        {
            return Err("this witness key is listed already".into());
        }
        self.witnesses.push(TrustedWitness {
            name: name.to_owned(),
            key,
            url: url.map(str::to_owned),
        });
        Ok(())
    }

    fn group(&mut self, name: &str, threshold: &str, members: &[&str]) -> Result<(), Reason> {
        room(self.groups.len())?;
        self.new_name(name)?;
        let threshold = match threshold {
            "any" => 1,
            "all" => members.len(),
            number => canonical_number(number)
                .filter(|number| (1..=members.len()).contains(number))
                .ok_or("the threshold is any, all, or a number from 1 to the number of members")?,
        };
        for member in members {
            self.known_name(member)?;
            if !self.members.insert((*member).to_owned()) {
                return Err(format!(
                    "{member} is a member already; a name can be a member only once"
                )
                .into());
            }
        }
        let members = members.iter().map(|member| (*member).to_owned()).collect();
        self.groups.push(Group {
            name: name.to_owned(),
            threshold,
            members,
        });
        Ok(())
    }

    fn quorum(&mut self, name: &str) -> Result<(), Reason> {
        if self.quorum.is_some() {
            return Err("there is a quorum line already".into());
        }
        self.quorum = Some(if name == "none" {
            Quorum::None
        } else {
            self.known_name(name)?;
            Quorum::Named(name.to_owned())
        });
        Ok(())
    }

    fn root(&mut self, algorithm: &str, key: &str) -> Result<(), Reason> {
        room(self.roots.len())?;
        let algorithm = match algorithm {
            "ed25519" => Algorithm::Ed25519,
            "p256" => Algorithm::P256,
            _ => return Err("the algorithm of a root key is ed25519 or p256".into()),
        };
        if key.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return Err("hex is written in lower case".into());
        }
        let bytes = hex::decode(key).map_err(|_| "the root key is not hex")?;
        let key = PublicKey::new(algorithm, &bytes).map_err(|error| error.to_string())?;
        if self.roots.contains(&key) {
            return Err("this root key is listed already".into());
        }
        self.roots.push(key);
        Ok(())
    }

    fn new_name(&self, name: &str) -> Result<(), Reason> {
        if name == "none" {
            return Err("the name none has a meaning of its own".into());
        }
        if self.known_name(name).is_ok() {
            return Err(format!("the name {name} is taken").into());
        }
        Ok(())
    }

    fn known_name(&self, name: &str) -> Result<(), Reason> {
        let witness = self.witnesses.iter().any(|witness| witness.name == name);
        let group = self.groups.iter().any(|group| group.name == name);
        if witness || group {
            Ok(())
        } else {
            Err(format!("no witness or group {name} is defined above").into())
        }
    }
}

fn room(count: usize) -> Result<(), Reason> {
    if count < ENTRIES_MAX {
        Ok(())
    } else {
        Err("there are more than 64 lines of this kind".into())
    }
}

fn verifier_key(
    text: &str,
    wanted: SignatureType,
    other: &'static str,
) -> Result<VerifierKey, Reason> {
    let key: VerifierKey = text.parse().map_err(|error: TextError| error.reason)?;
    if key.signature_type() == wanted {
        Ok(key)
    } else {
        Err(other.into())
    }
}

fn canonical_number(text: &str) -> Option<usize> {
    let digits = !text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit());
    if digits { text.parse().ok() } else { None }
}
