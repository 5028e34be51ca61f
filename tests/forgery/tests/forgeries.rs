//! Every forgery of the table is made, and the verifier says what its row expects.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::thread;

use forgery::forgeries;

/// As many as ops/test has cores for; the rows are independent of each other.
const THREADS: usize = 2;

#[test]
fn every_row_holds() {
    let rows = Mutex::new(forgeries::all());
    let broken = Mutex::new(Vec::new());
    let work = || {
        loop {
            let next = rows.lock().expect("no thread panics").next();
            let Some(row) = next else { return };
            if let Err(what) = row.judge() {
                broken.lock().expect("no thread panics").push(what);
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(work);
        }
    });
    let broken = broken.into_inner().expect("no thread panics");
    assert!(
        broken.is_empty(),
        "{} rows are broken:\n\n{}",
        broken.len(),
        broken.join("\n\n")
    );
}

#[test]
fn there_are_at_least_sixty_and_each_has_its_name() {
    let names: Vec<&str> = forgeries::all().map(|row| row.name).collect();
    let unique: BTreeSet<&str> = names.iter().copied().collect();
    assert_eq!(names.len(), unique.len(), "a name stands twice");
    assert!(names.len() >= 60, "{} rows", names.len());
}
