-- Projections: what the statements add up to. Any node can rebuild them from the log, so nothing
-- here refers to tables that are not rebuilt, and nothing that is not rebuilt refers to these.

CREATE TABLE tender (
    id              TEXT   NOT NULL PRIMARY KEY,
    project         TEXT   NOT NULL,
    title           TEXT   NOT NULL,
    tenderee        TEXT   NOT NULL,
    profile         TEXT   NOT NULL,
    stage           TEXT   NOT NULL CHECK (stage IN ('draft', 'announced', 'closed', 'opening', 'opened', 'drawing', 'drawn', 'evaluation',
                                                     'evaluated', 'candidates', 'awarded', 'failed', 'terminated')),
    deadline_ms     BIGINT,
    -- When the deadline job has to look at this tender again; NULL: never.
    next_due_ms     BIGINT,
    -- Log index of the notice; NULL: not public yet.
    announced_index BIGINT,
    -- Log index of the last public change. Sealed acts before closing do not move it.
    updated_index   BIGINT NOT NULL,
    winner          TEXT,
    detail          TEXT   NOT NULL
);
CREATE INDEX tender_updated ON tender (updated_index, id);
CREATE INDEX tender_stage_updated ON tender (stage, updated_index, id);
CREATE INDEX tender_tenderee_updated ON tender (tenderee, updated_index, id);
CREATE INDEX tender_announced ON tender (announced_index, id) WHERE announced_index IS NOT NULL;
CREATE INDEX tender_stage_announced ON tender (stage, announced_index, id) WHERE announced_index IS NOT NULL;
CREATE INDEX tender_tenderee_announced ON tender (tenderee, announced_index, id) WHERE announced_index IS NOT NULL;
CREATE INDEX tender_due ON tender (next_due_ms, id) WHERE next_due_ms IS NOT NULL;

CREATE TABLE account (
    id               TEXT   NOT NULL PRIMARY KEY,
    name             TEXT   NOT NULL,
    -- Unified social credit code (统一社会信用代码) or what stands for it abroad.
    uscc             TEXT   NOT NULL,
    registered_index BIGINT NOT NULL
);

CREATE TABLE account_key (
    key_id           TEXT   NOT NULL PRIMARY KEY,
    account          TEXT   NOT NULL REFERENCES account (id) DEFERRABLE INITIALLY DEFERRED,
    alg              TEXT   NOT NULL CHECK (alg IN ('ed25519', 'p256')),
    pk               BYTEA  NOT NULL,
    registered_index BIGINT NOT NULL,
    revoked_index    BIGINT
);
CREATE INDEX account_key_account ON account_key (account, registered_index);

CREATE TABLE account_role (
    account       TEXT   NOT NULL REFERENCES account (id) DEFERRABLE INITIALLY DEFERRED,
    role          TEXT   NOT NULL,
    granted_index BIGINT NOT NULL,
    PRIMARY KEY (account, role)
);
