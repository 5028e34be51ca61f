//! URLs, files, migrations at the start.

use std::os::unix::fs::PermissionsExt;

use store::{Backend, OpenMode, Store, StoreError, StoreOptions, Trouble};

use crate::support::{TestDatabase, on_both, options};

on_both!(
    clock_belongs_to_the_database,
    pending_migrations_are_named,
    two_nodes_may_migrate_at_once
);

#[test]
fn unknown_urls_are_refused_and_create_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name).display().to_string();
    for url in [
        String::new(),
        "kaibiao.db".to_owned(),
        path("kaibiao.db"),
        format!("sqllite:{}", path("a.db")),
        format!("SQLITE:{}", path("a.db")),
        format!("file:{}", path("a.db")),
        format!("sqlite:{}?mode=rwc", path("a.db")),
        "sqlite:".to_owned(),
        "sqlite://".to_owned(),
        "sqlite::memory:".to_owned(),
        "mysql://root@localhost/x".to_owned(),
        "postgres:/localhost/x".to_owned(),
        "postgress://localhost/x".to_owned(),
    ] {
        let error = Store::open(&url, &options()).err().unwrap();
        assert_eq!(error.code(), "store-unknown-url", "{url}");
    }
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
}

#[test]
fn a_refused_url_does_not_show_its_password() {
    let error = Store::open("postgress://kaibiao:secret@host/db", &options())
        .err()
        .unwrap();
    assert!(!error.to_string().contains("secret"), "{error}");
    assert!(error.to_string().contains("host/db"), "{error}");
    // libpq would quote this one.
    let error = Store::open("postgres://kaibiao:secret@[::1/db", &options())
        .err()
        .unwrap();
    assert!(!error.to_string().contains("secret"), "{error}");
}

#[test]
fn a_missing_file_is_created_only_on_request() {
    let directory = tempfile::tempdir().unwrap();
    // Everything that means something in a URI, and Chinese.
    let path = directory.path().join("a b%41#c&d=数据.db");
    let url = format!("sqlite:{}", path.display());
    let error = Store::open(&url, &StoreOptions::default()).err().unwrap();
    assert_eq!(error.code(), "store-missing");
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);

    let store = Store::open(&url, &options()).unwrap();
    assert_eq!(store.backend(), Backend::Sqlite);
    store.migrate().unwrap();
    assert_eq!(
        std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o600
    );
    drop(store);
    let existing = StoreOptions {
        mode: OpenMode::Existing,
        ..options()
    };
    assert!(
        Store::open(&url, &existing)
            .unwrap()
            .pending_migrations()
            .unwrap()
            .is_empty()
    );
}

#[test]
fn a_missing_directory_is_an_error() {
    let directory = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", directory.path().join("no/such/x.db").display());
    assert_eq!(
        Store::open(&url, &options()).err().unwrap().code(),
        "store-open"
    );
}

#[test]
fn another_file_is_not_touched() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("notes.txt");
    let text = "these are notes, not a database\n".repeat(100);
    std::fs::write(&path, &text).unwrap();
    let error = Store::open(&format!("sqlite:{}", path.display()), &options())
        .err()
        .unwrap();
    assert_eq!(error.code(), "store-open");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
}

#[test]
fn a_file_deleted_while_open_is_not_made_again() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("x.db");
    let wait = std::time::Duration::from_millis(300);
    let store = Store::open(
        &format!("sqlite:{}", path.display()),
        &StoreOptions { wait, ..options() },
    )
    .unwrap();
    std::fs::remove_file(&path).unwrap();
    // The first reading connection is opened now.
    assert_eq!(
        store.read(|_| Ok::<_, StoreError>(())).unwrap_err().code(),
        "store-unavailable"
    );
    assert!(!path.exists());
}

#[test]
fn an_unreachable_server_is_an_error_at_once() {
    let error = Store::open("postgres://nobody@127.0.0.1:1/none", &options())
        .err()
        .unwrap();
    assert_eq!(error.code(), "store-open", "{error}");
}

