//! Profiles as released: they parse, they never change, and days are civil days of their zone.

use std::collections::BTreeSet;

use evaluation::benchmark::Method;
use procedure::law::{Limit, Profile, Zone, civil_date, days_between, latest, profiles};

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
    (
        "below-threshold",
        2,
        "0efae7ce528fbf6e4602be616ebd34b78f3924bb3c71ae7ece6211ca71d6c7a4",
    ),
    (
        "cn-2017-tendering",
        2,
        "fcddb7dfaa3ce052fe82c16435af8c23eacff4078adc8c573b39e6f6336e83f8",
    ),
    (
        "cn-gov-procurement",
        1,
        "fc26b1a36ba8bdab4c264f1483ad857caffcb9351f4e53721f6eeb39b6e4cacd",
    ),
    (
        "suqian-2016",
        1,
        "cce002e6ef962f3aad9e2884eb387544e86018009b7fb314fb55b48fda4e500b",
    ),
    (
        "below-threshold",
        3,
        "c7646e2eb236c70aeba29feddfc1a51984412a8d6ac73be43d078745bbef3068",
    ),
    (
        "cn-2017-tendering",
        3,
        "948edb6dd11aa7e3f93fc5389847c03b362ad5c1b777d1c1b56f02ec47ae8257",
    ),
    (
        "kr-floor-rate",
        2,
        "999bdf4bf17b8d7ca99ba5ef8f8ecf76610f5e3ab3981b10ad26ba0e253688b7",
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
    assert_eq!(profiles().len(), 10);
}

#[test]
fn every_rule_has_an_article_and_both_texts() {
    for profile in profiles() {
        assert_eq!(Profile::read(&profile.document).as_ref(), Ok(profile));
        assert_eq!(Profile::released(&profile.reference), Some(profile));
        assert!(!profile.title.zh.is_ascii() && !profile.title.en.is_empty());
        for rule in &profile.rules {
            // What was not read in the law itself says how sure we are instead.
            let read = rule.confidence.is_none();
            assert!(!read || rule.article.contains(['§', '号']), "{}", rule.id);
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
    let of_the_procedure = ["R01", "R03", "R12", "R13", "R14", "R15", "R16"];
    for name in ["cn-2017-tendering", "suqian-2016"] {
        let law = latest(name).unwrap();
        let ids: Vec<&str> = law.rules.iter().map(|rule| rule.id.as_str()).collect();
        assert_eq!(ids[..7], of_the_procedure);
        assert!(law.statutory && !law.tie_draw);
        assert_eq!(law.bidders_min().0, 3);
        for rule in ["RF1", "RF3", "RF4"] {
            assert!(ids.contains(&rule), "{name} {rule}");
        }
        assert!(!law.methods.iter().any(|method| method == "fixed-price"));
    }
    assert_eq!(latest("cn-2017-tendering").unwrap().reference.version, 3);
    assert!(latest("nowhere").is_none());
}

/// What a profile names exists, once.
#[test]
fn profiles_name_what_there_is() {
    for profile in profiles() {
        let unique: BTreeSet<_> = profile.methods.iter().collect();
        assert_eq!(unique.len(), profile.methods.len());
        for method in &profile.methods {
            assert!(Method::from_id(method).is_ok(), "{method}");
        }
        let ids: BTreeSet<_> = profile.rules.iter().map(|rule| &rule.id).collect();
        assert_eq!(ids.len(), profile.rules.len(), "{:?}", profile.reference.id);
        for rule in &profile.rules {
            if let Limit::Coefficient {
                method, parameter, ..
            } = &rule.limit
            {
                let method = Method::from_id(method).unwrap();
                let known = method
                    .drawn_parameters()
                    .iter()
                    .chain(method.fixed_parameters());
                assert!(
                    known.clone().any(|one| one.name == parameter),
                    "{}",
                    rule.id
                );
            }
        }
    }
    let all = latest("below-threshold").unwrap();
    for method in Method::all() {
        assert!(
            all.methods.iter().any(|name| name == method.id()),
            "{method:?}"
        );
    }
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
fn dates_are_civil_dates_of_the_zone() {
    let (beijing, west) = (
        Zone::parse("+08:00").unwrap(),
        Zone::parse("-03:30").unwrap(),
    );
    let date = |zone, time_ms| civil_date(zone, time_ms);
    let says = |text: &str| Some(text.to_owned());
    assert_eq!(date(beijing, 0), says("1970-01-01"));
    assert_eq!(date(west, 0), says("1969-12-31"));
    assert_eq!(date(beijing, 1_772_380_800_000 - 1), says("2026-03-01"));
    assert_eq!(date(beijing, 1_772_380_800_000), says("2026-03-02"));
    assert_eq!(date(beijing, 951_782_400_000), says("2000-02-29"));
    assert_eq!(date(beijing, 4_107_513_599_999), says("2100-02-28"));
    assert_eq!(date(beijing, 4_107_513_600_000), says("2100-03-01"));
    assert_eq!(date(west, 253_402_300_799_999), says("9999-12-31"));
    assert_eq!(date(beijing, 253_402_300_799_999), None);
    assert_eq!(date(beijing, u64::MAX), None);
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
