//! Every limit at the limit and one beyond; and no limit without a test.

use play::{Actor, Bidder, HOUR_MS, Milestone, Play, Script, form_json, id};
use procedure::Code;
use procedure::act::*;
use procedure::limits::*;
use record::Digest;
use record::sealing::{EnvelopeKind, SEGMENT_BYTES};
use record::statement::{SIGNATURES_MAX, STATEMENT_BYTES_MAX};

use super::codes::TESTS;
use super::notice::{announce, code, rehearsed};

const LIMITS: &str = include_str!("../../src/limits.rs");

/// Tests that stand beside the code.
const UNIT_TESTS: &str = include_str!("../../src/tender/bidding.rs");

/// Which test goes to each limit and one beyond.
const TESTED: &[(&str, &str)] = &[
    ("NAME_CHARS_MAX", "names_have_200_characters"),
    ("TEXT_CHARS_MAX", "texts_have_2000_characters"),
    ("KEYS_PER_ACCOUNT_MAX", "an_account_has_at_most_64_keys"),
    ("BIDDERS_MAX", "a_tender_takes_so_many_bidders_and_no_more"),
    (
        "SIGNERS_MAX",
        "all_bidders_and_everybody_else_fit_among_the_signers",
    ),
    (
        "TRUSTEE_KEYS_MAX",
        "strangers_cannot_fill_a_draft_with_keys",
    ),
    (
        "TRUSTEE_KEYS_PER_ACCOUNT_MAX",
        "a_stranger_cannot_fill_a_draft_with_statements",
    ),
    ("TRUSTEE_SETS_MAX", "a_draft_has_at_most_64_trustee_sets"),
    (
        "MANIFESTS_MAX",
        "replacements_leave_room_for_every_first_bid",
    ),
    (
        "MANIFESTS_PER_BIDDER_MAX",
        "one_bidder_cannot_use_up_the_bids_of_all",
    ),
    (
        "CONTRIBUTIONS_PER_ATTEMPT_MAX",
        "a_contributor_replaces_its_contribution_so_often_and_no_more",
    ),
    (
        "ANSWERS_PER_BIDDER_MAX",
        "a_bidder_answers_the_read_out_so_often_and_no_more",
    ),
    (
        "CREDIT_PAGES_MAX",
        "a_credit_snapshot_has_at_most_128_pages",
    ),
    (
        "DOCUMENTS_MAX",
        "a_notice_has_200_documents_64_fields_32_witnesses",
    ),
    (
        "FORM_FIELDS_MAX",
        "a_notice_has_200_documents_64_fields_32_witnesses",
    ),
    (
        "WITNESSES_MAX",
        "a_notice_has_200_documents_64_fields_32_witnesses",
    ),
    (
        "CONSORTIUM_MEMBERS_MAX",
        "a_consortium_has_16_further_members",
    ),
    ("INLINE_BYTES_MAX", "a_bid_form_has_64_kib_of_ciphertext"),
    ("RESULTS_PER_PAGE", "a_page_of_results_has_200_lines"),
    (
        "RESULTS_PAGE_BYTES",
        "a_large_read_out_comes_in_pages_that_fit_into_a_statement",
    ),
    ("OUTAGES_MAX", "outages_have_a_limit_and_then_it_closes"),
    ("NOT_SERVING_MAX", "only_what_the_rule_counts_suspends"),
    ("OBJECTIONS_MAX", "a_tender_takes_1000_objections"),
    (
        "OBJECTIONS_PER_BIDDER_MAX",
        "one_bidder_cannot_use_up_the_objections_of_all",
    ),
    ("ATTEMPTS_MAX", "after_sixteen_attempts_the_tender_fails"),
    ("DURATION_MS_MAX", "windows_last_366_days"),
    ("TIME_MS_MAX", "a_deadline_lies_before_the_year_10000"),
];

#[test]
fn every_limit_has_a_test() {
    let named = LIMITS
        .lines()
        .filter_map(|line| line.strip_prefix("pub const "))
        .filter_map(|line| line.split(':').next());
    for limit in named {
        let tests: Vec<&str> = TESTED
            .iter()
            .filter(|(name, _)| *name == limit)
            .map(|(_, test)| *test)
            .collect();
        assert!(!tests.is_empty(), "no test goes to {limit}");
        for test in tests {
            let there = |text: &&str| text.contains(&format!("fn {test}()"));
            let mut texts = TESTS.iter().chain([&UNIT_TESTS]);
            assert!(texts.any(there), "there is no test {test}");
        }
    }
    for (limit, _) in TESTED {
        let line = format!("pub const {limit}:");
        assert!(LIMITS.contains(&line), "there is no limit {limit}");
    }
}