fn clock_belongs_to_the_database(db: &TestDatabase) {
    let now = db.read(store::now_ms);
    match db.store.backend() {
        Backend::Sqlite => assert_eq!(now, None),
        Backend::Postgres => {
            let here = std::time::SystemTime::UNIX_EPOCH
                .elapsed()
                .unwrap()
                .as_millis();
            let here = i64::try_from(here).unwrap();
            assert!((now.unwrap() - here).abs() < 60_000);
        }
    }
}

fn pending_migrations_are_named(db: &TestDatabase) {
    assert!(db.store.pending_migrations().unwrap().is_empty());
    assert!(db.store.migrate().unwrap().is_empty());
    db.store.revert_all_migrations().unwrap();
    let pending = db.store.pending_migrations().unwrap();
    assert_eq!(pending.len(), 7);
    assert!(pending.is_sorted());
    assert_eq!(db.store.migrate().unwrap().len(), 7);
}

fn two_nodes_may_migrate_at_once(db: &TestDatabase) {
    db.store.revert_all_migrations().unwrap();
    let nodes = [db.another_node(), db.another_node(), db.another_node()];
    let applied: usize = std::thread::scope(|scope| {
        let threads: Vec<_> = nodes
            .iter()
            .map(|node| scope.spawn(|| node.migrate().unwrap().len()))
            .collect();
        threads.into_iter().map(|t| t.join().unwrap()).sum()
    });
    assert_eq!(applied, 7);
}

/// SQLite would go on with a file that was removed, and what is committed to it is gone with the process.
#[test]
fn a_file_that_is_gone_or_replaced_is_neither_read_nor_written() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("x.db");
    let away = directory.path().join("away.db");
    let store = Store::open(&format!("sqlite:{}", path.display()), &options()).unwrap();
    store.migrate().unwrap();
    let put = |value: &str| store.write(|conn| store::setting::put(conn, "name", value));
    let get = || store.read(|conn| store::setting::get(conn, "name"));
    put("1").unwrap();
    std::fs::rename(&path, &away).unwrap();
    assert_eq!(put("2").unwrap_err().trouble(), Some(Trouble::Unavailable));
    assert_eq!(get().unwrap_err().trouble(), Some(Trouble::Unavailable));
    std::fs::copy(&away, &path).unwrap();
    let error = put("2").unwrap_err();
    assert!(error.to_string().contains("replaced"), "{error}");
    std::fs::rename(&away, &path).unwrap();
    put("3").unwrap();
    assert_eq!(get().unwrap().as_deref(), Some("3"));
}

#[test]
fn a_file_without_room_is_full_and_has_lost_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("x.db");
    let store = Store::open(&format!("sqlite:{}", path.display()), &options()).unwrap();
    store.migrate().unwrap();
    let limit = |pages: &str| {
        store.write(|conn| {
            crate::support::sql(conn, &format!("PRAGMA max_page_count = {pages}"))?;
            Ok::<_, StoreError>(())
        })
    };
    limit("1").unwrap();
    let long = "x".repeat(1 << 20);
    let put = |value: &str| store.write(|conn| store::setting::put(conn, "name", value));
    let error = put(&long).unwrap_err();
    assert_eq!(
        (error.code(), error.trouble()),
        ("store-full", Some(Trouble::Full)),
        "{error}"
    );
    assert_eq!(
        store
            .read(|conn| store::setting::get(conn, "name"))
            .unwrap(),
        None
    );
    limit("1000000").unwrap();
    put(&long).unwrap();
}

#[test]
fn defects_are_no_trouble_of_the_storage() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("x.db");
    let store = Store::open(&format!("sqlite:{}", path.display()), &options()).unwrap();
    let error = store
        .read(|conn| store::setting::get(conn, "there are no tables yet"))
        .unwrap_err();
    assert_eq!(
        (error.code(), error.trouble()),
        ("store-query", None),
        "{error}"
    );
}
