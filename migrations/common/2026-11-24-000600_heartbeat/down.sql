DROP TABLE not_serving;
DROP TABLE heartbeat;
