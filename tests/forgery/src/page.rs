//! The page docs/forgeries.md, printed from the table.

use std::fmt::Write as _;

use crate::forgeries::{GROUPS, all};
use crate::{Forgery, Verdict};

/// The whole page, Markdown.
pub fn page() -> String {
    let mut out = String::from(HEAD);
    let count = |is: fn(&Verdict) -> bool| all().filter(|row| is(&row.verdict)).count();
    let refused = count(|one| {
        matches!(
            one,
            Verdict::Refused { .. } | Verdict::RefusedUnderTrust { .. }
        )
    });
    let receipts = count(|one| matches!(one, Verdict::RefusedWithReceipt { .. }));
    let told = count(|one| matches!(one, Verdict::Told { .. }));
    let undetectable = count(|one| matches!(one, Verdict::Undetectable { .. }));
    let rows = all().count();
    line(
        &mut out,
        &format!(
            "\n{rows} forgeries: {refused} are refused, {receipts} are refused together with a receipt, {told} are \
         told in the report and not refused, {undetectable} cannot be told from the bundle.\n"
        ),
    );
    for group in GROUPS {
        line(&mut out, &format!("\n## {}\n", group.title));
        line(
            &mut out,
            "| forgery | what is wanted | keys | what the verifier says |",
        );
        line(&mut out, "|---|---|---|---|");
        for row in group.rows {
            let keys: Vec<&str> = row.keys.iter().map(|key| key.word()).collect();
            let cells = [row.name, row.story, &keys.join(", "), &says(row)];
            line(
                &mut out,
                &format!(
                    "| {} |",
                    cells.map(|cell| cell.replace('|', "\\|")).join(" | ")
                ),
            );
        }
    }
    line(&mut out, "\n## What the bundle alone cannot show\n");
    line(&mut out, "| forgery | why | who can tell |");
    line(&mut out, "|---|---|---|");
    for row in all() {
        let (reason, who) = match row.verdict {
            Verdict::RefusedWithReceipt { owner, reason, .. } => {
                (reason, format!("a receipt: {owner}"))
            }
            Verdict::Told { words, reason } => {
                (reason, format!("whoever reads \"{words}\" in the report"))
            }
            Verdict::Undetectable { reason, who } => (reason, who.to_owned()),
            Verdict::Refused { .. } | Verdict::RefusedUnderTrust { .. } => continue,
        };
        line(&mut out, &format!("| {} | {reason} | {who} |", row.name));
    }
    out
}

const HEAD: &str = "# Forgeries, and what the verifier says to each

Printed from the table in `tests/forgery/src/forgeries` by `cargo run -p forgery -- --list`; a test makes every row
(`tests/forgery/tests/forgeries.rs`) and holds this page to the table (`tests/forgery/tests/page.rs`). Beside these,
mutants of sound bundles, made without any key, are looked at by class (`tests/forgery/tests/mutants.rs`): every field
of the zip file, every byte class of every member, items dropped, repeated, swapped and renamed. All are refused but
three kinds, which have their row here: a signature of another kind added, signatures of one envelope in another order,
a witness's signature left out of the opening record.

\"Keys\" are what the attacker holds besides the bundle. Refused means exit code 1 of `kaibiao verify`, with and without
`--trust`, with a finding of this code in this check; \"under a trust file\" means that without one the exit code is 3,
self-asserted. \"With a receipt\" means that the record holds for itself and is refused together with that receipt: the
test proves both.
";

fn says(row: &Forgery) -> String {
    match row.verdict {
        Verdict::Refused { check, code } => format!("{check} `{code}`"),
        Verdict::RefusedUnderTrust { check, code } => {
            format!("{check} `{code}`, under a trust file")
        }
        Verdict::RefusedWithReceipt { check, code, .. } => {
            format!("with a receipt: {check} `{code}`")
        }
        Verdict::Told { words, .. } => format!("told: \"{words}\""),
        Verdict::Undetectable { .. } => "undetectable".to_owned(),
    }
}

fn line(out: &mut String, text: &str) {
    // Writing into a string cannot fail.
    let _ = writeln!(out, "{text}");
}
