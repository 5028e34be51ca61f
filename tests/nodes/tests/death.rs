//! A node is killed in the middle of an opening, another in the middle of a draw: the rest goes on without hands.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use nodes::{Cluster, rounds};
use play::Script;
use testbed::{Client, Course, ServerProcess, Step};

/// Leads `course` to `step`, and kills `victim` when `is_time`; whether that was before the course was there.
fn go_on_while_dying(
    course: &mut Course,
    step: Step,
    victim: &mut ServerProcess,
    is_time: impl Fn() -> bool + Send,
    pause: Duration,
) -> bool {
    let arrived = AtomicBool::new(false);
    thread::scope(|scope| {
        let arrived = &arrived;
        let killer = scope.spawn(move || {
            let end = Instant::now() + Duration::from_secs(60);
            while !is_time() && !arrived.load(Ordering::SeqCst) {
                assert!(Instant::now() < end, "the moment does not come");
                sleep(Duration::from_millis(1));
            }
            sleep(pause);
            let in_the_middle = !arrived.load(Ordering::SeqCst);
            victim.kill();
            in_the_middle
        });
        course.go_to(step);
        arrived.store(true, Ordering::SeqCst);
        killer.join().expect("the killer")
    })
}

/// What the surviving node says of the tender's stage.
fn stage(survivor: &Client, tender: &str) -> String {
    let view = survivor.view(tender);
    view["stage"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn a_node_dies_in_an_opening_and_in_a_draw() {
    let Some(mut cluster) = Cluster::start(&[|_| (), |_| ()]) else {
        return;
    };
    let rounds = rounds(1);
    let mut in_the_middle = 0;
    for round in 0..rounds {
        // Longer pauses let more of what follows happen before: shares in both nodes' hands, results under way.
        let pause = Duration::from_millis(9 * round as u64 % 40);
        let tender = format!("T-{round}");
        let (first, second) = (round % 2, (round + 1) % 2);
        let mut course = Course::new(cluster.client(), Script::plain(&tender));
        course.go_to(Step::Closed);

        // The first share is on the log, the results are pending.
        let evidence = course.client.evidence().clone();
        let before = evidence.count();
        let is_time = || evidence.count() > before;
        let victim = &mut cluster.nodes[first];
        in_the_middle += usize::from(go_on_while_dying(
            &mut course,
            Step::Opened,
            victim,
            is_time,
            pause,
        ));
        assert_eq!(stage(&cluster.client_of(second), &tender), "opened");
        cluster.nodes[first].restart();

        // The set of prices is frozen, contributions are being released.
        let survivor = cluster.client_of(first);
        let is_time = || stage(&survivor, &tender) == "drawing";
        let victim = &mut cluster.nodes[second];
        in_the_middle += usize::from(go_on_while_dying(
            &mut course,
            Step::Drawn,
            victim,
            is_time,
            pause,
        ));
        course.go_to(Step::Awarded);
        cluster.nodes[second].restart();
        assert_eq!(stage(&cluster.client_of(second), &tender), "awarded");
    }
    assert!(
        in_the_middle >= rounds,
        "only {in_the_middle} of {} deaths came before the step was over",
        2 * rounds
    );
    println!("{in_the_middle} of {} deaths in the middle", 2 * rounds);
    cluster.demand_one_log();
}
