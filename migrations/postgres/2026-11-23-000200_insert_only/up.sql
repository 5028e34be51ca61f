-- The record is insert-only.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is insert-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END;
$$;

CREATE TRIGGER log_leaf_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON log_leaf
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER log_node_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON log_node
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER log_checkpoint_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON log_checkpoint
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER log_cosignature_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON log_cosignature
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER statement_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON statement
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
