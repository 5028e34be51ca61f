//! Properties of the schema itself, and that both databases have the same one.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};
use store::log::{self, Checkpoint, Cosignature, Node};
use store::{Backend, Conn, StoreError};

use crate::support::{TestDatabase, act, hash, on_both, sql, tender};

on_both!(
    up_down_up_gives_the_same_schema,
    schema_rs_is_the_database,
    the_record_is_insert_only,
    every_table_of_the_record_has_its_trigger,
    columns_have_units_and_no_floats,
    lengths_of_hashes_are_checked,
);

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, QueryableByName)]
struct Column {
    #[diesel(sql_type = Text)]
    table_name: String,
    #[diesel(sql_type = Text)]
    column_name: String,
    #[diesel(sql_type = Text)]
    type_name: String,
    #[diesel(sql_type = Bool)]
    not_null: bool,
}

/// All columns, with the types of `schema.rs`.
fn columns(db: &TestDatabase) -> Vec<Column> {
    let query = match db.store.backend() {
        Backend::Sqlite => {
            "SELECT m.name AS table_name, p.name AS column_name, lower(p.type) AS type_name, p.\"notnull\" AS not_null \
             FROM sqlite_master m, pragma_table_info(m.name) p \
             WHERE m.type = 'table' AND m.name NOT LIKE '\\_\\_%' ESCAPE '\\' AND m.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
        }
        Backend::Postgres => {
            "SELECT CAST(table_name AS TEXT) AS table_name, CAST(column_name AS TEXT) AS column_name, \
                    CAST(data_type AS TEXT) AS type_name, is_nullable = 'NO' AS not_null \
             FROM information_schema.columns \
             WHERE table_schema = current_schema() AND left(table_name, 2) <> '__'"
        }
    };
    let mut all: Vec<Column> =
        db.read(|c| diesel::sql_query(query).load(c).map_err(StoreError::from));
    all.sort();
    all
}

#[derive(QueryableByName)]
struct Name {
    #[diesel(sql_type = Text)]
    name: String,
}

fn names(conn: &mut Conn, query: &str) -> Result<Vec<String>, StoreError> {
    let rows: Vec<Name> = diesel::sql_query(query).load(conn)?;
    Ok(rows.into_iter().map(|row| row.name).collect())
}

/// Everything that the database itself says about its objects, as text.
fn ddl(db: &TestDatabase) -> Vec<String> {
    let query = match db.store.backend() {
        Backend::Sqlite => {
            "SELECT type || ' ' || name || ' ' || coalesce(sql, '') AS name FROM sqlite_master ORDER BY 1"
        }
        Backend::Postgres => {
            "SELECT indexdef AS name FROM pg_indexes WHERE schemaname = current_schema() \
             UNION ALL SELECT CAST(c.conrelid::regclass AS TEXT) || ' ' || pg_get_constraintdef(c.oid) FROM pg_constraint c \
                 WHERE c.connamespace = current_schema()::regnamespace AND c.conrelid <> 0 \
             UNION ALL SELECT pg_get_triggerdef(t.oid) FROM pg_trigger t JOIN pg_class r ON r.oid = t.tgrelid \
                 WHERE r.relnamespace = current_schema()::regnamespace AND NOT t.tgisinternal \
             UNION ALL SELECT p.prosrc FROM pg_proc p WHERE p.pronamespace = current_schema()::regnamespace \
             ORDER BY 1"
        }
    };
    let mut all = db.read(|c| names(c, query));
    all.extend(columns(db).iter().map(|column| format!("{column:?}")));
    all
}

fn up_down_up_gives_the_same_schema(db: &TestDatabase) {
    let before = ddl(db);
    assert!(before.len() > 100);
    assert_eq!(db.store.revert_all_migrations().unwrap().len(), 7);
    assert_eq!(columns(db), []);
    db.store.migrate().unwrap();
    assert_eq!(ddl(db), before);
}

#[test]
fn both_databases_have_the_same_columns() {
    let Some(postgres) = TestDatabase::postgres() else {
        eprintln!(
            "SKIPPED: schema parity needs PostgreSQL; set KAIBIAO_TEST_POSTGRES or use ops/postgres run"
        );
        return;
    };
    assert_eq!(columns(&TestDatabase::sqlite()), columns(&postgres));
}

/// `schema.rs` is written by hand; this reads its text.
fn schema_rs() -> Vec<Column> {
    let text = include_str!("../../src/schema.rs");
    let mut all = Vec::new();
    for table in text.split("diesel::table! {").skip(1) {
        let (name, rest) = table.split_once('(').unwrap();
        let (_, rest) = rest.split_once('{').unwrap();
        let (fields, _) = rest.split_once('}').unwrap();
        for field in fields.split(',').filter(|field| !field.trim().is_empty()) {
            let (column, kind) = field.split_once("->").unwrap();
            let kind = kind.trim();
            let inner = kind
                .strip_prefix("Nullable<")
                .and_then(|k| k.strip_suffix('>'));
            let type_name = match inner.unwrap_or(kind) {
                "Text" => "text",
                "BigInt" => "bigint",
                "Integer" => "integer",
                "Binary" => "bytea",
                "Bool" => "boolean",
                other => panic!("{other} is not in the portable subset"),
            };
            all.push(Column {
                table_name: name.trim().to_owned(),
                column_name: column.trim().to_owned(),
                type_name: type_name.to_owned(),
                not_null: inner.is_none(),
            });
        }
    }
    all.sort();
    all
}

fn schema_rs_is_the_database(db: &TestDatabase) {
    assert_eq!(columns(db), schema_rs());
}

