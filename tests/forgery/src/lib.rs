//! Records that lie, and what the verifier says to each.
//!
//! Two kinds of attacker:
//!
//! | attacker | has | makes | listed in |
//! |---|---|---|---|
//! | somebody who holds a bundle | no key | [`mutants`]: every byte class of every member, of the zip file around them, items dropped, repeated, swapped, renamed | counted by class on the page |
//! | the operator with friends | the log's key and the platform's, and whose a row names | [`forgeries`]: records that are bent and signed anew | one row each on the page |
//!
//! A forgery is a row of data: name, story, keys, how it is made, and the verdict that is expected. Where nobody
//! can tell from the bundle, the row says why and who can, and the test proves that too: the record holds without
//! the receipt and is refused with it. The page `docs/forgeries.md` is printed from the rows.
//!
//! This crate is for tests only: what cannot go wrong in a sane record panics.

pub mod forgeries;
pub mod mutants;
pub mod page;
mod patience;
pub mod stock;
mod workbench;

use record::log::receipt::Receipt;
use record::trust::Trust;
use verification::{Options, Report, verify};

pub use patience::rewritten;
pub use workbench::{Bench, Line, resigned, signed};

/// Whose keys an attacker holds. The operator always holds the log's and the platform's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    /// No key at all: whoever has the bundle.
    Nobody,
    /// The log's key.
    Log,
    /// The platform's act key.
    Platform,
    /// The tenderee.
    Tenderee,
    /// One bidder.
    Bidder,
    /// Fewer trustees than open.
    Trustee,
    /// As many trustees as open.
    Trustees,
    /// The credit source.
    CreditSource,
    /// A root key that the reader does not trust.
    ForeignRoot,
    /// A member of a consortium.
    Member,
}

impl Holder {
    /// The word on the page.
    pub fn word(self) -> &'static str {
        match self {
            Holder::Nobody => "none",
            Holder::Log => "log",
            Holder::Platform => "platform",
            Holder::Tenderee => "tenderee",
            Holder::Bidder => "a bidder",
            Holder::Trustee => "fewer than t trustees",
            Holder::Trustees => "t trustees",
            Holder::CreditSource => "credit source",
            Holder::ForeignRoot => "a root of its own",
            Holder::Member => "a member of a consortium",
        }
    }
}

/// What the verifier has to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Refused by everybody who has the bundle, with and without a trust file.
    Refused {
        /// The check, `V1` to `V12`.
        check: &'static str,
        /// Code of the finding.
        code: &'static str,
    },
    /// Refused under a trust file only; without one the record is self-asserted (exit 3), and says so.
    RefusedUnderTrust {
        /// The check.
        check: &'static str,
        /// Code of the finding.
        code: &'static str,
    },
    /// Holds for itself, and is refused together with a receipt.
    RefusedWithReceipt {
        /// The check.
        check: &'static str,
        /// Code of the finding.
        code: &'static str,
        /// Whose receipt, of what.
        owner: &'static str,
        /// Why the bundle alone cannot show it.
        reason: &'static str,
    },
    /// Nothing fails, and the report says it in words.
    Told {
        /// Words of the report.
        words: &'static str,
        /// Why it is not refused.
        reason: &'static str,
    },
    /// The record holds, and nothing in it can show the lie.
    Undetectable {
        /// Why.
        reason: &'static str,
        /// Who can tell.
        who: &'static str,
    },
}

/// What an attacker presents to a reader.
#[derive(Clone, Debug)]
pub struct Forged {
    /// The bundle.
    pub bundle: Vec<u8>,
    /// The reader's trust file.
    pub trust: Trust,
    /// Receipts that somebody kept from the honest log.
    pub receipts: Vec<Receipt>,
}

/// One forgery.
pub struct Forgery {
    /// Its name, unique.
    pub name: &'static str,
    /// What the attacker wants.
    pub story: &'static str,
    /// Whose keys the attacker holds.
    pub keys: &'static [Holder],
    /// Makes it.
    pub make: fn() -> Forged,
    /// What must be said.
    pub verdict: Verdict,
}

/// `kaibiao verify` in its three ways: with `--trust`, without it, and with `--trust` and every `--receipt`.
pub struct Reports {
    /// With the trust file.
    pub trusted: Report,
    /// On sight.
    pub on_sight: Report,
    /// With the trust file and the receipts of the story, where it has any.
    pub with_receipts: Option<Report>,
}

impl Forged {
    /// Verifies it in all ways.
    pub fn reports(&self) -> Reports {
        let under = |receipts: Vec<Receipt>| Options {
            trust: Some(self.trust.clone()),
            receipts,
        };
        let receipts = (!self.receipts.is_empty()).then(|| self.receipts.clone());
        Reports {
            trusted: verify(&self.bundle, &under(Vec::new())),
            on_sight: verify(&self.bundle, &Options::default()),
            with_receipts: receipts.map(|receipts| verify(&self.bundle, &under(receipts))),
        }
    }
}

impl Forgery {
    /// Makes it, verifies it, and says what is not as expected.
    ///
    /// # Errors
    /// A sentence for people, with the report that surprised.
    pub fn judge(&self) -> Result<(), String> {
        let forged = std::panic::catch_unwind(self.make);
        let forged = forged.map_err(|_| format!("{}: it cannot be made", self.name))?;
        let reports = forged.reports();
        let Reports {
            trusted,
            on_sight,
            with_receipts,
        } = &reports;
        let receipts = with_receipts.as_ref();
        match self.verdict {
            Verdict::Refused { check, code } => {
                self.names(trusted, check, code)?;
                self.exits(on_sight, 1)
            }
            Verdict::RefusedUnderTrust { check, code } => {
                self.names(trusted, check, code)?;
                self.exits(on_sight, 3)
            }
            Verdict::RefusedWithReceipt { check, code, .. } => {
                self.exits(trusted, 0)?;
                self.exits(on_sight, 3)?;
                let report =
                    receipts.ok_or_else(|| format!("{}: no receipt is given", self.name))?;
                self.names(report, check, code)
            }
            Verdict::Told { words, .. } => {
                self.exits(trusted, 0)?;
                self.exits(on_sight, 3)?;
                self.says(trusted, words)
            }
            Verdict::Undetectable { .. } => {
                self.exits(trusted, 0)?;
                self.exits(on_sight, 3)?;
                receipts.map_or(Ok(()), |report| self.exits(report, 0))
            }
        }
    }

    fn exits(&self, report: &Report, expected: u8) -> Result<(), String> {
        let found = report.exit_code();
        if found == expected {
            return Ok(());
        }
        Err(self.surprise(report, &format!("exit {found} instead of {expected}")))
    }

    fn names(&self, report: &Report, check: &str, code: &str) -> Result<(), String> {
        self.exits(report, 1)?;
        let check_found = report.check(check);
        let named = check_found.is_some_and(|one| one.findings.iter().any(|one| one.code == code));
        if named {
            return Ok(());
        }
        Err(self.surprise(report, &format!("{check} does not name {code}")))
    }

    fn says(&self, report: &Report, words: &str) -> Result<(), String> {
        let text = report.render_text();
        let unfolded = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if unfolded.contains(words) {
            return Ok(());
        }
        Err(self.surprise(report, &format!("the report does not say {words:?}")))
    }

    fn surprise(&self, report: &Report, what: &str) -> String {
        format!("{}: {what}\n{}", self.name, report.render_text())
    }
}
