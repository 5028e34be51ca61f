-- The record: leaves, tree, checkpoints, statements. Protocol section 6.
-- Everything here except chain_head is insert-only (triggers: next migration, one overlay per backend).
-- BYTEA is legal in SQLite too and keeps blobs as blobs. Ids and indexes are made by the application.

CREATE TABLE log_leaf (
    idx          BIGINT NOT NULL PRIMARY KEY CHECK (idx >= 0),
    leaf_data    BYTEA  NOT NULL CHECK (length(leaf_data) = 80),
    leaf_hash    BYTEA  NOT NULL CHECK (length(leaf_hash) = 32),
    -- All three are NULL in a noise leaf.
    chain        TEXT,
    seq          BIGINT CHECK (seq >= 0),
    statement_id TEXT UNIQUE,
    salt_v       BYTEA  NOT NULL CHECK (length(salt_v) = 32),
    salt_h       BYTEA  NOT NULL CHECK (length(salt_h) = 32),
    UNIQUE (chain, seq),
    CHECK ((chain IS NULL) = (seq IS NULL) AND (chain IS NULL) = (statement_id IS NULL))
);

-- Complete subtrees only; level 0 is a leaf.
CREATE TABLE log_node (
    level INTEGER NOT NULL CHECK (level BETWEEN 0 AND 62),
    idx   BIGINT  NOT NULL CHECK (idx >= 0),
    hash  BYTEA   NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (level, idx)
);

CREATE TABLE log_checkpoint (
    size    BIGINT NOT NULL PRIMARY KEY CHECK (size >= 0),
    root    BYTEA  NOT NULL CHECK (length(root) = 32),
    note    TEXT   NOT NULL,
    made_ms BIGINT NOT NULL
);

CREATE TABLE log_cosignature (
    size    BIGINT NOT NULL REFERENCES log_checkpoint (size),
    witness TEXT   NOT NULL,
    line    TEXT   NOT NULL,
    t_ms    BIGINT NOT NULL,
    PRIMARY KEY (size, witness)
);

CREATE TABLE statement (
    id          TEXT   NOT NULL PRIMARY KEY CHECK (length(id) = 64),
    chain       TEXT   NOT NULL,
    seq         BIGINT NOT NULL CHECK (seq >= 0),
    log_index   BIGINT NOT NULL UNIQUE REFERENCES log_leaf (idx),
    kind        TEXT   NOT NULL,
    envelope    BYTEA  NOT NULL,
    admitted_ms BIGINT NOT NULL,
    UNIQUE (chain, seq)
);

-- The last statement of each chain: what the next one links to. Derivable from log_leaf.
CREATE TABLE chain_head (
    chain     TEXT   NOT NULL PRIMARY KEY,
    seq       BIGINT NOT NULL CHECK (seq >= 0),
    head      BYTEA  NOT NULL CHECK (length(head) = 32),
    log_index BIGINT NOT NULL REFERENCES log_leaf (idx)
);
