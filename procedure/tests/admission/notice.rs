//! The notice: the law of its profile, the rules, the bid form, the documents, the draw's announcement.

use play::{Actor, DAY_MS, Milestone, Play, Script, document_set, id};
use procedure::act::*;
use procedure::{Code, Refusal};
use record::Digest;

pub(super) fn rehearsed(script: Script) -> Play {
    Play::to(script, Milestone::Rehearsed)
}

/// The notice of `play` after `change`: admitted, or refused how.
pub(super) fn announce(play: &Play, change: impl FnOnce(&mut Notice)) -> Result<Play, Refusal> {
    let mut play = play.clone();
    let mut notice = play.notice();
    change(&mut notice);
    let tenderee = play.tenderee();
    play.world.admit(notice, &[&tenderee])?;
    Ok(play)
}

pub(super) fn refused(play: &Play, change: impl FnOnce(&mut Notice)) -> (Code, String) {
    let refusal = announce(play, change).expect_err("the notice is admitted");
    (refusal.code, refusal.pointer.unwrap_or_default())
}

pub(super) fn code(play: &Play, change: impl FnOnce(&mut Notice)) -> Code {
    refused(play, change).0
}

/// Code, rule and article of a refusal.
fn by_law(play: &Play, change: impl FnOnce(&mut Notice)) -> (Code, String, String) {
    let refusal = announce(play, change).expect_err("the notice is admitted");
    let rule = refusal.rule.expect("a rule stands behind the refusal");
    (refusal.code, rule.id, rule.article)
}

#[test]
fn the_tenderee_announces_under_a_released_profile() {
    let mut play = rehearsed(Script::plain("T-1"));
    let notice = play.notice();
    let supervisor = play.supervisor();
    assert_eq!(
        play.world.refused(notice, &[&supervisor]),
        Code::SignerNotAllowed
    );
    assert_eq!(
        code(&play, |notice| notice.profile.digest = Digest::ZERO),
        Code::ProfileUnknown
    );
    assert_eq!(
        code(&play, |notice| notice.profile.version = 99),
        Code::ProfileUnknown
    );
    assert_eq!(
        code(&play, |notice| notice.legal_basis = None),
        Code::LegalBasisMissing
    );
    assert_eq!(
        code(&play, |notice| notice.legal_basis = Some(" ".into())),
        Code::TextLength
    );
    assert_eq!(
        code(&play, |notice| notice.trustee_set = Digest::ZERO),
        Code::TrusteeSetMissing
    );
    assert_eq!(
        code(&play, |notice| notice.witnesses = vec![id("nobody")]),
        Code::AccountUnknown
    );
    let source =
        |notice: &mut Notice| notice.rules.credit.as_mut().unwrap().source = Some(id("nobody"));
    assert_eq!(code(&play, source), Code::AccountUnknown);
}

#[test]
fn the_documents_are_those_of_the_digest() {
    let play = rehearsed(Script::plain("T-1"));
    assert_eq!(
        code(&play, |notice| notice.documents[0].size += 1),
        Code::DocumentSetMismatch
    );
    assert_eq!(
        code(&play, |notice| notice.documents.reverse()),
        Code::DocumentSetMismatch
    );
    let twice = |notice: &mut Notice| notice.documents[1].name = notice.documents[0].name.clone();
    assert_eq!(code(&play, twice), Code::DocumentSetMismatch);
    assert_eq!(
        code(&play, |notice| notice.documents[0].name = String::new()),
        Code::TextLength
    );
    let many = |notice: &mut Notice| {
        let document = notice.documents[0].clone();
        let named = |number: i32| Document {
            name: format!("{number:04}"),
            ..document.clone()
        };
        notice.documents = (0..=200).map(named).collect();
        notice.document_set = document_set(&notice.documents);
    };
    assert_eq!(code(&play, many), Code::LimitExceeded);
}

