-- A suspended tender waits as an announced one does; the log says the rest.
UPDATE tender SET stage = 'announced' WHERE stage = 'suspended';
ALTER TABLE tender DROP CONSTRAINT tender_stage_check;
ALTER TABLE tender ADD CONSTRAINT tender_stage_check
    CHECK (stage IN ('draft', 'announced', 'closed', 'opening', 'opened', 'drawing', 'drawn', 'evaluation',
                     'evaluated', 'candidates', 'awarded', 'failed', 'terminated'));
