//! The rule set of a notice: what the law of the profile refuses, what cannot be carried out, and what this
//! procedure has no statements for yet.

use evaluation::Money;
use evaluation::case::RecomputePolicy;
use play::{Script, method, rules};
use procedure::act::*;
use procedure::{Code, Refusal};
use serde_json::json;

use super::notice::{announce, code, refused, rehearsed};

/// Code, pointer, rule and article of the refusal.
fn by_law(script: Script, change: impl FnOnce(&mut Notice)) -> (Code, String, String, String) {
    let refusal: Refusal =
        announce(&rehearsed(script), change).expect_err("the notice is admitted");
    let rule = refusal.rule.expect("a rule is named");
    let pointer = refusal.pointer.unwrap_or_default();
    (refusal.code, pointer, rule.id, rule.article)
}

#[test]
fn what_a_profile_forbids_cannot_be_announced() {
    let play = rehearsed(Script::statutory("T-1"));
    let drawn = |notice: &mut Notice| notice.rules.ties = Ties::Draw;
    assert_eq!(
        refused(&play, drawn),
        (Code::TieDrawForbidden, "/rules/ties".into())
    );
    let floor = |notice: &mut Notice| notice.rules.methods.push(method("floor-rate-lowest"));
    assert_eq!(
        refused(&play, floor),
        (Code::MethodForbidden, "/rules/methods/2/method".into())
    );
    let korean = rehearsed(Script::korean("T-2"));
    assert_eq!(
        code(&korean, |notice| notice.rules.methods =
            vec![method("jiangsu-3")]),
        Code::MethodForbidden
    );
}

#[test]
fn in_a_statutory_tender_nobody_wins_by_lot() {
    let by_lot = |notice: &mut Notice| {
        notice.rules = rules(&["fixed-price"]);
        notice.rules.ties = Ties::Report;
    };
    let (code, pointer, rule, article) = by_law(Script::statutory("T-1"), by_lot);
    assert_eq!(
        (code, &*pointer),
        (Code::RulesUnlawful, "/rules/award_class")
    );
    assert_eq!(
        (&*rule, &*article),
        ("RF1", "发改法规规〔2022〕1117号（二）")
    );
}

#[test]
fn elsewhere_a_winner_by_lot_needs_a_basis_and_a_draw() {
    let play = rehearsed(Script::at_fixed_price("T-1"));
    assert!(announce(&play, |_| {}).is_ok());
    assert_eq!(
        refused(&play, |notice| notice.rules.legal_basis = None),
        (Code::LegalBasisMissing, "/rules/legal_basis".into())
    );
    assert_eq!(
        refused(&play, |notice| notice.rules.ties = Ties::Report),
        (Code::RulesUnlawful, "/rules/ties".into())
    );
}

#[test]
fn rules_for_another_profile_and_unlawful_credit_are_refused() {
    let play = rehearsed(Script::statutory("T-1"));
    let other = |notice: &mut Notice| notice.rules.profile = Some(play::id("below-threshold"));
    assert_eq!(
        refused(&play, other),
        (Code::RulesUnlawful, "/rules/profile".into())
    );
    let named = |notice: &mut Notice| notice.rules.profile = Some(play::id("cn-2017-tendering"));
    assert!(announce(&play, named).is_ok());
    let local = |notice: &mut Notice| {
        let item = json!([{ "id": "awards", "text": "本市业绩加 2 分" }]);
        notice.rules.credit_items = serde_json::from_value(item).unwrap();
    };
    let (code, pointer, rule, article) = by_law(Script::statutory("T-1"), local);
    assert_eq!(
        (code, &*pointer),
        (Code::RulesUnlawful, "/rules/credit_items/0")
    );
    assert_eq!((&*rule, &*article), ("RF3", "发改办财金〔2023〕860号"));
}

#[test]
fn a_profile_for_checking_announces_nothing() {
    let play = rehearsed(Script::statutory("T-1"));
    for profile in ["cn-gov-procurement", "suqian-2016"] {
        assert_eq!(
            refused(&play, |notice| notice.profile = play::profile_ref(profile)),
            (Code::ProfileForChecking, "/profile".into())
        );
    }
}

/// Otherwise an old version would be the way around every rule that a new one brings.
#[test]
fn a_replaced_version_announces_nothing() {
    for (script, id) in [
        (Script::statutory("T-1"), "cn-2017-tendering"),
        (Script::plain("T-2"), "below-threshold"),
    ] {
        let old = procedure::law::profiles()
            .iter()
            .find(|profile| profile.reference.id.as_str() == id && profile.reference.version == 1)
            .unwrap();
        let play = rehearsed(script);
        assert_eq!(
            refused(&play, |notice| notice.profile = old.reference.clone()),
            (Code::ProfileReplaced, "/profile/version".into())
        );
    }
}

