//! Whatever is flipped, dropped or exchanged in a sound bundle: exit code 1 or 2, with and without a trust
//! file, and never a panic.

#![expect(clippy::unwrap_used, reason = "tests may panic")]

use std::sync::LazyLock;

use play::{Milestone, Play, Script};
use proptest::prelude::*;
use record::bundle::{Bundle, Members, read, write};
use record::trust::Trust;
use verification::{Options, Report, verify};

struct Sound {
    bytes: Vec<u8>,
    members: Vec<(String, Vec<u8>)>,
    trust: Trust,
}

/// One eventful record for all tests here.
static SOUND: LazyLock<Sound> = LazyLock::new(|| {
    let play = Play::to(Script::eventful("T-1"), Milestone::Awarded);
    let bytes = play.world.bundle(&play.tender);
    let members = read(&bytes).unwrap();
    Sound {
        members: members
            .iter()
            .map(|(name, content)| (name.to_owned(), content.to_vec()))
            .collect(),
        bytes,
        trust: play.world.trust_file().parse().unwrap(),
    }
});

fn zip(members: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut zip = Members::new();
    for (name, content) in members {
        zip.insert(name, content.clone()).unwrap();
    }
    write(&zip)
}

fn both(bytes: &[u8]) -> [Report; 2] {
    let given = Options {
        trust: Some(SOUND.trust.clone()),
        receipts: Vec::new(),
    };
    [verify(bytes, &given), verify(bytes, &Options::default())]
}

#[track_caller]
fn refused(bytes: &[u8], what: &str) {
    each_refused(both(bytes), what);
}

/// Without a trust file, which only can find more: for mutations that are verified to the end.
#[track_caller]
fn refused_on_sight(bytes: &[u8], what: &str) {
    each_refused([verify(bytes, &Options::default())], what);
}

#[track_caller]
fn each_refused(reports: impl IntoIterator<Item = Report>, what: &str) {
    for report in reports {
        let code = report.exit_code();
        assert!(
            matches!(code, 1 | 2),
            "{what}: exit {code}\n{}",
            report.render_text()
        );
        let named = report.checks.iter().any(|check| !check.findings.is_empty());
        assert!(named, "{what}: nothing is named");
    }
}

#[test]
fn one_flipped_byte_of_every_member() {
    for place in 0..SOUND.members.len() {
        let mut members = SOUND.members.clone();
        let (name, content) = &mut members[place];
        let at = content.len() / 2;
        content[at] ^= 1;
        let name = name.clone();
        refused_on_sight(&zip(&members), &format!("flipped byte {at} of {name}"));
    }
}

#[test]
fn one_exchanged_letter_that_keeps_the_form() {
    // A digit or letter inside a string is exchanged for another one, so that the JSON stays readable.
    for place in 0..SOUND.members.len() {
        let mut members = SOUND.members.clone();
        let (name, content) = &mut members[place];
        let is_digit = |byte: &u8| byte.is_ascii_digit();
        let Some(at) = content.iter().rposition(is_digit) else {
            continue;
        };
        content[at] = if content[at] == b'1' { b'2' } else { b'1' };
        let name = name.clone();
        refused_on_sight(&zip(&members), &format!("exchanged digit {at} of {name}"));
    }
}

#[test]
fn one_dropped_member() {
    for place in 0..SOUND.members.len() {
        let mut members = SOUND.members.clone();
        let (name, _) = members.remove(place);
        refused(&zip(&members), &format!("dropped {name}"));
    }
}

#[test]
fn one_dropped_entry() {
    let bundle = Bundle::read(&SOUND.bytes).unwrap();
    for place in 0..bundle.entries.len() {
        let mut bent = bundle.clone();
        let entry = bent.entries.remove(place);
        let what = format!("dropped entry {} ({})", entry.index, entry.envelope.kind());
        refused_on_sight(&bent.write().unwrap(), &what);
    }
}

#[test]
fn two_exchanged_members_of_every_kind() {
    let kind = |name: &str| name.split('/').next().unwrap_or_default().to_owned();
    for place in 1..SOUND.members.len() {
        let mut members = SOUND.members.clone();
        let (before, this) = (members[place - 1].clone(), members[place].clone());
        if kind(&before.0) != kind(&this.0) {
            continue;
        }
        members[place - 1].1 = this.1;
        members[place].1 = before.1;
        refused(
            &zip(&members),
            &format!("exchanged {} and {}", before.0, this.0),
        );
    }
}

#[test]
fn two_exchanged_statements() {
    let bundle = Bundle::read(&SOUND.bytes).unwrap();
    for place in 1..bundle.entries.len() {
        let mut bent = bundle.clone();
        let envelope = bent.entries[place].envelope.clone();
        bent.entries[place].envelope = bent.entries[place - 1].envelope.clone();
        bent.entries[place - 1].envelope = envelope;
        let index = bent.entries[place].index;
        refused_on_sight(
            &bent.write().unwrap(),
            &format!("exchanged statement {index} and the one before"),
        );
    }
}

#[test]
fn a_further_member() {
    for name in ["a.txt", "statements/999999999999.json", "zzz"] {
        let mut members = SOUND.members.clone();
        members.push((name.to_owned(), b"{}".to_vec()));
        members.sort();
        refused(&zip(&members), name);
    }
}

#[test]
fn a_bundle_cut_anywhere() {
    let length = SOUND.bytes.len();
    for at in (0..length).step_by(length / 97) {
        refused(&SOUND.bytes[..at], &format!("cut at {at}"));
    }
    refused(b"", "nothing");
    refused(b"hello", "something else");
    assert!(both(b"hello").iter().all(|report| report.exit_code() == 2));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    /// A bundle has one form: no byte of it can be another one.
    #[test]
    fn no_byte_is_free(at in any::<prop::sample::Index>(), with in 1..=255_u8) {
        let mut bytes = SOUND.bytes.clone();
        let at = at.index(bytes.len());
        bytes[at] ^= with;
        for report in both(&bytes) {
            prop_assert!(matches!(report.exit_code(), 1 | 2), "byte {at}");
        }
    }

    /// Inside a member, past the checksums of the zip file.
    #[test]
    fn no_byte_of_a_member_is_free(
        member in any::<prop::sample::Index>(),
        at in any::<prop::sample::Index>(),
        with in 1..=255_u8,
    ) {
        let mut members = SOUND.members.clone();
        let (name, content) = member.get_mut(&mut members);
        let at = at.index(content.len());
        content[at] ^= with;
        let what = format!("{name} byte {at}");
        for report in both(&zip(&members)) {
            prop_assert!(matches!(report.exit_code(), 1 | 2), "{what}");
        }
    }

    #[test]
    fn random_bytes_are_no_bundle(bytes in prop::collection::vec(any::<u8>(), 0..4096)) {
        for report in both(&bytes) {
            prop_assert_eq!(report.exit_code(), 2);
            prop_assert!(report.render_text().contains("V12"));
        }
    }
}
