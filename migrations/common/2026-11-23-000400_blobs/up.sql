-- What has been uploaded by whom. The bytes themselves lie in the blob storage, never here.
-- Accounts are not referenced: their table is a projection and may be rebuilt at any time.

CREATE TABLE blob (
    account     TEXT   NOT NULL,
    root        BYTEA  NOT NULL CHECK (length(root) = 32),
    size_bytes  BIGINT NOT NULL CHECK (size_bytes >= 0),
    segments    BIGINT NOT NULL CHECK (segments >= 0),
    created_ms  BIGINT NOT NULL,
    -- When the last segment was there; NULL: still uploading.
    complete_ms BIGINT,
    PRIMARY KEY (account, root)
);
CREATE INDEX blob_root ON blob (root);

CREATE TABLE blob_segment (
    account    TEXT    NOT NULL,
    root       BYTEA   NOT NULL,
    n          BIGINT  NOT NULL CHECK (n >= 0),
    leaf_hash  BYTEA   NOT NULL CHECK (length(leaf_hash) = 32),
    size_bytes BIGINT  NOT NULL CHECK (size_bytes >= 0),
    stored     BOOLEAN NOT NULL DEFAULT FALSE,
    PRIMARY KEY (account, root, n),
    FOREIGN KEY (account, root) REFERENCES blob (account, root)
);
