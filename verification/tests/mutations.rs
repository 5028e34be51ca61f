//! Whatever byte is flipped in a sound bundle: exit code 1 or 2, with and without a trust file, and never a panic.
//! Mutants by class (fields of the zip file, items dropped, swapped, renamed) are made in tests/forgery.

#![expect(clippy::unwrap_used, reason = "tests may panic")]

use std::sync::LazyLock;

use play::{Milestone, Play, Script};
use proptest::prelude::*;
use record::bundle::{Members, read, write};
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
