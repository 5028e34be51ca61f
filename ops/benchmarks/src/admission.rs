//! Statements per second through the sequencer, which commits in groups, beside bare durable commits of the same
//! database: one row of the same size each (the budget), and as many rows to a commit as the sequencer's batches have
//! (to know what an admission costs besides the commit). New accounts, and what counts at a deadline: bid manifests.
//! On SQLite and, with `KAIBIAO_TEST_POSTGRES`, on PostgreSQL; there `KAIBIAO_POSTGRES_DURABLE=1 ops/postgres run` makes
//! a server that waits for the disk.
//!
//! An admission is a good deal more than a row: signature, procedure, salts, noise, tree, projections, a receipt with
//! its proof, and a signed checkpoint in a transaction of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use play::{Actor, Bid, form_json, seal_bid};
use procedure::act::{AccountRegistered, Act};
use record::Identifier;
use record::chain::ChainId;
use record::key::{Algorithm, SigningKey};
use record::statement::Envelope;
use server::Node;
use store::audit::{self, Refusal};
use store::{OpenMode, Store, StoreError, StoreOptions};
use testbed::{Course, Database, Script, Step};

use crate::measure::time;
use crate::served::Served;
use crate::table::{Row, hundredths, per_second, ratio};
use crate::{Failure, Size};

/// Admission under group commit, and the bare database with groups and without.
pub fn rows(size: Size) -> Result<Vec<Row>, Failure> {
    let mut rows = on(&Database::Sqlite, "SQLite", size)?;
    if let Some(database) = Database::postgres() {
        rows.extend(on(&database, "PostgreSQL", size)?);
    }
    Ok(rows)
}

fn on(database: &Database, called: &str, size: Size) -> Result<Vec<Row>, Failure> {
    let (statements, bids, submitters) = size.pick((8_192, 1_000, 256), (32, 16, 8));
    let served = Served::start(database, |_| Ok(()))?;
    let accounts = (0..statements)
        .map(registration)
        .collect::<Result<Vec<_>, _>>()?;
    let mut rows = beside_bare(
        &served,
        database,
        called,
        "statements",
        accounts,
        submitters,
        size,
    )?;
    let manifests = manifests(&served, bids, submitters)?;
    rows.extend(beside_bare(
        &served,
        database,
        called,
        "bid manifests",
        manifests,
        submitters,
        size,
    )?);
    served.node.stop();
    Ok(rows)
}

fn beside_bare(
    served: &Served,
    database: &Database,
    called: &str,
    what: &str,
    envelopes: Vec<(Envelope, ChainId)>,
    submitters: usize,
    size: Size,
) -> Result<Vec<Row>, Failure> {
    let count = envelopes.len();
    let lengths = envelopes
        .iter()
        .map(|(envelope, _)| envelope.to_json().len());
    let bytes = lengths.max().unwrap_or(0);
    let (elapsed, batches) = submit_all(&served.node, envelopes, submitters)?;
    let group = count / batches.max(1);
    let (_directory, _fresh, bare) = bare_store(database)?;
    let grouped = insert(&bare, count, group.max(1), bytes)?;
    let singles = size.pick(1_024, 4);
    let single = insert(&bare, singles, 1, bytes)?;
    let commit_rate = per_second_of(singles, single);
    let share = hundredths(per_second_of(count, elapsed), commit_rate);
    let of_rows = hundredths(grouped.as_nanos(), elapsed.as_nanos());
    Ok(vec![
        Row {
            what: format!(
                "admit {count} {what} in batches, beside bare durable commits ({called})"
            ),
            ours: per_second(
                count as u128,
                elapsed,
                what.rsplit(' ').next().unwrap_or(what),
            ),
            bare: per_second(singles as u128, single, "commits"),
            comes_to: ratio(share),
            budget: ">= 0.50".to_owned(),
            kept: Some(share >= 50),
        },
        Row {
            bare: per_second(count as u128, grouped, "rows"),
            comes_to: ratio(of_rows),
            ..Row::note(
                format!("the same beside bare rows, {group} to a commit"),
                "",
            )
        },
    ])
}

