//! The schema's versions: `migrations/common` merged with the overlay of the database.

use diesel::backend::Backend;
use diesel::migration::{self, Migration, MigrationSource};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use crate::connection::{Conn, on_each_backend};
use crate::database::Store;
use crate::error::StoreError;

const COMMON: EmbeddedMigrations = embed_migrations!("../../migrations/common");
const SQLITE: EmbeddedMigrations = embed_migrations!("../../migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("../../migrations/postgres");

/// The common migrations with those of one database, in order of version.
struct Merged(EmbeddedMigrations);

impl<DB: Backend> MigrationSource<DB> for Merged
where
    EmbeddedMigrations: MigrationSource<DB>,
{
    fn migrations(&self) -> migration::Result<Vec<Box<dyn Migration<DB>>>> {
        let mut all = MigrationSource::<DB>::migrations(&COMMON)?;
        all.extend(MigrationSource::<DB>::migrations(&self.0)?);
        all.sort_by(|a, b| a.name().version().cmp(&b.name().version()));
        Ok(all)
    }
}

fn source(conn: &Conn) -> Merged {
    Merged(match conn {
        Conn::Sqlite(_) => SQLITE,
        Conn::Postgres(_) => POSTGRES,
    })
}

impl Store {
    /// Brings the schema up to date: all missing migrations in one write transaction, so that several nodes may start
    /// at once and a failure leaves nothing half done. Returns the versions that were applied.
    pub fn migrate(&self) -> Result<Vec<String>, StoreError> {
        self.write(|conn| {
            let source = source(conn);
            on_each_backend!(conn, c => c.run_pending_migrations(source).map(names))
                .map_err(|e| StoreError::Migration(e.to_string()))
        })
    }

    /// Names of the migrations that this program has and the database has not. `serve` refuses to start on any.
    pub fn pending_migrations(&self) -> Result<Vec<String>, StoreError> {
        // Not `read`: on a fresh database diesel makes its table of versions here.
        self.write(|conn| {
            let source = source(conn);
            on_each_backend!(conn, c => {
                c.pending_migrations(source).map(|all| all.iter().map(|m| m.name().to_string()).collect())
            })
            .map_err(|e| StoreError::Migration(e.to_string()))
        })
    }

    /// Takes all migrations back. Destroys everything; for tests.
    #[doc(hidden)]
    pub fn revert_all_migrations(&self) -> Result<Vec<String>, StoreError> {
        self.write(|conn| {
            let source = source(conn);
            on_each_backend!(conn, c => c.revert_all_migrations(source).map(names))
                .map_err(|e| StoreError::Migration(e.to_string()))
        })
    }
}

fn names(versions: Vec<migration::MigrationVersion<'_>>) -> Vec<String> {
    versions.iter().map(ToString::to_string).collect()
}
