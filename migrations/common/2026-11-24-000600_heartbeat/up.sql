-- Whether the platform is serving. Not part of the record: what of it matters to a tender is said in `outage`.

-- One row: the last heartbeat of any node. A dead node among others is no outage.
CREATE TABLE heartbeat (
    platform TEXT   NOT NULL PRIMARY KEY CHECK (platform = 'platform'),
    -- The procedure's time; simulated in demo mode.
    t_ms     BIGINT NOT NULL,
    -- Real time, by which gaps are measured: a jump of the simulated clock is no outage.
    real_ms  BIGINT NOT NULL
);

-- Times without a heartbeat, in the procedure's time. The heartbeat that ends one writes it.
CREATE TABLE not_serving (
    until_ms BIGINT NOT NULL PRIMARY KEY,
    from_ms  BIGINT NOT NULL,
    CHECK (from_ms < until_ms)
);
