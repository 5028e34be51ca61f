//! The heartbeat on both databases: what counts as not serving, and what does not.

use std::sync::Arc;
use std::time::{Duration, Instant};

use server::Node;
use server::heartbeat::{BEAT_MS, SILENCE_MS, not_serving};
use store::StoreError;
use store::heartbeat::{self, Beat};

use crate::support::{Place, on_both, registration};

on_both!(
    a_silence_is_noted_when_the_heart_beats_again,
    a_restart_within_seconds_is_no_outage,
    a_jump_of_the_simulated_clock_is_no_outage,
    one_dead_node_of_two_is_no_outage,
    what_was_admitted_shortens_a_silence,
);

fn gaps(node: &Node) -> Vec<(u64, u64)> {
    let gaps = node.store().read(|conn| not_serving(conn, 0)).unwrap();
    gaps.iter().map(|gap| (gap.from_ms, gap.until_ms)).collect()
}

/// As if nothing had beaten for `silent_ms` milliseconds.
fn be_silent(node: &Node, silent_ms: i64) -> Beat {
    node.store()
        .write(|conn| {
            let last = heartbeat::last(conn)?.expect("the heart has beaten");
            let put_back = Beat {
                t_ms: last.t_ms - silent_ms,
                real_ms: last.real_ms - silent_ms,
            };
            heartbeat::put(conn, &put_back)?;
            Ok::<_, StoreError>(put_back)
        })
        .unwrap()
}

fn serving(place: &Place) -> Arc<Node> {
    let node = place.start();
    node.begin_serving().unwrap();
    node
}

fn wait_for_gap(node: &Node) -> (u64, u64) {
    let end = Instant::now() + Duration::from_secs(20);
    loop {
        if let Some(gap) = gaps(node).first() {
            return *gap;
        }
        assert!(Instant::now() < end, "no silence is noted");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn a_silence_is_noted_when_the_heart_beats_again(place: &Place) {
    let node = serving(place);
    assert_eq!(gaps(&node), [], "the first heartbeat ends no silence");
    // The platform's registration has just been admitted, which is a sign of life: leave it behind.
    node.advance_clock(node.now_ms().unwrap() + 86_400_000)
        .unwrap();
    node.stop();
    let last = be_silent(&node, 120_000);
    // Nothing is known while nobody serves: a node that only opened the database has no heartbeat.
    let node = place.start();
    std::thread::sleep(Duration::from_millis(2 * BEAT_MS));
    assert_eq!(gaps(&node), []);
    node.begin_serving().unwrap();
    let (from_ms, until_ms) = wait_for_gap(&node);
    // The jump came after the last heartbeat, and was no silence.
    let first_missed = last.t_ms as u64 + 86_400_000 + BEAT_MS;
    assert!(
        from_ms.abs_diff(first_missed) <= 500,
        "{from_ms} {first_missed}"
    );
    assert!(until_ms - from_ms >= 119_000 && until_ms <= node.now_ms().unwrap());
    assert_eq!(gaps(&node).len(), 1, "once");
    node.stop();
}

fn a_restart_within_seconds_is_no_outage(place: &Place) {
    serving(place).stop();
    let node = serving(place);
    be_silent(&node, SILENCE_MS as i64 - 2 * BEAT_MS as i64);
    std::thread::sleep(Duration::from_millis(2 * BEAT_MS));
    assert_eq!(gaps(&node), []);
    node.stop();
}

fn a_jump_of_the_simulated_clock_is_no_outage(place: &Place) {
    let node = serving(place);
    let now_ms = node.now_ms().unwrap();
    node.advance_clock(now_ms + 86_400_000).unwrap();
    std::thread::sleep(Duration::from_millis(2 * BEAT_MS));
    assert_eq!(gaps(&node), []);
    // A silence across a jump is as long as it really was, and ends at the simulated time.
    be_silent(&node, 60_000);
    node.advance_clock(node.now_ms().unwrap() + 86_400_000)
        .unwrap();
    let (from_ms, until_ms) = wait_for_gap(&node);
    assert!((59_000..70_000).contains(&(until_ms - from_ms)));
    assert!(until_ms > now_ms + 86_400_000);
    node.stop();
}

fn one_dead_node_of_two_is_no_outage(place: &Place) {
    let (first, second) = (serving(place), serving(place));
    first.stop();
    std::thread::sleep(Duration::from_millis(SILENCE_MS + 2 * BEAT_MS));
    serving(place).stop();
    assert_eq!(gaps(&second), []);
    second.stop();
}

/// The gap begins with a heartbeat that was missed, at full seconds from the last one: never at the moment at which
/// something was admitted.
fn what_was_admitted_shortens_a_silence(place: &Place) {
    serving(place).stop();
    // A sequencer that works while the heart does not.
    let node = place.start();
    let (envelope, chain) = registration("b1");
    let admitted = node.submit(envelope, chain, "r").unwrap();
    let admitted_ms = admitted.receipt.admitted_ms;
    let last = Beat {
        t_ms: admitted_ms as i64 - 40_500,
        real_ms: admitted_ms as i64 - 40_500,
    };
    node.store()
        .write(|conn| heartbeat::put(conn, &last))
        .unwrap();
    std::thread::sleep(Duration::from_millis(SILENCE_MS + 2 * BEAT_MS));
    node.begin_serving().unwrap();
    let [(from_ms, _)] = gaps(&node)[..] else {
        panic!("one gap: {:?}", gaps(&node))
    };
    let first_missed = admitted_ms + 500;
    assert!(
        from_ms.abs_diff(first_missed) <= 5,
        "{from_ms} {first_missed}"
    );
    node.stop();
}
