//! The state of a witness: it survives kill -9, two requests never see the same old state, and what is lost is not made
//! anew.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use record::log::witness::parse_size;
use witness_tests::{Log, ORIGIN, WitnessProcess, kaibiao};

/// Rounds of kill -9; more with KAIBIAO_RUNS.
fn rounds() -> u64 {
    let more = std::env::var("KAIBIAO_RUNS").ok();
    more.and_then(|text| text.parse().ok()).unwrap_or(15)
}

#[test]
fn kill_at_any_moment_never_takes_a_cosignature_back() {
    let sizes = 4_000;
    let log = Log::new("", sizes);
    let mut witness = WitnessProcess::start("witness.example/w1", &[log.verifier()]);
    let (mut answered, mut cosignatures) = (0, 0);
    for round in 0..rounds() {
        // After a restart it knows at least everything that it had answered.
        let held = witness
            .latest(ORIGIN)
            .map_or(0, |one| one.checkpoint().size);
        assert!(held >= answered, "{held} after {answered} was cosigned");
        if held > 0 {
            assert_eq!(
                witness.latest(ORIGIN).expect("one").checkpoint(),
                &log.checkpoint(held)
            );
        }
        let moment = Duration::from_millis(5 + (round * 37) % 90);
        let stop = AtomicBool::new(false);
        let newest = AtomicU64::new(held);
        let begun = Instant::now();
        std::thread::scope(|scope| {
            let (log, stop, newest, url) = (&log, &stop, &newest, witness.url());
            let run = scope.spawn(move || {
                let mut held = held;
                let mut count = 0;
                while !stop.load(Ordering::Relaxed) && held + 1 < sizes {
                    let body = log.request(held, held + 1).to_string();
                    match witness_tests::post(&format!("{url}/add-checkpoint"), &body) {
                        Ok(answer) if answer.status == 200 => {
                            held += 1;
                            count += 1;
                            newest.store(held, Ordering::Relaxed);
                        }
                        Ok(answer) => panic!("{answer:?}"),
                        Err(_) => break,
                    }
                }
                count
            });
            std::thread::sleep(moment.saturating_sub(begun.elapsed()));
            witness.kill();
            stop.store(true, Ordering::Relaxed);
            cosignatures += run.join().expect("no panic");
        });
        answered = newest.load(Ordering::Relaxed);
        witness.restart().expect("it starts again");
    }
    let held = witness
        .latest(ORIGIN)
        .map_or(0, |one| one.checkpoint().size);
    assert!(held >= answered);
    println!(
        "{} kills, {cosignatures} cosignatures, {held} held",
        rounds()
    );
    assert!(cosignatures > 0);
}

#[test]
fn of_two_rivals_one_is_cosigned() {
    let log = Log::new("", 300);
    let fork = Log::new("fork", 300);
    let witness = Arc::new(WitnessProcess::start(
        "witness.example/w1",
        &[log.verifier()],
    ));
    // Both are true continuations of the empty log; only one can be cosigned, and every later size continues it.
    for size in 1..=40 {
        let statuses: Vec<u16> = std::thread::scope(|scope| {
            let ask = |log: &Log| {
                let (witness, body) = (
                    Arc::clone(&witness),
                    log.request(size - 1, size).to_string(),
                );
                scope.spawn(move || witness.add(&body).expect("an answer").status)
            };
            let all: Vec<_> = [&log, &fork, &log, &fork].map(ask).into();
            all.into_iter()
                .map(|one| one.join().expect("no panic"))
                .collect()
        });
        let held = witness.latest(ORIGIN).expect("one");
        assert_eq!(held.checkpoint().size, size);
        let is_log = *held.checkpoint() == log.checkpoint(size);
        let winner = if is_log { &log } else { &fork };
        assert_eq!(held.checkpoint(), &winner.checkpoint(size));
        let accepted = |which: usize| statuses[which] == 200 || statuses[which + 2] == 200;
        assert_eq!(
            (accepted(0), accepted(1)),
            (is_log, !is_log),
            "{statuses:?}"
        );
        // From the second size on the loser cannot even prove that it continues.
        let first = *witness.latest(ORIGIN).expect("one").checkpoint() == log.checkpoint(size);
        assert_eq!(first, is_log);
    }
    assert!(
        !witness.evidence().is_empty(),
        "the rivals of the first size are evidence"
    );
}

