//! The database of a server under test: a SQLite file, or a throw-away schema on PostgreSQL.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// Where a server keeps its log.
#[derive(Clone, Debug)]
pub enum Database {
    /// A file in the data directory.
    Sqlite,
    /// A schema of its own, dropped with the last clone.
    Postgres(Arc<Schema>),
    /// Any URL, for what a test prepares itself (a proxy, a file elsewhere).
    Url(String),
}

/// A schema that lives as long as this value.
#[derive(Debug)]
pub struct Schema {
    server: String,
    name: String,
}

impl Schema {
    /// The URL of the schema on its server.
    pub fn url(&self) -> String {
        self.url_through(&self.server)
    }

    /// The same schema over another way to its server, such as a proxy.
    pub fn url_through(&self, server: &str) -> String {
        format!("{server}?options=-csearch_path%3D{}", self.name)
    }

    /// The URL of the server, as `KAIBIAO_TEST_POSTGRES` has it.
    pub fn server(&self) -> &str {
        &self.server
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl Drop for Schema {
    fn drop(&mut self) {
        // A test that failed may have taken its server away; then there is nothing to clean.
        let drop = format!("DROP SCHEMA IF EXISTS {} CASCADE", self.name);
        let _ = psql(&self.server, &drop);
    }
}

fn psql(server: &str, command: &str) -> bool {
    Command::new("psql")
        .args([server, "-qc", command])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

impl Database {
    /// A fresh schema on the server that `KAIBIAO_TEST_POSTGRES` names; `None` (with a line that says so) without it.
    ///
    /// # Panics
    /// The server cannot be reached.
    pub fn postgres() -> Option<Database> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let Ok(server) = std::env::var("KAIBIAO_TEST_POSTGRES") else {
            eprintln!("SKIPPED on PostgreSQL: set KAIBIAO_TEST_POSTGRES or use ops/postgres run");
            return None;
        };
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("bed_{}_{number}", std::process::id());
        let made = psql(&server, &format!("CREATE SCHEMA {name}"));
        assert!(made, "psql could not make a schema on {server}");
        Some(Database::Postgres(Arc::new(Schema { server, name })))
    }

    /// The URL for a server with this data directory.
    pub fn url(&self, data_dir: &Path) -> String {
        match self {
            Database::Sqlite => format!("sqlite:{}", data_dir.join("kaibiao.db").display()),
            Database::Postgres(schema) => schema.url(),
            Database::Url(url) => url.clone(),
        }
    }
}
