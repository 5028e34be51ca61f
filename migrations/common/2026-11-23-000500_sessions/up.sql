-- What is not part of the record: logins, refused statements, settings.

-- Only the hash of a session's token is kept, so that a stolen database opens no session.
CREATE TABLE session (
    token_hash BYTEA  NOT NULL PRIMARY KEY CHECK (length(token_hash) = 32),
    account    TEXT   NOT NULL,
    key_id     TEXT   NOT NULL,
    created_ms BIGINT NOT NULL,
    expires_ms BIGINT NOT NULL
);
CREATE INDEX session_expires ON session (expires_ms);

CREATE TABLE challenge (
    nonce      BYTEA  NOT NULL PRIMARY KEY CHECK (length(nonce) = 32),
    key_id     TEXT   NOT NULL,
    expires_ms BIGINT NOT NULL
);
CREATE INDEX challenge_expires ON challenge (expires_ms);

-- One line per refused statement. What could not even be parsed has no chain, kind or id.
CREATE TABLE refusal (
    id           TEXT   NOT NULL PRIMARY KEY,
    at_ms        BIGINT NOT NULL,
    chain        TEXT,
    kind         TEXT,
    statement_id TEXT,
    code         TEXT   NOT NULL,
    request_id   TEXT   NOT NULL
);
CREATE INDEX refusal_at ON refusal (at_ms);

CREATE TABLE setting (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);
