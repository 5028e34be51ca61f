DROP TRIGGER log_leaf_no_change ON log_leaf;
DROP TRIGGER log_node_no_change ON log_node;
DROP TRIGGER log_checkpoint_no_change ON log_checkpoint;
DROP TRIGGER log_cosignature_no_change ON log_cosignature;
DROP TRIGGER statement_no_change ON statement;
DROP FUNCTION refuse_change();