/// `count` characters of three bytes each.
fn long(count: usize) -> String {
    "长".repeat(count)
}

#[test]
fn names_have_200_characters() {
    let mut play = Play::to(Script::plain("T-1"), Milestone::Created);
    let named = |name: &str, chars: usize| {
        let actor = Actor::new(name);
        let body = AccountRegistered {
            name: long(chars),
            ..actor.registration()
        };
        (body, actor)
    };
    let (body, actor) = named("long", NAME_CHARS_MAX + 1);
    assert_eq!(play.world.refused(body, &[&actor]), Code::TextLength);
    let (body, actor) = named("long", NAME_CHARS_MAX);
    play.world.must(body, &[&actor]);

    let tenderee = play.tenderee();
    let titled = |chars: usize| TenderCreated {
        tender: id("T-2"),
        project: id("P"),
        title: long(chars),
        tenderee: tenderee.id().clone(),
    };
    let beyond = titled(NAME_CHARS_MAX + 1);
    assert_eq!(play.world.refused(beyond, &[&tenderee]), Code::TextLength);
    play.world.must(titled(NAME_CHARS_MAX), &[&tenderee]);
}

#[test]
fn texts_have_2000_characters() {
    let mut play = Play::to(Script::plain("T-1"), Milestone::Opened);
    let bidder = play.actor("b1");
    let saying = |play: &Play, chars: usize| Objection {
        text: long(chars),
        ..play.objection("b1", Matter::Opening)
    };
    let beyond = saying(&play, TEXT_CHARS_MAX + 1);
    assert_eq!(play.world.refused(beyond, &[&bidder]), Code::TextLength);
    let most = saying(&play, TEXT_CHARS_MAX);
    play.world.must(most, &[&bidder]);
}

/// Admission alone, without a log: ten thousand bidders, and one more.
#[test]
fn a_tender_takes_so_many_bidders_and_no_more() {
    let play = Play::to(Script::plain("T-1"), Milestone::Announced);
    let (mut tender, mut directory) = (play.state().clone(), play.world.directory().clone());
    let bidder = play.actor("b1");
    let sealed = play.seal(&bidder, &form_json("9520000.00"), "bid").manifest;
    let mut at = play.world.at();
    let mut admit = |act: Act, who: &Actor| {
        let mut envelope = act.envelope();
        envelope.add_signature(who.key());
        let statement = procedure::verify(envelope, &directory)?;
        at.index += 1;
        match statement.statement() {
            Act::AccountRegistered(_) => directory.admit(&statement, at),
            _ => tender.admit(&statement, &directory, at),
        }
    };
    for number in 0..=BIDDERS_MAX {
        let who = Actor::new(&format!("c{number}"));
        admit(who.registration().into(), &who).unwrap();
        // One sealed bid under many names: admission sees the form of a key block only.
        let mut body = sealed.clone();
        body.bidder_id = who.id().clone();
        body.bidder_sig_pk = who.signature_key();
        for envelope in &mut body.envelopes {
            envelope
                .key_block
                .replace_range(40..48, &format!("{number:08}"));
        }
        let form = [format!("{number:064}").as_bytes(); 2].concat();
        body.envelopes[0].parts = vec![play::sealed_part(&form)];
        let admitted = admit(body.into(), &who).map_err(|refusal| refusal.code);
        let expected = match number {
            BIDDERS_MAX => Err(Code::BiddersMax),
            _ => Ok(()),
        };
        assert_eq!(admitted, expected, "{number}");
    }
}

#[test]
fn all_bidders_and_everybody_else_fit_among_the_signers() {
    // Tenderee, credit source, trustees, witnesses; what is left is for platforms and supervisors.
    let others = 2 + TRUSTEE_KEYS_MAX + WITNESSES_MAX;
    assert!(BIDDERS_MAX + others + 64 <= SIGNERS_MAX);
}

#[test]
fn a_draft_has_at_most_64_trustee_sets() {
    let mut play = Play::to(Script::plain("T-1"), Milestone::Created);
    play.publish_trustee_keys();
    let signers = play.set_signers();
    let signers: Vec<&Actor> = signers.iter().collect();
    for number in 0..=TRUSTEE_SETS_MAX {
        // The same set in other bytes is another statement.
        let body = Act::from(play.trustee_set()).to_body();
        let body = [" ".repeat(number).as_bytes(), &body].concat();
        let mut envelope = record::statement::Envelope::new("trustee-set", body);
        signers
            .iter()
            .for_each(|signer| envelope.add_signature(signer.key()));
        let admitted = play.world.admit_envelope(envelope);
        let expected = (number == TRUSTEE_SETS_MAX).then_some(Code::LimitExceeded);
        assert_eq!(admitted.err().map(|refusal| refusal.code), expected);
    }
}

