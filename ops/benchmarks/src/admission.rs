//! Statements per second through the sequencer, which commits in groups, beside bare durable commits of the same
//! database: one row of the same size each (the budget), and as many rows to a commit as the sequencer's batches have
//! (to know what an admission costs besides the commit).
//!
//! An admission is a good deal more than a row: signature, procedure, salts, noise, tree, projections, a receipt with
//! its proof, and a signed checkpoint in a transaction of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use procedure::act::{AccountRegistered, Act};
use record::Identifier;
use record::chain::ChainId;
use record::key::{Algorithm, SigningKey};
use record::statement::Envelope;
use server::Node;
use server::config::Settings;
use server::keys::PlatformKeys;
use server::node::open_store;
use store::audit::{self, Refusal};
use store::{OpenMode, Store, StoreError};

use crate::measure::time;
use crate::table::{Row, hundredths, per_second, ratio};
use crate::{Failure, Size};

/// Admission under group commit, and the bare database with groups and without.
pub fn rows(size: Size) -> Result<Vec<Row>, Failure> {
    let (statements, submitters) = size.pick((8_192, 256), (32, 8));
    let envelopes = (0..statements)
        .map(registration)
        .collect::<Result<Vec<_>, _>>()?;
    let bytes = envelopes
        .iter()
        .map(|(envelope, _)| envelope.to_json().len())
        .max()
        .unwrap_or(0);
    let directory = tempfile::tempdir()?;
    let node = start(directory.path())?;
    let (elapsed, batches) = submit_all(&node, envelopes, submitters)?;
    node.stop();

    let group = statements / batches.max(1);
    let bare = bare_directory()?;
    let grouped = insert(&bare.1, statements, group.max(1), bytes)?;
    let singles = size.pick(1_024, 4);
    let single = insert(&bare.1, singles, 1, bytes)?;

    let count = statements as u128;
    let commit_rate = per_second_of(singles, single);
    let share = hundredths(per_second_of(statements, elapsed), commit_rate);
    let of_rows = hundredths(grouped.as_nanos(), elapsed.as_nanos());
    Ok(vec![
        Row {
            what: format!(
                "admit {statements} statements in batches, beside bare durable commits (SQLite)"
            ),
            ours: per_second(count, elapsed, "statements"),
            bare: per_second(singles as u128, single, "commits"),
            comes_to: ratio(share),
            budget: ">= 0.50".to_owned(),
            kept: Some(share >= 50),
        },
        Row {
            bare: per_second(count, grouped, "rows"),
            comes_to: ratio(of_rows),
            ..Row::note(
                format!("the same beside bare rows, {group} to a commit"),
                "",
            )
        },
    ])
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

fn start(directory: &std::path::Path) -> Result<Arc<Node>, Failure> {
    let settings = Settings {
        data_dir: Some(directory.to_owned()),
        demo: Some(true),
        // No pause between batches: what waits is the next batch.
        batch_interval_ms: Some(0),
        noise_mean_s: Some(0),
        ..Settings::default()
    };
    let config = settings.complete(Settings::default())?;
    PlatformKeys::create_missing(&config.data_dir)?;
    open_store(&config, OpenMode::CreateIfMissing)?.migrate()?;
    Ok(Node::open(config)?)
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

fn bare_directory() -> Result<(tempfile::TempDir, Store), Failure> {
    let directory = tempfile::tempdir()?;
    let settings = Settings {
        data_dir: Some(directory.path().to_owned()),
        ..Settings::default()
    };
    let store = open_store(
        &settings.complete(Settings::default())?,
        OpenMode::CreateIfMissing,
    )?;
    store.migrate()?;
    Ok((directory, store))
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
