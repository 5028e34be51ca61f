DROP TABLE account_role;
DROP TABLE account_key;
DROP TABLE account;
DROP TABLE tender;
