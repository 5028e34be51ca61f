//! The end: the bundle verified here and by a process that knows nothing else, receipts compared, fates told.

use std::path::Path;

use serde_json::{Value, json};
use verification::{Status, Verdict};

use super::award::Decided;
use super::{Play, Remembered, fates};
use crate::failure::Failure;
use crate::rehearse::evidence::{Evidence, ask_another, collect};
use crate::rehearse::hall::Kept;

impl Play<'_> {
    /// Verifies and tells; what is to be known of the bundle comes back.
    pub(super) fn end(
        &self,
        remembered: &Remembered,
        decided: &Decided,
        export: Option<&Path>,
    ) -> Result<Value, Failure> {
        self.headline("记录验证", "The record, verified by others")?;
        let working = self.tell.working("fetching and verifying the bundle");
        // The one who came too late has no statement in this tender.
        let late = self
            .cast
            .who(super::Character::TooLate)
            .map(|bidder| bidder.actor.id().to_string());
        let is_late = |kept: &Kept| {
            late.as_ref()
                .is_some_and(|late| kept.label.starts_with(late))
        };
        let evidence = collect(self.hall, &self.tender, |kept| !is_late(kept))?;
        drop(working);
        self.tell_report(&evidence);
        let exported = self.verify_elsewhere(&evidence, export)?;
        self.check_summary(&evidence, decided);
        self.check_receipts(&evidence);

        self.headline("各方结局", "What the record says of each")?;
        let told = fates::tell(&self.cast, remembered, &evidence);
        for fate in &told {
            self.tell.expect(
                format!("the record tells of {}", fate.character),
                fate.holds,
                fate.says.clone(),
            );
            self.tell.fact(
                fate.character,
                format!("{}: {}", self.cast.name(&fate.account), fate.says),
            );
        }
        Ok(json!({
            "file": exported,
            "bytes": evidence.bytes.len(),
            "statements": evidence.bundle.entries.len(),
            "receipts_compared": evidence.compared,
            "verdict": evidence.report.verdict,
            "fates": told.iter().map(|fate| json!({
                "character": fate.character, "account": fate.account, "record": fate.says,
            })).collect::<Vec<_>>(),
        }))
    }

    fn tell_report(&self, evidence: &Evidence) {
        let report = &evidence.report;
        for check in &report.checks {
            let why = check
                .why
                .as_ref()
                .map_or(String::new(), |why| format!(" ({why})"));
            self.tell.fact(
                check.id,
                format!("{:<13} {}{why}", check.status.as_str(), check.name),
            );
            for finding in &check.findings {
                self.tell
                    .say(format!("    {}: {}", finding.code, finding.detail));
            }
        }
        let failing = report
            .checks
            .iter()
            .filter(|check| check.status == Status::Fails)
            .count();
        let what = "the bundle holds under the trust file";
        self.tell.expect(
            what,
            report.verdict == Verdict::Holds,
            format!("{failing} checks fail"),
        );
    }

    /// Another process verifies, in a folder with nothing but bundle and trust file.
    fn verify_elsewhere(
        &self,
        evidence: &Evidence,
        export: Option<&Path>,
    ) -> Result<Option<String>, Failure> {
        let path = evidence.export(self.hall, &self.tender, &self.scratch.folder("reader")?)?;
        let heard = ask_another(&path, true)?;
        let what = "another process, without server and network, comes to the same: exit code 0";
        self.tell.expect(
            what,
            heard.code == 0,
            format!("exit code {}: {}", heard.code, heard.text),
        );
        let same = heard.text.trim()
            == verification::verify(
                &evidence.bytes,
                &verification::Options {
                    trust: Some(self.hall.trust().clone()),
                    receipts: vec![],
                },
            )
            .render_text()
            .trim();
        self.tell
            .expect("both print the same report", same, "see `kaibiao verify`");
        let alone = ask_another(&path, false)?;
        let what = "without a trust file the bundle is only self-asserted: exit code 3";
        self.tell
            .expect(what, alone.code == 3, format!("exit code {}", alone.code));
        let Some(folder) = export else {
            return Ok(None);
        };
        let path = evidence.export(self.hall, &self.tender, folder)?;
        evidence.export_receipts(self.hall, &folder.join("receipts"))?;
        self.tell.fact("bundle", path.display());
        self.tell.fact(
            "try",
            format!(
                "kaibiao verify {} --trust {}",
                path.display(),
                folder.join("trust.txt").display()
            ),
        );
        Ok(Some(path.display().to_string()))
    }

    fn check_summary(&self, evidence: &Evidence, decided: &Decided) {
        let summary = &evidence.report.summary;
        let same = summary.winner.as_ref() == Some(&decided.award.winner)
            && summary.price.as_ref() == Some(&decided.award.price)
            && summary.seed == Some(decided.draw.seed)
            && summary.method.as_ref() == Some(&decided.draw.method)
            && summary.parameters == decided.draw.parameters;
        let found = summary
            .winner
            .as_ref()
            .map_or("nobody".to_owned(), ToString::to_string);
        self.tell.expect(
            "the record gives the same draw and the same winner",
            same,
            found,
        );
    }

    fn check_receipts(&self, evidence: &Evidence) {
        let dropped: Vec<&str> = evidence
            .dropped
            .iter()
            .map(|kept| kept.label.as_str())
            .collect();
        let found = format!(
            "{} compared, missing: {}",
            evidence.compared,
            dropped.join(", ")
        );
        let what = "every receipt that anybody got is of a statement in the bundle";
        self.tell
            .expect(what, dropped.is_empty() && evidence.compared > 0, found);
        self.tell.fact(
            "receipts",
            format!("{} compared with the bundle", evidence.compared),
        );
    }
}