#[test]
fn a_contributor_replaces_its_contribution_so_often_and_no_more() {
    let mut play = Play::to(Script::plain("T-1"), Milestone::Rehearsed);
    let notice = play.notice();
    play.tenderee_says(notice);
    play.world.do_duties(&play.tender.clone());
    let tenderee = play.tenderee();
    let contribute = |play: &mut Play, attempt: u32, number: u32| {
        let body = play
            .contribution(&tenderee, attempt, &format!("n{number}"))
            .0;
        let admitted = play.world.admit(body, &[&tenderee]);
        admitted.err().map(|refusal| refusal.code)
    };
    for number in 0..CONTRIBUTIONS_PER_ATTEMPT_MAX {
        assert_eq!(contribute(&mut play, 1, number), None);
    }
    let beyond = contribute(&mut play, 1, CONTRIBUTIONS_PER_ATTEMPT_MAX);
    assert_eq!(beyond, Some(Code::LimitExceeded));

    // Each attempt counts by itself.
    let mut play = Play::to(Script::plain("T-1"), Milestone::Frozen);
    play.fail_attempt();
    for number in 0..CONTRIBUTIONS_PER_ATTEMPT_MAX {
        assert_eq!(contribute(&mut play, 2, number), None);
    }
    let beyond = contribute(&mut play, 2, CONTRIBUTIONS_PER_ATTEMPT_MAX);
    assert_eq!(beyond, Some(Code::LimitExceeded));
}

/// A body may hold blanks, so one answer can be said in any number of statements.
#[test]
fn a_bidder_answers_the_read_out_so_often_and_no_more() {
    let mut play = Play::to(Script::plain("T-1"), Milestone::Opened);
    for number in 0..=ANSWERS_PER_BIDDER_MAX {
        let body = Act::from(ReadOutConfirmed {
            tender: play.tender.clone(),
            manifest: play.manifest("b1"),
            agrees: true,
        })
        .to_body();
        let body = [" ".repeat(number as usize).as_bytes(), &body].concat();
        let mut envelope = record::statement::Envelope::new("read-out-confirmed", body);
        envelope.add_signature(play.actor("b1").key());
        let admitted = play.world.admit_envelope(envelope);
        let expected = (number == ANSWERS_PER_BIDDER_MAX).then_some(Code::LimitExceeded);
        assert_eq!(admitted.err().map(|refusal| refusal.code), expected);
    }
    let other = ReadOutConfirmed {
        tender: play.tender.clone(),
        manifest: play.manifest("b2"),
        agrees: true,
    };
    let bidder = play.actor("b2");
    play.world.must(other, &[&bidder]);
}

#[test]
fn a_notice_has_200_documents_64_fields_32_witnesses() {
    let play = rehearsed(Script::plain("T-1"));
    let documents = |count: usize| {
        move |notice: &mut Notice| {
            let document = notice.documents[0].clone();
            let named = |number: usize| Document {
                name: format!("{number:04}"),
                ..document.clone()
            };
            notice.documents = (0..count).map(named).collect();
            notice.document_set = play::document_set(&notice.documents);
        }
    };
    assert!(announce(&play, documents(DOCUMENTS_MAX)).is_ok());
    assert_eq!(
        code(&play, documents(DOCUMENTS_MAX + 1)),
        Code::LimitExceeded
    );

    let fields = |count: usize| {
        move |notice: &mut Notice| {
            let field = notice.bid_form[1].clone();
            let present = notice.bid_form.len();
            notice
                .bid_form
                .extend((present..count).map(|number| FormField {
                    id: id(&format!("f{number}")),
                    ..field.clone()
                }));
        }
    };
    assert!(announce(&play, fields(FORM_FIELDS_MAX)).is_ok());
    assert_eq!(
        code(&play, fields(FORM_FIELDS_MAX + 1)),
        Code::LimitExceeded
    );

    let mut play = play;
    let names: Vec<Actor> = (0..=WITNESSES_MAX)
        .map(|number| Actor::new(&format!("w{number}")))
        .collect();
    names.iter().for_each(|who| play.world.register(who));
    let witnesses = |count: usize| {
        let ids = names.iter().take(count).map(|who| who.id().clone());
        let ids: Vec<_> = ids.collect();
        move |notice: &mut Notice| notice.witnesses = ids
    };
    assert!(announce(&play, witnesses(WITNESSES_MAX)).is_ok());
    assert_eq!(
        code(&play, witnesses(WITNESSES_MAX + 1)),
        Code::LimitExceeded
    );
    // Host and every witness sign the opening record, in one envelope.
    const { assert!(WITNESSES_MAX < SIGNATURES_MAX) };
}

