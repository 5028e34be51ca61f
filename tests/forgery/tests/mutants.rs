//! Mutants of sound bundles: every one is refused, but for those of which a row of the forgeries says why not.
//!
//! `FORGERY_MUTANTS` (default 1 000) says how many are looked at, `FORGERY_SEED` which.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::thread;

use forgery::forgeries;
use forgery::mutants::{Expected, Mutant, Sound, all, chosen, sounds};
use verification::{Options, verify};

const THREADS: usize = 2;

#[test]
fn every_mutant_is_refused_or_listed() {
    let count =
        std::env::var("FORGERY_MUTANTS").map_or(1_000, |count| count.parse().expect("a number"));
    let label = std::env::var("FORGERY_SEED").unwrap_or_default();
    let sounds = sounds();
    sounds.iter().for_each(was_sound);
    let every = all(&sounds, &label);
    every.iter().for_each(has_its_row);
    let (made, classes) = (
        every.len(),
        every.iter().map(|one| one.class).collect::<BTreeSet<_>>(),
    );
    assert!(made >= 3_000, "{made} mutants");
    let looked_at = chosen(every, count, &label);
    assert!(looked_at.len() >= count.min(made));
    assert_eq!(
        classes,
        looked_at.iter().map(|one| one.class).collect(),
        "every class is looked at"
    );

    let next = Mutex::new(looked_at.iter());
    let (broken, named) = (
        Mutex::new(Vec::new()),
        Mutex::new(BTreeMap::<String, usize>::new()),
    );
    let work = || {
        loop {
            let mutant = next.lock().expect("no thread panics").next();
            let Some(mutant) = mutant else { return };
            match mutant.judge(&sounds) {
                Err(what) => broken.lock().expect("no thread panics").push(what),
                Ok(said) => {
                    let check = said.named.map_or("survives".to_owned(), |(check, code)| {
                        format!("{check} {code}")
                    });
                    *named
                        .lock()
                        .expect("no thread panics")
                        .entry(check)
                        .or_default() += 1;
                }
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(work);
        }
    });
    let named = named.into_inner().expect("no thread panics");
    println!(
        "{} of {made} mutants in {} classes: {named:#?}",
        looked_at.len(),
        classes.len()
    );
    let broken = broken.into_inner().expect("no thread panics");
    assert!(
        broken.is_empty(),
        "{} mutants are broken:\n\n{}",
        broken.len(),
        broken.join("\n\n")
    );
}

fn was_sound(sound: &Sound) {
    let report = verify(&sound.bytes, &Options::default());
    assert_eq!(
        report.exit_code(),
        3,
        "{}\n{}",
        sound.name,
        report.render_text()
    );
}

/// Whatever survives has a row that says why.
fn has_its_row(mutant: &Mutant) {
    if let Expected::Survives(row) = mutant.expected {
        assert!(forgeries::all().any(|one| one.name == row), "{row}");
    }
}