#[test]
fn limits_of_a_notice() {
    let play = rehearsed(Script::plain("T-1"));
    let day = DAY_MS;
    assert_eq!(
        refused(&play, |notice| notice.opening.window_ms = 0),
        (Code::LimitExceeded, "/opening".into())
    );
    assert_eq!(
        refused(&play, |notice| notice.opening.draw_window_ms = 367 * day).0,
        Code::LimitExceeded
    );
    assert_eq!(
        refused(&play, |notice| notice.opening.confirmation_ms =
            (1 << 53) - 1)
        .0,
        Code::LimitExceeded
    );
    assert_eq!(
        refused(&play, |notice| notice.publicity_days = 367).0,
        Code::LimitExceeded
    );
    assert_eq!(
        refused(&play, |notice| notice.deadline_ms = (1 << 53) - 1).0,
        Code::LimitExceeded
    );
    assert_eq!(
        refused(&play, |notice| notice.witnesses = vec![id("witness-1"); 33]).0,
        Code::LimitExceeded
    );
    let particular = |name: &str, value: &str| {
        let (name, value) = (name.to_owned(), value.to_owned());
        code(&play, |notice| notice.particulars = [(name, value)].into())
    };
    assert_eq!(particular("", "a"), Code::TextLength);
    assert_eq!(particular("a", &"长".repeat(2001)), Code::TextLength);
}

#[test]
fn times_without_a_statute() {
    let play = rehearsed(Script::plain("T-1"));
    let now = play.world.now_ms;
    assert_eq!(
        refused(&play, |notice| notice.deadline_ms = now),
        (Code::DeadlineInPast, "/deadline_ms".into())
    );
    assert_eq!(
        code(&play, |notice| notice.opening_ms = notice.deadline_ms - 1),
        Code::OpeningTime
    );
    assert!(announce(&play, |notice| notice.opening_ms = notice.deadline_ms + 1).is_ok());
    let short = |notice: &mut Notice| (notice.deadline_ms, notice.opening_ms) = (now + 1, now + 1);
    assert!(
        announce(&play, short).is_ok(),
        "the document sets the periods"
    );
}

#[test]
fn times_under_the_tendering_law_name_rule_and_article() {
    let play = rehearsed(Script::statutory("T-1"));
    let now = play.world.now_ms;
    let set = |days: u64| {
        move |notice: &mut Notice| {
            (notice.deadline_ms, notice.opening_ms) = (now + days * DAY_MS, now + days * DAY_MS);
        }
    };
    let law = |code, rule: &str, article: &str| (code, rule.to_owned(), article.to_owned());
    let bidding = law(Code::BiddingPeriodShort, "R03", "招标投标法 §24");
    assert_eq!(by_law(&play, set(19)), bidding);
    assert!(announce(&play, set(20)).is_ok(), "exactly 20 days");
    // Civil days of the profile's zone: 20 days later, but one millisecond after midnight is still that day.
    let midnight = |day: u64| (now / DAY_MS + day) * DAY_MS - 8 * 3_600_000;
    let at = |time: u64| {
        move |notice: &mut Notice| (notice.deadline_ms, notice.opening_ms) = (time, time)
    };
    assert!(announce(&play, at(midnight(20))).is_ok());
    assert_eq!(by_law(&play, at(midnight(20) - 1)), bidding);

    let documents = |notice: &mut Notice| notice.documents_until_ms = now + 4 * DAY_MS;
    assert_eq!(
        by_law(&play, documents),
        law(Code::DocumentPeriodShort, "R01", "实施条例 §16")
    );
    let later = |notice: &mut Notice| notice.opening_ms += 1;
    assert_eq!(
        by_law(&play, later),
        law(Code::OpeningTime, "R12", "招标投标法 §34")
    );
    let publicity = |notice: &mut Notice| notice.publicity_days = 2;
    assert_eq!(
        by_law(&play, publicity),
        law(Code::PublicityShort, "R15", "实施条例 §54")
    );
}