/// There are no statements of a committee yet.
#[test]
fn what_a_committee_would_have_to_say_cannot_be_announced() {
    let play = rehearsed(Script::plain("T-1"));
    let technical = |notice: &mut Notice| {
        let rule = json!({ "full": "20", "aggregate": "mean", "decimals": 2 });
        notice.rules.award_class = AwardClass::Comprehensive;
        notice.rules.technical = serde_json::from_value(rule).unwrap();
    };
    assert_eq!(
        refused(&play, technical),
        (Code::CommitteeMissing, "/rules/technical".into())
    );
    let review = |notice: &mut Notice| {
        notice.rules.recompute_policy = RecomputePolicy::AfterPreliminaryReview;
    };
    assert_eq!(
        refused(&play, review),
        (Code::CommitteeMissing, "/rules/recompute_policy".into())
    );
    let adjusted = |notice: &mut Notice| notice.rules = rules(&["lowest-evaluated"]);
    assert_eq!(
        refused(&play, adjusted),
        (Code::CommitteeMissing, "/rules/methods/0/method".into())
    );
}

#[test]
fn an_amount_that_is_left_open_is_refused() {
    let play = rehearsed(Script::plain("T-1"));
    assert_eq!(
        refused(&play, |notice| notice.rules.control_price = None),
        (Code::RulesInvalid, "/rules/control_price".into()),
        "jiangsu-2 needs it"
    );
}

#[test]
fn rules_that_cannot_be_carried_out_are_refused_before_anybody_bids() {
    let play = rehearsed(Script::plain("T-1"));
    let rules_invalid = |change: fn(&mut RuleSet)| {
        let refusal = announce(&play, |notice| change(&mut notice.rules)).err();
        let refusal = refusal.expect("the notice is admitted");
        assert_eq!(refusal.code, Code::RulesInvalid, "{refusal}");
        refusal.pointer.unwrap_or_default()
    };
    assert_eq!(
        rules_invalid(|rules| rules.methods.clear()),
        "/rules/methods"
    );
    assert!(
        rules_invalid(|rules| rules.methods[0].method = "jiangsu-4".into())
            .starts_with("/rules/methods/0")
    );
    assert!(rules_invalid(|rules| rules.methods[1].fixed.clear()).starts_with("/rules/methods/1"));
    let nothing = |rules: &mut RuleSet| rules.control_price = Some(Money::from_fen(0));
    assert!(rules_invalid(nothing).starts_with("/rules"));
    assert!(
        rules_invalid(|rules| rules.control_price = None).starts_with("/rules"),
        "jiangsu-2 needs it"
    );
    assert!(rules_invalid(|rules| rules.price_score = None).starts_with("/rules/price_score"));
    let credit = |rules: &mut RuleSet| rules.credit.as_mut().unwrap().rule.full = "0".parse().ok();
    assert!(rules_invalid(credit).starts_with("/rules/credit/rule"));
    let same = |rules: &mut RuleSet| rules.methods[1] = rules.methods[0].clone();
    assert!(rules_invalid(same).starts_with("/rules/methods"));
    let missing = |rules: &mut RuleSet| rules.credit.as_mut().unwrap().missing = "-1".into();
    assert_eq!(rules_invalid(missing), "/rules/credit/missing");
    let nobody = |rules: &mut RuleSet| rules.credit.as_mut().unwrap().source = None;
    assert_eq!(rules_invalid(nobody), "/rules/credit/source");
}

/// The methods that score prices and can run a whole tender.
pub const SCORED_METHODS: [&str; 11] = [
    "jiangsu-1",
    "jiangsu-2",
    "jiangsu-3",
    "jiangsu-4",
    "jiangsu-5",
    "mean-trim-one",
    "limit-mean-blend",
    "second-mean",
    "third-mean",
    "mean-float",
    "lowest-ratio",
];

/// Methods whose trial needs different prices are tried, too.
#[test]
fn every_method_is_tried_with_its_score() {
    for name in SCORED_METHODS {
        let script = Script {
            rules: rules(&[name]),
            ..Script::plain("T-1")
        };
        let play = rehearsed(script);
        assert!(announce(&play, |_| {}).is_ok(), "{name}");
        assert_eq!(
            code(&play, |notice| notice.rules.price_score = None),
            Code::RulesInvalid,
            "{name}"
        );
    }
    let play = rehearsed(Script::korean("T-2"));
    assert!(announce(&play, |_| {}).is_ok());
    assert_eq!(
        code(&play, |notice| notice.rules.estimated_price = None),
        Code::RulesInvalid
    );
}
