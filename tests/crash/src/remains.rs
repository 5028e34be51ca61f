//! What a dead server left in its database, asked in SQL: independent of every line of the server. Of a SQLite file a
//! copy is looked at, so that the recovery after the crash is the server's own.

use std::path::Path;
use std::process::Command;

use record::Digest;
use testbed::{Database, ServerProcess};

/// Each query gives a number that must be 0.
const MUST_BE_ZERO: &[(&str, &str)] = &[
    (
        "leaves are missing below the last one",
        "SELECT coalesce(max(idx) + 1, 0) - count(*) FROM log_leaf",
    ),
    (
        "statements without their leaf",
        "SELECT count(*) FROM statement s LEFT JOIN log_leaf l ON l.idx = s.log_index AND l.statement_id = s.id \
         AND l.chain = s.chain AND l.seq = s.seq WHERE l.idx IS NULL",
    ),
    (
        "leaves without their statement",
        "SELECT count(*) FROM log_leaf l LEFT JOIN statement s ON s.id = l.statement_id AND s.log_index = l.idx \
         WHERE l.statement_id IS NOT NULL AND s.id IS NULL",
    ),
    (
        "chains with gaps",
        "SELECT count(*) FROM (SELECT chain FROM statement GROUP BY chain HAVING max(seq) + 1 <> count(*)) AS gaps",
    ),
    (
        "ends of chains that are not their last statement",
        "SELECT count(*) FROM (SELECT chain, max(seq) AS last FROM statement GROUP BY chain) AS ends \
         LEFT JOIN chain_head h ON h.chain = ends.chain AND h.seq = ends.last WHERE h.chain IS NULL",
    ),
    (
        "batches that are not complete",
        "SELECT count(*) % 8 FROM log_leaf",
    ),
    (
        "checkpoints beyond the log",
        "SELECT count(*) FROM log_checkpoint WHERE size > (SELECT count(*) FROM log_leaf)",
    ),
    (
        "tenders apart from their chains",
        "SELECT count(*) FROM (SELECT chain FROM statement WHERE kind = 'tender-created') AS made \
         LEFT JOIN tender t ON made.chain = 'tender:' || t.id WHERE t.id IS NULL",
    ),
    (
        "accounts apart from their chains",
        "SELECT count(*) FROM (SELECT chain FROM statement WHERE kind = 'account-registered') AS made \
         LEFT JOIN account a ON made.chain = 'account:' || a.id WHERE a.id IS NULL",
    ),
    (
        "awards that the projection does not show",
        "SELECT count(*) FROM statement s JOIN tender t ON s.chain = 'tender:' || t.id \
         WHERE s.kind = 'award' AND (t.stage <> 'awarded' OR t.winner IS NULL)",
    ),
    (
        "uploads said to be complete without all segments",
        "SELECT count(*) FROM blob b JOIN blob_segment s ON s.account = b.account AND s.root = b.root \
         WHERE b.complete_ms IS NOT NULL AND NOT s.stored",
    ),
    (
        "uploads without their plan",
        "SELECT count(*) FROM blob b WHERE b.segments <> \
         (SELECT count(*) FROM blob_segment s WHERE s.account = b.account AND s.root = b.root)",
    ),
];

/// Segments that the database calls stored, as hex of their leaf hashes.
const STORED: &str = "SELECT DISTINCT {hex} FROM blob_segment WHERE stored";

/// Everything that is half there in what the server left. `looked_at` remembers segments that were read before.
///
/// # Panics
/// The database cannot be asked.
pub fn findings(
    server: &ServerProcess,
    database: &Database,
    looked_at: &mut std::collections::BTreeSet<String>,
) -> Vec<String> {
    let asker = Asker::of(server, database);
    let mut found = Vec::new();
    let queries: Vec<&str> = MUST_BE_ZERO.iter().map(|(_, query)| *query).collect();
    let union = queries
        .iter()
        .zip(0..)
        .map(|(query, place)| format!("SELECT {place} AS place, ({query}) AS number"));
    let all = union.collect::<Vec<_>>().join(" UNION ALL ");
    for line in asker.ask(&format!("{all} ORDER BY place")) {
        let (place, number) = line.split_once('|').expect("two columns");
        if number != "0" {
            let place: usize = place.parse().expect("a place");
            found.push(format!("{number} {}", MUST_BE_ZERO[place].0));
        }
    }
    let segments = server.data_dir().join("blobs").join("segments");
    for name in asker.ask(&STORED.replace("{hex}", asker.hex())) {
        if looked_at.insert(name.clone()) && !is_whole(&segments, &name) {
            found.push(format!(
                "segment {name} is called stored and is not readable"
            ));
        }
    }
    found
}

fn is_whole(segments: &Path, name: &str) -> bool {
    let bytes = std::fs::read(segments.join(&name[..2]).join(name));
    let leaf: Option<Digest> = name.parse().ok();
    bytes.is_ok_and(|bytes| Some(record::sealing::segment_leaf(&bytes)) == leaf)
}

enum Asker {
    Sqlite(tempfile::TempDir),
    Postgres(String),
}

impl Asker {
    fn of(server: &ServerProcess, database: &Database) -> Asker {
        match database {
            Database::Postgres(schema) => Asker::Postgres(schema.url()),
            Database::Url(url) if url.starts_with("postgres") => Asker::Postgres(url.clone()),
            _ => {
                let copy = tempfile::tempdir().expect("a temporary directory");
                for name in ["kaibiao.db", "kaibiao.db-wal"] {
                    let from = server.data_dir().join(name);
                    if from.exists() {
                        std::fs::copy(from, copy.path().join(name)).expect("a copy");
                    }
                }
                Asker::Sqlite(copy)
            }
        }
    }

    fn hex(&self) -> &'static str {
        match self {
            Asker::Sqlite(_) => "lower(hex(leaf_hash))",
            Asker::Postgres(_) => "encode(leaf_hash, 'hex')",
        }
    }

    fn ask(&self, query: &str) -> Vec<String> {
        let output = match self {
            Asker::Sqlite(copy) => Command::new("python3")
                .args(["-c", PYTHON])
                .arg(copy.path().join("kaibiao.db"))
                .arg(query)
                .output(),
            Asker::Postgres(url) => Command::new("psql")
                .args([url, "-AtX", "-v", "ON_ERROR_STOP=1", "-c", query])
                .output(),
        };
        let output = output.expect("the database can be asked");
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{query}: {complaint}");
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        text.lines().map(str::to_owned).collect()
    }
}

/// SQLite's own shell is not on every machine; Python with its SQLite is, `ops/lint` needs it.
const PYTHON: &str = "import sqlite3, sys
for row in sqlite3.connect(sys.argv[1]).execute(sys.argv[2]): print('|'.join(str(field) for field in row))";