#[test]
fn the_bid_form_has_one_price() {
    let play = rehearsed(Script::plain("T-1"));
    let form = Code::BidFormInvalid;
    assert_eq!(code(&play, |notice| notice.bid_form.clear()), form);
    assert_eq!(
        code(&play, |notice| notice.bid_form[0].required = false),
        form
    );
    assert_eq!(
        code(&play, |notice| notice.bid_form[0].field_type =
            FieldType::Text),
        form
    );
    assert_eq!(
        code(&play, |notice| notice.bid_form[1].id = id("price")),
        form
    );
    let many = |notice: &mut Notice| {
        let field = notice.bid_form[1].clone();
        let fields = (0..64).map(|number| FormField {
            id: id(&format!("f{number}")),
            ..field.clone()
        });
        notice.bid_form.extend(fields);
    };
    assert_eq!(code(&play, many), Code::LimitExceeded);
}

#[test]
fn names_and_units_are_short() {
    let play = rehearsed(Script::plain("T-1"));
    assert_eq!(
        code(&play, |notice| notice.rules.currency = "人民币".into()),
        Code::RulesInvalid
    );
    assert_eq!(
        code(&play, |notice| notice.rules.currency = String::new()),
        Code::RulesInvalid
    );
    assert_eq!(
        code(&play, |notice| notice.bid_form[0].unit =
            Some("元".repeat(201))),
        Code::TextLength
    );
}

#[test]
fn the_draw_is_announced_by_the_template() {
    let play = rehearsed(Script::plain("T-1"));
    let mut play = announce(&play, |_| {}).unwrap();
    let platform = play.world.platform().clone();
    let Some(Act::DrawAnnounce(good)) = play.world.owed(&play.tender.clone()) else {
        panic!("nothing is owed")
    };
    let mut bent = vec![good.clone(); 5];
    bent[0].attempt = 2;
    bent[1].contributors.pop();
    bent[2].draw = id("another");
    bent[3].methods.reverse();
    bent[4].notice = Digest::ZERO;
    for body in bent {
        assert_eq!(
            play.world.refused(body, &[&platform]),
            Code::AnnouncementMismatch
        );
    }
    let tenderee = play.tenderee();
    assert_eq!(
        play.world.refused(good.clone(), &[&tenderee]),
        Code::SignerNotAllowed
    );
    assert_eq!(
        play.world.refused(good.clone(), &[&platform, &tenderee]),
        Code::SignersTooMany
    );
    let mut late = play.clone();
    late.world.wait_until(play.bidding().notice.deadline_ms);
    assert_eq!(
        late.world.refused(good.clone(), &[&platform]),
        Code::DeadlinePassed
    );
    play.world.must(good, &[&platform]);
    let again = play::announcement(&play.bidding().notice, play.bidding().notice_id, 2);
    assert_eq!(
        play.world.refused(again, &[&platform]),
        Code::AttemptMismatch
    );
}

#[test]
fn nobody_bids_or_contributes_before_the_draw_is_announced() {
    let play = rehearsed(Script::plain("T-1"));
    let mut play = announce(&play, |_| {}).unwrap();
    let (bidder, tenderee) = (play.actor("b1"), play.tenderee());
    let bid = play
        .seal(&bidder, &play::form_json("9000000"), "early")
        .manifest;
    assert_eq!(play.world.refused(bid, &[&bidder]), Code::DrawNotAnnounced);
    let contribution = play.contribution(&tenderee, 1, "early").0;
    assert_eq!(
        play.world.refused(contribution, &[&tenderee]),
        Code::DrawNotAnnounced
    );
}

#[test]
fn a_notice_is_final() {
    let mut play = Play::to(Script::plain("T-1"), Milestone::Announced);
    let notice = Notice {
        publicity_days: 2,
        ..play.bidding().notice.clone()
    };
    let tenderee: Actor = play.tenderee();
    assert_eq!(
        play.world.refused(notice, &[&tenderee]),
        Code::StageMismatch
    );
}