/// Bids of so many registered bidders for a tender that is announced first.
fn manifests(
    served: &Served,
    bids: usize,
    submitters: usize,
) -> Result<Vec<(Envelope, ChainId)>, Failure> {
    let actor = |number: usize| Actor::new(&format!("bidder-{number}"));
    let registration = |number: usize| {
        let actor = actor(number);
        let envelope = testbed::signed(actor.registration(), &[&actor]);
        (envelope, ChainId::Account(actor.id().clone()))
    };
    submit_all(
        &served.node,
        (0..bids).map(registration).collect(),
        submitters,
    )?;
    let script = Script::plain("T-bench").with_bidders(Vec::new());
    let mut course = Course::new(served.client(), script);
    course.go_to(Step::Announced);
    let (bidding, origin) = (course.bidding(), course.origin());
    let seal = |number: usize| {
        let actor = actor(number);
        let bid = Bid {
            bidder: &actor,
            form: form_json("9088000.00"),
            seq: 1,
            replaces: None,
            label: &format!("bench/{number}"),
        };
        let sealed = seal_bid(origin, &bidding.notice, &bidding.keys, &bid);
        let envelope = testbed::signed(sealed.manifest, &[&actor]);
        (envelope, ChainId::Tender(course.tender.clone()))
    };
    Ok((0..bids).map(seal).collect())
}

fn per_second_of(count: usize, time: Duration) -> u128 {
    count as u128 * 1_000_000 / time.as_micros().max(1)
}

/// A statement that nothing else has to come before: a new account.
fn registration(number: usize) -> Result<(Envelope, ChainId), Failure> {
    let key = SigningKey::generate(Algorithm::Ed25519)?;
    let account = Identifier::new(format!("bench-{number}"))?;
    let body = AccountRegistered {
        account: account.clone(),
        name: "宿迁市某某建设工程有限公司".to_owned(),
        registration_code: Some("91320000MA1PLAY00X".to_owned()),
        control_group: None,
        key: key.public().clone(),
    };
    let mut envelope = Act::from(body).envelope();
    envelope.add_signature(&key);
    Ok((envelope, ChainId::Account(account)))
}

/// Submits everything from many threads; how long it took, and in how many batches.
fn submit_all(
    node: &Arc<Node>,
    envelopes: Vec<(Envelope, ChainId)>,
    submitters: usize,
) -> Result<(Duration, usize), Failure> {
    let next = AtomicUsize::new(0);
    let refused = AtomicUsize::new(0);
    let sizes = std::sync::Mutex::new(std::collections::BTreeSet::new());
    let elapsed = time(|| {
        std::thread::scope(|scope| {
            for _ in 0..submitters {
                scope.spawn(|| {
                    while let Some((envelope, chain)) =
                        envelopes.get(next.fetch_add(1, Ordering::Relaxed))
                    {
                        match node.submit(envelope.clone(), chain.clone(), "bench") {
                            // Each batch has a checkpoint of its own size.
                            Ok(admitted) => {
                                let size = admitted.receipt.proof.checkpoint.checkpoint().size;
                                sizes.lock().expect("no submitter panics").insert(size);
                            }
                            Err(_) => {
                                refused.fetch_add(1, Ordering::Relaxed);
                            }
                        }
                    }
                });
            }
        });
    });
    match refused.into_inner() {
        0 => Ok((elapsed, sizes.into_inner()?.len())),
        count => Err(format!("{count} statements were refused").into()),
    }
}

/// A fresh database of the same kind.
fn bare_store(database: &Database) -> Result<(tempfile::TempDir, Database, Store), Failure> {
    let directory = tempfile::tempdir()?;
    let fresh = match database {
        Database::Postgres(_) => Database::postgres().ok_or("PostgreSQL is gone")?,
        other => other.clone(),
    };
    let options = StoreOptions {
        mode: OpenMode::CreateIfMissing,
        ..StoreOptions::default()
    };
    let store = Store::open(&fresh.url(directory.path()), &options)?;
    store.migrate()?;
    // A schema lives as long as its name is held.
    Ok((directory, fresh, store))
}

/// Inserts rows of about `bytes` bytes, `group` to a transaction.
fn insert(store: &Store, rows: usize, group: usize, bytes: usize) -> Result<Duration, Failure> {
    let row = |number: usize| Refusal {
        id: uuid::Uuid::now_v7().to_string(),
        at_ms: i64::try_from(number).unwrap_or(i64::MAX),
        chain: None,
        kind: None,
        statement_id: None,
        code: "bench".to_owned(),
        request_id: "x".repeat(bytes),
    };
    let rows: Vec<Refusal> = (0..rows).map(row).collect();
    let mut outcome = Ok(());
    let elapsed = time(|| {
        for group in rows.chunks(group) {
            let written =
                store.write(|conn| group.iter().try_for_each(|row| audit::insert(conn, row)));
            outcome = std::mem::replace(&mut outcome, Ok::<(), StoreError>(())).and(written);
        }
    });
    outcome?;
    Ok(elapsed)
}