const RECORD: [&str; 5] = [
    "log_checkpoint",
    "log_cosignature",
    "log_leaf",
    "log_node",
    "statement",
];

fn one_row_in_each_table_of_the_record(db: &TestDatabase) {
    let (leaf, statement) = act(0, "platform", 0);
    db.write(|c| {
        log::append_batch(
            c,
            &[leaf],
            &[statement],
            &[Node {
                level: 0,
                idx: 0,
                hash: hash(0),
            }],
        )?;
        log::insert_checkpoint(
            c,
            &Checkpoint {
                size: 1,
                root: hash(0),
                note: "n".to_owned(),
                made_ms: 1,
            },
        )?;
        let witness = Cosignature {
            size: 1,
            witness: "w".to_owned(),
            line: "l".to_owned(),
            t_ms: 1,
        };
        log::insert_cosignature(c, &witness)
    });
}

fn the_record_is_insert_only(db: &TestDatabase) {
    one_row_in_each_table_of_the_record(db);
    let all = columns(db);
    for table in RECORD {
        let first = &all
            .iter()
            .find(|column| column.table_name == table)
            .unwrap()
            .column_name;
        let mut attempts = vec![
            format!("DELETE FROM {table}"),
            format!("UPDATE {table} SET {first} = {first}"),
        ];
        attempts.push(match db.store.backend() {
            Backend::Sqlite => format!("REPLACE INTO {table} SELECT * FROM {table}"),
            Backend::Postgres => format!("TRUNCATE {table} CASCADE"),
        });
        for attempt in attempts {
            let error = db.write_error(|c| sql(c, &attempt));
            assert_eq!(error.code(), "store-refused", "{attempt}: {error}");
            assert!(
                error.to_string().contains("insert-only"),
                "{attempt}: {error}"
            );
        }
        assert_eq!(
            db.read(|c| names(c, &format!("SELECT '{table}' AS name FROM {table}"))),
            [table]
        );
    }
}

/// Whatever is called `log_...` is part of the record, also tables that come later.
fn every_table_of_the_record_has_its_trigger(db: &TestDatabase) {
    let query = match db.store.backend() {
        Backend::Sqlite => {
            "SELECT tbl_name AS name FROM sqlite_master WHERE type = 'trigger' GROUP BY 1 HAVING count(*) = 2 ORDER BY 1"
        }
        Backend::Postgres => {
            "SELECT CAST(r.relname AS TEXT) AS name FROM pg_trigger t JOIN pg_class r ON r.oid = t.tgrelid \
             WHERE r.relnamespace = current_schema()::regnamespace AND NOT t.tgisinternal ORDER BY 1"
        }
    };
    assert_eq!(db.read(|c| names(c, query)), RECORD);
    let tables: BTreeSet<String> = columns(db)
        .into_iter()
        .map(|column| column.table_name)
        .collect();
    assert!(
        tables
            .iter()
            .filter(|t| t.starts_with("log_"))
            .all(|t| RECORD.contains(&t.as_str()))
    );
}

fn columns_have_units_and_no_floats(db: &TestDatabase) {
    const UNITS: [&str; 4] = ["_fen", "_ms", "_bytes", "_index"];
    // Plain counts and positions.
    const PLAIN: [&str; 5] = ["idx", "n", "segments", "seq", "size"];
    for Column {
        table_name,
        column_name,
        type_name,
        ..
    } in columns(db)
    {
        let name = format!("{table_name}.{column_name}");
        let has_unit = UNITS.iter().any(|unit| column_name.ends_with(unit));
        match type_name.as_str() {
            "bigint" => assert!(
                has_unit || PLAIN.contains(&column_name.as_str()),
                "{name} has no unit"
            ),
            "text" | "bytea" | "boolean" => {
                assert!(!has_unit, "{name} has a unit and is no number")
            }
            "integer" => assert_eq!(name, "log_node.level", "numbers are BIGINT"),
            other => panic!("{name} is {other}"),
        }
        let says = |words: &[&str]| {
            words
                .iter()
                .any(|word| column_name.split('_').any(|part| part == *word))
        };
        if says(&[
            "price", "amount", "money", "fee", "bond", "deposit", "total",
        ]) {
            assert!(column_name.ends_with("_fen"), "{name} is money");
        }
        if says(&[
            "time", "date", "at", "deadline", "due", "expires", "created", "t", "made", "admitted",
        ]) {
            assert!(column_name.ends_with("_ms"), "{name} is a time");
        }
    }
    let per_table =
        columns(db)
            .into_iter()
            .fold(BTreeMap::<String, u32>::new(), |mut map, column| {
                *map.entry(column.table_name).or_default() += 1;
                map
            });
    assert_eq!(per_table.len(), 18);
}

fn lengths_of_hashes_are_checked(db: &TestDatabase) {
    let (mut leaf, statement) = act(0, "platform", 0);
    leaf.leaf_data.pop();
    let error = db.write_error(|c| {
        log::append_batch(
            c,
            std::slice::from_ref(&leaf),
            std::slice::from_ref(&statement),
            &[],
        )
    });
    assert_eq!(error.code(), "store-refused");
    leaf.leaf_data.push(0);
    db.write(|c| log::append_batch(c, &[leaf], &[statement], &[]));
    let hex = "x'00'";
    let value = if db.store.backend() == Backend::Sqlite {
        hex
    } else {
        "'\\x00'::bytea"
    };
    let error = db.write_error(|c| sql(c, &format!("INSERT INTO log_node VALUES (0, 0, {value})")));
    assert_eq!(error.code(), "store-refused");
    db.write(|c| store::tender::upsert(c, &tender("T", 1)));
}
