//! A fresh database per test, and rows to put into it.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use store::log::Leaf;
use store::statement::Statement;
use store::tender::Tender;
use store::{Conn, OpenMode, Store, StoreError, StoreOptions};

/// Runs each of the named functions on both databases.
macro_rules! on_both {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(#[test] fn $name() { super::$name(&crate::support::TestDatabase::sqlite()); })*
        }
        mod postgres {
            $(#[test] fn $name() {
                match crate::support::TestDatabase::postgres() {
                    Some(db) => super::$name(&db),
                    None => eprintln!(
                        "SKIPPED on PostgreSQL: {}::{}; set KAIBIAO_TEST_POSTGRES or use ops/postgres run",
                        module_path!(), stringify!($name)
                    ),
                }
            })*
        }
    };
}
pub(crate) use on_both;

/// A migrated database of its own: a file, or a schema of the test server. Gone when dropped.
pub struct TestDatabase {
    pub store: Store,
    pub url: String,
    _directory: Option<tempfile::TempDir>,
    schema: Option<(String, String)>,
}

pub fn options() -> StoreOptions {
    StoreOptions {
        mode: OpenMode::CreateIfMissing,
        read_connections: 4,
        wait: Duration::from_secs(30),
    }
}

impl TestDatabase {
    pub fn sqlite() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", directory.path().join("test.db").display());
        Self::migrated(url, Some(directory), None)
    }

    pub fn postgres() -> Option<Self> {
        let server = std::env::var("KAIBIAO_TEST_POSTGRES").ok()?;
        let schema = fresh_schema_name();
        let mut admin =
            PgConnection::establish(&server).expect("KAIBIAO_TEST_POSTGRES is not usable");
        admin
            .batch_execute(&format!("CREATE SCHEMA {schema}"))
            .unwrap();
        let joint = if server.contains('?') { '&' } else { '?' };
        let url = format!("{server}{joint}options=-csearch_path%3D{schema}");
        Some(Self::migrated(url, None, Some((server, schema))))
    }

    fn migrated(
        url: String,
        directory: Option<tempfile::TempDir>,
        schema: Option<(String, String)>,
    ) -> Self {
        let store = Store::open(&url, &options()).unwrap();
        store.migrate().unwrap();
        Self {
            store,
            url,
            _directory: directory,
            schema,
        }
    }

    /// A second node on the same database.
    pub fn another_node(&self) -> Store {
        Store::open(&self.url, &options()).unwrap()
    }

    pub fn read<T>(&self, f: impl FnOnce(&mut Conn) -> Result<T, StoreError>) -> T {
        self.store.read(f).unwrap()
    }

    pub fn write<T>(&self, f: impl FnOnce(&mut Conn) -> Result<T, StoreError>) -> T {
        self.store.write(f).unwrap()
    }

    /// The error that a write gives; there must be one.
    pub fn write_error<T>(&self, f: impl FnOnce(&mut Conn) -> Result<T, StoreError>) -> StoreError {
        match self.store.write(f) {
            Ok(_) => panic!("the write was expected to fail"),
            Err(error) => error,
        }
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        if let Some((server, schema)) = &self.schema
            && let Ok(mut admin) = PgConnection::establish(server)
        {
            let _ = admin.batch_execute(&format!("DROP SCHEMA {schema} CASCADE"));
        }
    }
}

/// Tests run in several processes at once.
fn fresh_schema_name() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let nanos = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap()
        .as_nanos();
    format!(
        "t{}_{}_{}",
        std::process::id(),
        nanos,
        COUNT.fetch_add(1, Ordering::Relaxed)
    )
}

/// Says "done" when dropped, also by a panic: a reader that follows the writers then stops instead of hanging.
#[derive(Default)]
pub struct Done(AtomicBool);

pub struct DoneOnDrop<'a>(&'a Done);

impl Done {
    pub fn when_dropped(&self) -> DoneOnDrop<'_> {
        DoneOnDrop(self)
    }

    pub fn is_done(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

impl Drop for DoneOnDrop<'_> {
    fn drop(&mut self) {
        self.0.0.store(true, Ordering::SeqCst);
    }
}

/// Executes one SQL statement.
pub fn sql(conn: &mut Conn, text: &str) -> Result<usize, StoreError> {
    diesel::sql_query(text)
        .execute(conn)
        .map_err(StoreError::from)
}

/// 32 bytes that differ for different numbers.
pub fn hash(number: i64) -> [u8; 32] {
    let mut bytes = [0xab; 32];
    bytes[..8].copy_from_slice(&number.to_be_bytes());
    bytes
}

pub fn noise(idx: i64) -> Leaf {
    Leaf {
        idx,
        leaf_data: vec![7; 80],
        leaf_hash: hash(idx),
        chain: None,
        seq: None,
        statement_id: None,
        salt_v: hash(-1),
        salt_h: hash(-2),
    }
}

/// A statement and its leaf; the id is made of the index.
pub fn act(idx: i64, chain: &str, seq: i64) -> (Leaf, Statement) {
    let id = format!("{idx:064x}");
    let leaf = Leaf {
        chain: Some(chain.to_owned()),
        seq: Some(seq),
        statement_id: Some(id.clone()),
        ..noise(idx)
    };
    let statement = Statement {
        id,
        chain: chain.to_owned(),
        seq,
        log_index: idx,
        kind: "notice".to_owned(),
        envelope: format!("{{\"n\":{idx}}}").into_bytes(),
        admitted_ms: 1_000 + idx,
    };
    (leaf, statement)
}

pub fn tender(id: &str, updated_index: i64) -> Tender {
    Tender {
        id: id.to_owned(),
        project: "P-1".to_owned(),
        title: "市政道路工程 一标段".to_owned(),
        tenderee: "org-a".to_owned(),
        profile: "below-threshold".to_owned(),
        stage: "announced".to_owned(),
        deadline_ms: Some(5_000),
        next_due_ms: Some(5_000),
        announced_index: Some(updated_index),
        updated_index,
        winner: None,
        detail: "{}".to_owned(),
    }
}
