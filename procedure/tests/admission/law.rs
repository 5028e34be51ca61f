//! Profiles as released: they parse, they never change, and days are civil days of their zone.

use procedure::law::{Limit, Profile, Zone, days_between, profiles};

/// A released profile never changes: a new digest here is a mistake, a new version is a new line.
const RELEASED: &[(&str, u32, &str)] = &[
    (
        "below-threshold",
        1,
        "5fe5ae4459877c61522a8c800aa80a29447da2212b90427885af65032f57b6fb",
    ),
    (
        "cn-2017-tendering",
        1,
        "82087aefc44fa2736e8ae5e4a82f410bf8b186d7005d2481d32c47c32e80a106",
    ),
    (
        "kr-floor-rate",
        1,
        "ec062c1ede6da60879a79f4cce00b83bf39e39a465e1cbc71b1515a87825dadb",
    ),
];

#[test]
fn released_profiles_never_change() {
    let found: Vec<_> = profiles()
        .iter()
        .map(|profile| {
            let reference = &profile.reference;
            (
                reference.id.to_string(),
                reference.version,
                reference.digest.to_string(),
            )
        })
        .collect();
    let pinned: Vec<_> = RELEASED
        .iter()
        .map(|(id, version, digest)| ((*id).to_owned(), *version, (*digest).to_owned()))
        .collect();
    assert_eq!(found, pinned);
    assert_eq!(profiles().len(), 3);
}

#[test]
fn every_rule_has_an_article_and_both_texts() {
    for profile in profiles() {
        assert_eq!(Profile::read(&profile.document).as_ref(), Ok(profile));
        assert_eq!(Profile::released(&profile.reference), Some(profile));
        assert!(!profile.title.zh.is_ascii() && !profile.title.en.is_empty());
        for rule in &profile.rules {
            assert!(rule.article.contains('§'), "{}", rule.id);
            assert!(
                !rule.text.zh.is_ascii() && rule.text.en.ends_with('.'),
                "{}",
                rule.id
            );
        }
        assert!(
            profile
                .rule(|limit| matches!(limit, Limit::CandidatesMax { .. }).then_some(()))
                .is_some()
        );
    }
}

#[test]
fn the_tendering_law_has_its_rules() {
    let law = profiles()
        .iter()
        .find(|profile| profile.reference.id.as_str() == "cn-2017-tendering")
        .unwrap();
    let ids: Vec<&str> = law.rules.iter().map(|rule| rule.id.as_str()).collect();
    assert_eq!(ids, ["R01", "R03", "R12", "R13", "R14", "R15", "R16"]);
    assert!(law.statutory && !law.tie_draw);
    assert_eq!(law.bidders_min().0, 3);
}

#[test]
fn a_profile_is_strict() {
    let text = String::from_utf8(profiles()[0].document.clone()).unwrap();
    let refused = |from: &str, to: &str| {
        assert!(text.contains(from));
        Profile::read(text.replacen(from, to, 1).as_bytes())
            .unwrap_err()
            .pointer
    };
    assert_eq!(refused(r#""version": 1"#, r#""version": 1.0"#), "/version");
    assert_eq!(refused("+08:00", "8"), "/zone");
    assert!(
        refused(r#""statutory": false"#, r#""statutory": false, "extra": 1"#).contains("extra")
    );
    assert!(refused("kaibiao-profile/1", "kaibiao-profile/2").contains("format"));
}

#[test]
fn days_are_civil_days_of_the_zone() {
    let beijing = Zone::parse("+08:00").unwrap();
    let midnight = 1_772_380_800_000; // 2026-03-02 00:00 +08:00
    assert_eq!(days_between(beijing, midnight, midnight + 86_399_999), 0);
    assert_eq!(
        days_between(beijing, midnight - 1, midnight),
        1,
        "one millisecond, but another day"
    );
    assert_eq!(days_between(beijing, midnight, midnight - 1), -1);
    let seoul = Zone::parse("+09:00").unwrap();
    assert_eq!(
        days_between(seoul, midnight - 1, midnight),
        0,
        "already one o'clock there"
    );
    assert_eq!(
        days_between(beijing, 0, u64::MAX),
        days_between(beijing, 0, i64::MAX as u64),
        "no overflow"
    );
    for wrong in [
        "", "08:00", "+8:00", "+08:60", "+15:00", "+08", "+08:0", "*08:00", "+０8:00",
    ] {
        assert_eq!(Zone::parse(wrong), None, "{wrong}");
    }
    assert!(Zone::parse("-03:30").is_some());
}