#[test]
fn sizes_in_any_order_leave_the_largest() {
    let log = Log::new("", 200);
    let witness = WitnessProcess::start("witness.example/w1", &[log.verifier()]);
    std::thread::scope(|scope| {
        for worker in 0..4_u64 {
            let (log, witness) = (&log, &witness);
            scope.spawn(move || {
                let mut held = 0;
                for step in 1..=20 {
                    let size = step * 10 + worker;
                    while held < size.min(200) {
                        let body = log.request(held, size.min(200)).to_string();
                        let answer = witness.add(&body).expect("an answer");
                        held = match answer.status {
                            200 => size.min(200),
                            409 => parse_size(&answer.body).expect("a size"),
                            _ => panic!("{answer:?}"),
                        };
                    }
                }
            });
        }
    });
    let latest = witness.latest(ORIGIN).expect("one");
    assert_eq!(latest.checkpoint(), &log.checkpoint(200));
    assert!(witness.evidence().is_empty());
}

#[test]
fn a_lost_state_is_not_made_anew() {
    let log = Log::new("", 16);
    let mut witness = WitnessProcess::start("witness.example/w1", &[log.verifier()]);
    let request = log.request(0, 16).to_string();
    assert_eq!(witness.add(&request).expect("an answer").status, 200);
    witness.kill();
    let state = witness.path().join("state");
    let kept = witness.path().join("kept");
    std::fs::rename(&state, &kept).expect("moved");
    let error = witness.restart().expect_err("it must not start");
    assert!(error.contains("witness-state-lost"), "{error}");
    // An empty folder in its place is a loss as well.
    std::fs::create_dir(&state).expect("a folder");
    let error = witness.restart().expect_err("it must not start");
    assert!(error.contains("witness-state-lost"), "{error}");
    // Nor does init make a new one under the old key, nor add-log.
    let path = witness.path();
    let path = path.to_str().expect("ASCII");
    let key = log.verifier().to_string();
    let added = kaibiao(&["--json", "witness", "add-log", "--dir", path, &key]);
    assert_eq!(added.status.code(), Some(2), "{added:?}");
    let policy = witness.path().join("logs.txt");
    let policy = policy.to_str().expect("ASCII");
    let again = kaibiao(&[
        "--json", "witness", "init", "--dir", path, "--name", "w", "--logs", policy,
    ]);
    assert!(
        String::from_utf8_lossy(&again.stdout).contains("witness-exists"),
        "{again:?}"
    );
    // A state of another log, or a cut one, is no state.
    std::fs::remove_dir(&state).expect("removed");
    std::fs::rename(&kept, &state).expect("moved back");
    let file = std::fs::read_dir(&state)
        .expect("the folder")
        .map(|entry| entry.expect("an entry").path())
        .find(|path| path.extension().is_none())
        .expect("the state");
    let whole = std::fs::read_to_string(&file).expect("text");
    for bad in [
        String::new(),
        whole.replace(ORIGIN, "log.example/other"),
        whole[..whole.len() - 10].to_owned(),
    ] {
        std::fs::write(&file, bad).expect("written");
        let error = witness.restart().expect_err("it must not start");
        assert!(error.contains("witness-damaged"), "{error}");
    }
    std::fs::write(&file, whole).expect("written");
    witness.restart().expect("it starts");
    assert_eq!(witness.add(&request).expect("an answer").body, "16\n");
}

#[test]
fn one_directory_has_one_daemon() {
    let log = Log::new("", 8);
    let witness = WitnessProcess::start("witness.example/w1", &[log.verifier()]);
    let path = witness.path();
    let path = path.to_str().expect("ASCII");
    for command in [
        vec![
            "--json",
            "witness",
            "serve",
            "--dir",
            path,
            "--bind",
            "127.0.0.1:0",
        ],
        vec!["--json", "witness", "show", "--dir", path],
    ] {
        let second = kaibiao(&command);
        assert_eq!(second.status.code(), Some(2), "{second:?}");
        assert!(String::from_utf8_lossy(&second.stdout).contains("witness-in-use"));
    }
}
