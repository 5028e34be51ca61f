//! What the platform owes, and when it must look again.

use play::{Milestone, Play, Script};
use procedure::Stage;
use procedure::act::Act;

/// Whenever something is owed now or later, `next_due_ms` says so in time.
#[test]
fn nothing_falls_due_unseen() {
    for milestone in Milestone::ALL {
        let play = Play::to(Script::plain("T-1"), *milestone);
        let tender = play.state();
        let last_ms = tender.last().time_ms;
        match tender.next_due_ms() {
            Some(due_ms) if due_ms <= last_ms => {
                assert!(tender.duty(last_ms).is_some(), "{milestone:?}")
            }
            Some(due_ms) => {
                assert_eq!(
                    tender.duty(due_ms - 1),
                    None,
                    "{milestone:?}: something is owed earlier"
                );
                assert!(
                    tender.duty(due_ms).is_some(),
                    "{milestone:?}: nothing is owed then"
                );
            }
            None => assert_eq!(
                tender.duty(u64::MAX),
                None,
                "{milestone:?}: nobody would look"
            ),
        }
    }
}

#[test]
fn a_failed_attempt_is_followed_by_the_next_without_anybody_asking() {
    let mut play = Play::to(Script::plain("T-1"), Milestone::Frozen);
    play.fail_attempt();
    let drawing = play.stage().drawing().unwrap();
    assert_eq!(drawing.attempts.len(), 2);
    let end_ms = drawing.collection_end_ms(drawing.last().unwrap());
    assert_eq!(play.state().next_due_ms(), Some(end_ms));
    play.close_collection();
    assert_eq!(play.state().next_due_ms(), Some(0), "nobody contributed");
}

#[test]
fn the_platform_never_owes_what_it_would_be_refused() {
    for script in [
        Script::eventful("T-1"),
        Script::korean("T-2"),
        Script::statutory("T-3"),
    ] {
        let mut play = Play::new(script);
        for milestone in Milestone::ALL {
            play.go_to(*milestone);
            let mut later = play.clone();
            for _ in 0..100 {
                later.world.do_duties(&later.tender.clone());
                match later.state().next_due_ms() {
                    Some(due_ms) => later.world.wait_until(due_ms),
                    None => break,
                }
            }
            let ended = matches!(
                later.stage(),
                Stage::Draft(_)
                    | Stage::Opened(_)
                    | Stage::Drawn(_)
                    | Stage::Evaluation(_)
                    | Stage::Evaluated(_)
                    | Stage::Candidates(_)
                    | Stage::Awarded(_)
                    | Stage::Failed(_)
            );
            assert!(
                ended,
                "left alone at {milestone:?} it hangs in {}",
                later.stage().name()
            );
        }
    }
}

#[test]
fn a_set_is_rehearsed_as_soon_as_it_is_signed() {
    let mut play = Play::to(Script::plain("T-1"), Milestone::Created);
    assert_eq!(play.world.owed(&play.tender), None);
    play.publish_trustee_keys();
    let (set, signers) = (play.trustee_set(), play.set_signers());
    play.world.must(set, &signers.iter().collect::<Vec<_>>());
    assert_eq!(play.state().next_due_ms(), Some(0));
    assert!(matches!(
        play.world.owed(&play.tender),
        Some(Act::RehearsalDealt(_))
    ));
}
