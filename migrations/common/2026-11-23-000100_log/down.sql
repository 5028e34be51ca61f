DROP TABLE chain_head;
DROP TABLE statement;
DROP TABLE log_cosignature;
DROP TABLE log_checkpoint;
DROP TABLE log_node;
DROP TABLE log_leaf;
