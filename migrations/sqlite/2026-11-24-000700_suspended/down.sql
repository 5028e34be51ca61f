-- A suspended tender waits as an announced one does; the log says the rest.
UPDATE tender SET stage = 'announced' WHERE stage = 'suspended';
CREATE TABLE tender_made_again (
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
INSERT INTO tender_made_again SELECT id, project, title, tenderee, profile, stage, deadline_ms, next_due_ms, announced_index, updated_index, winner, detail FROM tender;
DROP TABLE tender;
ALTER TABLE tender_made_again RENAME TO tender;
CREATE INDEX tender_updated ON tender (updated_index, id);
CREATE INDEX tender_stage_updated ON tender (stage, updated_index, id);
CREATE INDEX tender_tenderee_updated ON tender (tenderee, updated_index, id);
CREATE INDEX tender_announced ON tender (announced_index, id) WHERE announced_index IS NOT NULL;
CREATE INDEX tender_stage_announced ON tender (stage, announced_index, id) WHERE announced_index IS NOT NULL;
CREATE INDEX tender_tenderee_announced ON tender (tenderee, announced_index, id) WHERE announced_index IS NOT NULL;
CREATE INDEX tender_due ON tender (next_due_ms, id) WHERE next_due_ms IS NOT NULL;
