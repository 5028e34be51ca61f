//! The table of situation x statement kind: what is admitted, what is refused and with which code.

mod rows;
mod situations;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use play::{Actor, Milestone, Play, Script, World};
use procedure::Code;
use procedure::act::Act;

use rows::rows;
use situations::situations;

/// A statement that could be made, well-formed and by the right signer, and what it is called in the table.
struct Row {
    name: &'static str,
    act: Act,
    signers: Vec<Actor>,
}

fn at(milestone: Milestone) -> Play {
    let mut world = World::demo();
    for newcomer in ["newcomer", "trustee-9"] {
        world.register(&Actor::new(newcomer));
    }
    let mut play = Play::in_world(world, Script::plain("T-1"));
    play.go_to(milestone);
    play
}

/// Code of the refusal; `None`: admitted.
fn verdict(play: &Play, row: &Row) -> Option<Code> {
    let mut world = play.world.clone();
    let signers: Vec<&Actor> = row.signers.iter().collect();
    let before = world.tender(&play.tender).clone();
    let code = world
        .admit(row.act.clone(), &signers)
        .err()
        .map(|refusal| refusal.code);
    assert_eq!(
        code.is_some(),
        before == *world.tender(&play.tender),
        "{}",
        row.name
    );
    code
}

fn table() -> (String, BTreeSet<&'static str>) {
    let reference = at(Milestone::Submitted);
    let mut matrix: BTreeMap<usize, (&'static str, String)> = BTreeMap::new();
    let mut kinds = BTreeSet::new();
    let mut legend = String::new();
    let mut details = String::new();
    for (number, (name, play)) in situations().into_iter().enumerate() {
        assert!(
            name.starts_with(play.stage().name()),
            "{name}: {}",
            play.stage().name()
        );
        let _ = writeln!(legend, "{:>4}  {name}", number + 1);
        let mut refused: BTreeMap<Code, Vec<&str>> = BTreeMap::new();
        let mut admitted = Vec::new();
        for (place, row) in rows(&play, &reference).iter().enumerate() {
            kinds.insert(row.act.kind());
            let verdict = verdict(&play, row);
            let mark = if verdict.is_none() { "  x" } else { "  ." };
            matrix
                .entry(place)
                .or_insert_with(|| (row.name, String::new()))
                .1
                .push_str(mark);
            match verdict {
                None => admitted.push(row.name),
                Some(code) => refused.entry(code).or_default().push(row.name),
            }
        }
        let _ = write!(
            details,
            "\n({}) {name}\n    admitted: {}\n",
            number + 1,
            admitted.join("; ")
        );
        for (code, names) in refused {
            let _ = writeln!(
                details,
                "    {} ({} {})\n        {}",
                code.as_str(),
                code.zh(),
                code.en(),
                names.join("; ")
            );
        }
    }
    let columns = matrix
        .values()
        .next()
        .map_or(0, |(_, marks)| marks.len() / 3);
    let mut text = format!(
        "Situations\n{legend}\nWho may say what (x admitted, . refused)\n{:28}",
        ""
    );
    (1..=columns).for_each(|column| {
        let _ = write!(text, "{column:>3}");
    });
    text.push('\n');
    for (name, marks) in matrix.values() {
        let _ = writeln!(text, "{name:28}{marks}");
    }
    let _ = write!(text, "\nWhy not{details}");
    (text, kinds)
}

#[test]
fn what_may_be_said_when() {
    let (text, kinds) = table();
    // Accounts, keys and roles stand on chains of their own, whatever becomes of a tender.
    let elsewhere = [
        "account-registered",
        "key-registered",
        "key-revoked",
        "role-granted",
    ];
    let missing: Vec<_> = Act::KINDS
        .iter()
        .filter(|kind| !kinds.contains(*kind) && !elsewhere.contains(kind))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
    insta::assert_snapshot!(text);
}
