-- A tender may be suspended by an outage at its deadline.
ALTER TABLE tender DROP CONSTRAINT tender_stage_check;
ALTER TABLE tender ADD CONSTRAINT tender_stage_check
    CHECK (stage IN ('draft', 'announced', 'suspended', 'closed', 'opening', 'opened', 'drawing', 'drawn', 'evaluation',
                     'evaluated', 'candidates', 'awarded', 'failed', 'terminated'));
