//! Lists, feeds and deadlines of tenders.

use std::collections::BTreeMap;

use store::tender::{self, Filter, LIST_MAX, Order, STAGES, Tender};
use store::{Store, log};

use crate::support::{Done, TestDatabase, noise, on_both, tender as row};

on_both!(
    upsert_replaces_everything,
    stages_are_checked,
    filters_combine,
    pages_meet_without_gap_or_overlap,
    pages_for_people_stay_put_while_tenders_change,
    limits_are_clamped,
    a_follower_of_the_feed_misses_nothing,
    due_tenders_come_in_order,
);

fn upsert_replaces_everything(db: &TestDatabase) {
    let mut tender = row("T-1", 4);
    db.write(|c| tender::upsert(c, &tender));
    assert_eq!(db.read(|c| tender::get(c, "T-1")), Some(tender.clone()));
    tender.stage = "awarded".to_owned();
    tender.next_due_ms = None;
    tender.deadline_ms = None;
    tender.winner = Some("org-b".to_owned());
    tender.updated_index = 9;
    db.write(|c| tender::upsert(c, &tender));
    assert_eq!(db.read(|c| tender::get(c, "T-1")), Some(tender));
    assert_eq!(db.read(|c| tender::get(c, "T-2")), None);
}

fn stages_are_checked(db: &TestDatabase) {
    for stage in STAGES {
        db.write(|c| {
            tender::upsert(
                c,
                &Tender {
                    stage: stage.to_owned(),
                    ..row(stage, 1)
                },
            )
        });
    }
    for stage in ["", "Draft", "contracted"] {
        let error = db.write_error(|c| {
            tender::upsert(
                c,
                &Tender {
                    stage: stage.to_owned(),
                    ..row("x", 1)
                },
            )
        });
        assert_eq!(error.code(), "store-refused");
    }
}

fn ids(store: &Store, filter: &Filter) -> Vec<String> {
    store
        .read(|c| tender::list(c, filter))
        .unwrap()
        .into_iter()
        .map(|t| t.id)
        .collect()
}

fn filters_combine(db: &TestDatabase) {
    db.write(|c| {
        tender::upsert(c, &row("a", 1))?;
        tender::upsert(
            c,
            &Tender {
                tenderee: "org-b".to_owned(),
                ..row("b", 2)
            },
        )?;
        tender::upsert(
            c,
            &Tender {
                stage: "awarded".to_owned(),
                ..row("c", 3)
            },
        )?;
        let draft = Tender {
            stage: "draft".to_owned(),
            announced_index: None,
            ..row("d", 4)
        };
        tender::upsert(c, &draft)
    });
    let all = Filter {
        limit: 10,
        ..Filter::default()
    };
    assert_eq!(ids(&db.store, &all), ["a", "b", "c", "d"]);
    let public = Filter {
        announced_only: true,
        ..all.clone()
    };
    assert_eq!(ids(&db.store, &public), ["a", "b", "c"]);
    assert_eq!(
        ids(
            &db.store,
            &Filter {
                order: Order::Announced,
                ..all.clone()
            }
        ),
        ["c", "b", "a"]
    );
    let announced = Filter {
        stage: Some("announced".to_owned()),
        ..public.clone()
    };
    assert_eq!(ids(&db.store, &announced), ["a", "b"]);
    assert_eq!(
        ids(
            &db.store,
            &Filter {
                tenderee: Some("org-b".to_owned()),
                ..announced
            }
        ),
        ["b"]
    );
    let hostile = Filter {
        tenderee: Some("' OR 1=1 --".to_owned()),
        ..all
    };
    assert_eq!(ids(&db.store, &hostile), [""; 0]);
}

/// Walks all pages.
fn walk(store: &Store, order: Order, limit: i64) -> Vec<String> {
    let mut filter = Filter {
        order,
        limit,
        ..Filter::default()
    };
    let mut seen = Vec::new();
    loop {
        let page = store.read(|c| tender::list(c, &filter)).unwrap();
        let Some(last) = page.last() else { return seen };
        filter.after = Some(last.cursor(order));
        seen.extend(page.into_iter().map(|t| t.id));
    }
}

fn pages_meet_without_gap_or_overlap(db: &TestDatabase) {
    // Three tenders share each index, so that pages end inside a group.
    let names: Vec<_> = (0..30).map(|i| format!("t{i:02}")).collect();
    db.write(|c| {
        (0..)
            .zip(&names)
            .try_for_each(|(i, name)| tender::upsert(c, &row(name, i / 3)))
    });
    for limit in [1, 2, 3, 7, 100] {
        assert_eq!(
            walk(&db.store, Order::Changed, limit),
            names,
            "limit {limit}"
        );
        assert!(
            walk(&db.store, Order::Announced, limit)
                .iter()
                .eq(names.iter().rev()),
            "limit {limit}"
        );
    }
}