#[test]
fn a_consortium_has_16_further_members() {
    let mut play = Play::to(Script::plain("T-1"), Milestone::Announced);
    let members: Vec<Actor> = (0..=CONSORTIUM_MEMBERS_MAX)
        .map(|number| Actor::new(&format!("m{number}")))
        .collect();
    members.iter().for_each(|who| play.world.register(who));
    let bidder = play.actor("b1");
    let manifest = play.seal(&bidder, &form_json("9520000"), "bid").manifest;
    let of = |count: usize| BidManifest {
        members: members
            .iter()
            .take(count)
            .map(|who| who.id().clone())
            .collect(),
        ..manifest.clone()
    };
    let (most, beyond) = (of(CONSORTIUM_MEMBERS_MAX), of(CONSORTIUM_MEMBERS_MAX + 1));
    assert_eq!(play.world.refused(beyond, &[&bidder]), Code::LimitExceeded);
    play.world.must(most, &[&bidder]);
}

#[test]
fn a_bid_form_has_64_kib_of_ciphertext() {
    let mut play = Play::to(Script::plain("T-1"), Milestone::Announced);
    let bidder = play.actor("b1");
    let manifest = play.seal(&bidder, &form_json("9520000"), "bid").manifest;
    let of = |bytes: usize| {
        let mut body = manifest.clone();
        body.envelopes[0].parts = vec![play::sealed_part(&vec![7; bytes])];
        body
    };
    let (most, beyond) = (of(INLINE_BYTES_MAX), of(INLINE_BYTES_MAX + 1));
    assert_eq!(play.world.refused(beyond, &[&bidder]), Code::PartsWrong);
    assert!(Act::from(most.clone()).to_body().len() < STATEMENT_BYTES_MAX);
    play.world.must(most, &[&bidder]);
}

#[test]
fn a_bid_has_64_parts_and_16_gib_at_the_limit() {
    use record::sealing::{BID_BYTES_MAX, PART_HEADER_BYTES, PARTS_MAX};
    let mut play = Play::to(Script::plain("T-1"), Milestone::Announced);
    let bidder = play.actor("b1");
    let manifest = play.seal(&bidder, &form_json("9520000"), "bid").manifest;
    let form = manifest.envelopes[0].parts[0].size;
    let part = |number: u8, size: u64| SealedPart {
        size,
        root: Digest([number; 32]),
        segments: (size - PART_HEADER_BYTES as u64)
            .div_ceil(SEGMENT_BYTES as u64)
            .try_into()
            .unwrap(),
        inline: None,
    };
    // The form and 63 attachments that fill 16 GiB to the byte.
    let count = PARTS_MAX - 1;
    let each = (BID_BYTES_MAX - form) / count as u64;
    let last = BID_BYTES_MAX - form - each * (count as u64 - 1);
    let with = |count: usize, last: u64| {
        let mut body = manifest.clone();
        let sizes = std::iter::repeat_n(each, count - 1).chain([last]);
        let parts = (1_u8..).zip(sizes).map(|(number, size)| part(number, size));
        body.envelopes[0].parts.extend(parts);
        body
    };
    assert_eq!(
        play.world.refused(with(count, last + 1), &[&bidder]),
        Code::LimitExceeded
    );
    assert_eq!(
        play.world.refused(with(count + 1, 100), &[&bidder]),
        Code::LimitExceeded
    );
    play.world.must(with(count, last), &[&bidder]);
}

#[test]
fn a_set_has_2_to_9_trustees() {
    for (trustees, threshold, good) in [(2, 2, true), (9, 9, true), (10, 2, false), (3, 1, false)] {
        let mut script = Script::plain("T-1");
        script.trustees = trustees;
        script.threshold = threshold;
        let mut play = Play::to(script, Milestone::Created);
        play.publish_trustee_keys();
        let signers = play.set_signers();
        let set = play.trustee_set();
        let admitted = play.world.admit(set, &signers.iter().collect::<Vec<_>>());
        let expected = (!good).then_some(Code::TrusteeThreshold);
        assert_eq!(admitted.err().map(|refusal| refusal.code), expected);
    }
}

