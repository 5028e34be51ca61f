//! A node on a fresh database, and statements to send to it.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use procedure::act::{AccountRegistered, Act};
use record::Identifier;
use record::chain::ChainId;
use record::key::{Algorithm, SigningKey};
use record::statement::Envelope;
use server::Node;
use server::config::{Config, Settings};
use server::keys::PlatformKeys;
use server::node::open_store;
use store::OpenMode;

/// Runs each of the named functions on both databases.
macro_rules! on_both {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(#[test] fn $name() { super::$name(&crate::support::Place::sqlite()); })*
        }
        mod postgres {
            $(#[test] fn $name() {
                match crate::support::Place::postgres() {
                    Some(place) => super::$name(&place),
                    None => eprintln!("SKIPPED on PostgreSQL: set KAIBIAO_TEST_POSTGRES or use ops/postgres run"),
                }
            })*
        }
    };
}
pub(crate) use on_both;

/// Where a node keeps its things; several nodes may follow one another, or share the database.
pub struct Place {
    directory: tempfile::TempDir,
    database: Option<String>,
}

impl Place {
    pub fn sqlite() -> Place {
        Place {
            directory: tempfile::tempdir().unwrap(),
            database: None,
        }
    }

    pub fn postgres() -> Option<Place> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let server = std::env::var("KAIBIAO_TEST_POSTGRES").ok()?;
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let schema = format!("node_{}_{number}", std::process::id());
        let made = Command::new("psql")
            .args([&server, "-qc", &format!("CREATE SCHEMA {schema}")])
            .status()
            .unwrap();
        assert!(made.success(), "psql could not make a schema");
        let database = format!("{server}?options=-csearch_path%3D{schema}");
        Some(Place {
            directory: tempfile::tempdir().unwrap(),
            database: Some(database),
        })
    }

    pub fn config(&self) -> Config {
        let settings = Settings {
            data_dir: Some(self.directory.path().to_owned()),
            database: self.database.clone(),
            host: Some("test.example".to_owned()),
            demo: Some(true),
            batch_interval_ms: Some(5),
            noise_mean_s: Some(0),
            ..Settings::default()
        };
        settings.complete(Settings::default()).unwrap()
    }

    /// Makes keys and database if need be, and starts a node.
    pub fn start(&self) -> Arc<Node> {
        let config = self.config();
        PlatformKeys::create_missing(&config.data_dir).unwrap();
        open_store(&config, OpenMode::CreateIfMissing)
            .unwrap()
            .migrate()
            .unwrap();
        Node::open(config).unwrap()
    }
}

/// A new account's first statement.
pub fn registration(name: &str) -> (Envelope, ChainId) {
    let key = SigningKey::generate(Algorithm::Ed25519).unwrap();
    let account = Identifier::new(name).unwrap();
    let body = AccountRegistered {
        account: account.clone(),
        name: format!("Company {name}"),
        registration_code: None,
        control_group: None,
        key: key.public().clone(),
    };
    let mut envelope = Act::from(body).envelope();
    envelope.add_signature(&key);
    (envelope, ChainId::Account(account))
}