fn pages_for_people_stay_put_while_tenders_change(db: &TestDatabase) {
    db.write(|c| (0..6).try_for_each(|i| tender::upsert(c, &row(&format!("t{i}"), i))));
    let mut filter = Filter {
        order: Order::Announced,
        limit: 3,
        ..Filter::default()
    };
    let first = db.read(|c| tender::list(c, &filter));
    filter.after = first.last().map(|t| t.cursor(Order::Announced));
    db.write(|c| {
        tender::upsert(
            c,
            &Tender {
                updated_index: 50,
                ..row("t1", 1)
            },
        )?;
        tender::upsert(c, &row("new", 51))
    });
    assert_eq!(ids(&db.store, &filter), ["t2", "t1", "t0"]);
}

fn limits_are_clamped(db: &TestDatabase) {
    db.write(|c| (0..105).try_for_each(|i| tender::upsert(c, &row(&format!("t{i:03}"), i))));
    for (limit, found) in [(-5, 1), (0, 1), (2, 2), (i64::MAX, LIST_MAX as usize)] {
        assert_eq!(
            ids(
                &db.store,
                &Filter {
                    limit,
                    ..Filter::default()
                }
            )
            .len(),
            found
        );
    }
}

/// Writers announce and change tenders while a reader follows the cursor: in the end it knows the last state of all.
fn a_follower_of_the_feed_misses_nothing(db: &TestDatabase) {
    const WRITERS: i64 = 4;
    const CHANGES: i64 = 30;
    let done = Done::default();
    let writer = |writer: i64| {
        for change in 0..CHANGES {
            db.write(|c| {
                let index = log::size(c)?;
                log::append_batch(c, &[noise(index)], &[], &[])?;
                // Every third change is a new tender, the others touch old ones again.
                tender::upsert(c, &row(&format!("w{writer}-{}", change / 3), index))
            });
        }
    };
    let follow = || {
        let mut known = BTreeMap::new();
        let mut filter = Filter {
            limit: 5,
            ..Filter::default()
        };
        loop {
            let last_look = done.is_done();
            let page = db.read(|c| tender::list(c, &filter));
            if let Some(last) = page.last() {
                filter.after = Some(last.cursor(Order::Changed));
            } else if last_look {
                return known;
            }
            known.extend(page.into_iter().map(|t| (t.id.clone(), t)));
        }
    };
    let known = std::thread::scope(|scope| {
        let follower = scope.spawn(follow);
        let writers: Vec<_> = (0..WRITERS)
            .map(|w| scope.spawn(move || writer(w)))
            .collect();
        let writing = done.when_dropped();
        writers.into_iter().for_each(|w| w.join().unwrap());
        drop(writing);
        follower.join().unwrap()
    });
    let stored = db.read(|c| {
        tender::list(
            c,
            &Filter {
                limit: 100,
                ..Filter::default()
            },
        )
    });
    assert_eq!(stored.len() as i64, WRITERS * CHANGES / 3);
    assert_eq!(known.len(), stored.len());
    assert!(stored.iter().all(|t| known.get(&t.id) == Some(t)));
}

fn due_tenders_come_in_order(db: &TestDatabase) {
    assert_eq!(db.read(tender::next_due_ms), None);
    let due_at = |id: &str, next_due_ms| Tender {
        next_due_ms,
        ..row(id, 1)
    };
    db.write(|c| {
        tender::upsert(c, &due_at("late", Some(10)))?;
        tender::upsert(c, &due_at("now-b", Some(100)))?;
        tender::upsert(c, &due_at("now-a", Some(100)))?;
        tender::upsert(c, &due_at("soon", Some(101)))?;
        tender::upsert(c, &due_at("never", None))
    });
    let due = |now, limit| -> Vec<String> {
        db.read(|c| tender::due(c, now, limit))
            .into_iter()
            .map(|t| t.id)
            .collect()
    };
    assert_eq!(due(9, 10), [""; 0]);
    assert_eq!(due(100, 10), ["late", "now-a", "now-b"]);
    assert_eq!(due(100, 2), ["late", "now-a"]);
    assert_eq!(db.read(tender::next_due_ms), Some(10));
}