#[test]
fn a_page_of_results_has_200_lines() {
    for (bidders, pages) in [
        (RESULTS_PER_PAGE, vec![200]),
        (RESULTS_PER_PAGE + 1, vec![200, 1]),
    ] {
        let all = (1..=bidders).map(|number| Bidder::new(&format!("b{number:04}"), "9000000.00"));
        let mut play = Play::to(
            Script::plain("T-1").with_bidders(all.collect()),
            Milestone::Announced,
        );
        let all = std::mem::take(&mut play.script.bidders);
        for bidder in &all {
            play.bid(&Actor::new(&bidder.name), &form_json(&bidder.price), "bid");
        }
        play.close();
        for slot in 1..=2 {
            let (body, trustee) = (play.opening_release(slot), play.trustee(slot));
            play.world.must(body, &[&trustee]);
        }
        let mut lines = Vec::new();
        while let Some(Act::OpeningResults(page)) = play.world.owed(&play.tender.clone()) {
            lines.push(page.results.len());
            play.world.do_duty(&play.tender.clone());
        }
        assert_eq!(lines, pages);
    }
}

#[test]
fn a_tender_takes_1000_objections() {
    let bidders = OBJECTIONS_MAX / OBJECTIONS_PER_BIDDER_MAX + 1;
    let all = (1..=bidders).map(|number| Bidder::new(&format!("b{number:04}"), "9000000.00"));
    let mut play = Play::to(
        Script::plain("T-1").with_bidders(all.collect()),
        Milestone::Announced,
    );
    let all = std::mem::take(&mut play.script.bidders);
    for bidder in &all {
        play.bid(&Actor::new(&bidder.name), &form_json(&bidder.price), "bid");
    }
    play.go_to(Milestone::Opened);
    for number in 0..=OBJECTIONS_MAX {
        let name = &all[number / OBJECTIONS_PER_BIDDER_MAX].name;
        let body = Objection {
            text: format!("第 {number} 项"),
            ..play.objection(name, Matter::Opening)
        };
        let admitted = play.world.admit(body, &[&Actor::new(name)]);
        let expected = (number == OBJECTIONS_MAX).then_some(Code::LimitExceeded);
        assert_eq!(admitted.err().map(|refusal| refusal.code), expected);
    }
}

#[test]
fn windows_last_366_days() {
    let play = rehearsed(Script::plain("T-1"));
    let windows: [fn(&mut OpeningTerms, u64); 4] = [
        |terms, ms| terms.window_ms = ms,
        |terms, ms| terms.confirmation_ms = ms,
        |terms, ms| terms.draw_window_ms = ms,
        |terms, ms| terms.draw_objection_ms = ms,
    ];
    for set in windows {
        assert!(announce(&play, |notice| set(&mut notice.opening, DURATION_MS_MAX)).is_ok());
        assert_eq!(
            code(&play, |notice| set(
                &mut notice.opening,
                DURATION_MS_MAX + 1
            )),
            Code::LimitExceeded
        );
    }
}

#[test]
fn a_deadline_lies_before_the_year_10000() {
    let play = rehearsed(Script::plain("T-1"));
    let at = |time_ms: u64| {
        move |notice: &mut Notice| {
            notice.documents_until_ms = time_ms - HOUR_MS;
            notice.deadline_ms = time_ms;
            notice.opening_ms = time_ms;
        }
    };
    assert!(announce(&play, at(TIME_MS_MAX)).is_ok());
    assert_eq!(code(&play, at(TIME_MS_MAX + 1)), Code::LimitExceeded);
}

/// A statement that is too long is refused with the code of limits, whoever wrote it.
#[test]
fn a_statement_has_256_kib() {
    let play = Play::to(Script::plain("T-1"), Milestone::Closed);
    let release = |bytes: usize| {
        let body = ShareRelease {
            tender: play.tender.clone(),
            slot: 1,
            kind: EnvelopeKind::Opening,
            shares: Vec::new(),
        };
        let mut body = Act::from(body).to_body();
        body.extend(vec![b' '; bytes - body.len()]);
        let mut envelope = record::statement::Envelope::new("share-release", body);
        envelope.add_signature(play.trustee(1).key());
        procedure::verify(envelope, play.world.directory())
    };
    assert!(release(STATEMENT_BYTES_MAX).is_ok());
    let refusal = release(STATEMENT_BYTES_MAX + 1).unwrap_err();
    assert_eq!(refusal.code, Code::LimitExceeded);
}
