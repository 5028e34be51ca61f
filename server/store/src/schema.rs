//! The schema as diesel sees it. Written by hand (`print-schema` guesses SQLite's types badly); a test compares it with
//! both databases.

diesel::table! { account (id) { id -> Text, name -> Text, uscc -> Text, registered_index -> BigInt, } }

diesel::table! {
    account_key (key_id) {
        key_id -> Text,
        account -> Text,
        alg -> Text,
        pk -> Binary,
        registered_index -> BigInt,
        revoked_index -> Nullable<BigInt>,
    }
}

diesel::table! { account_role (account, role) { account -> Text, role -> Text, granted_index -> BigInt, } }

diesel::table! {
    blob (account, root) {
        account -> Text,
        root -> Binary,
        size_bytes -> BigInt,
        segments -> BigInt,
        created_ms -> BigInt,
        complete_ms -> Nullable<BigInt>,
    }
}

diesel::table! {
    blob_segment (account, root, n) {
        account -> Text,
        root -> Binary,
        n -> BigInt,
        leaf_hash -> Binary,
        size_bytes -> BigInt,
        stored -> Bool,
    }
}

diesel::table! { chain_head (chain) { chain -> Text, seq -> BigInt, head -> Binary, log_index -> BigInt, } }

diesel::table! { challenge (nonce) { nonce -> Binary, key_id -> Text, expires_ms -> BigInt, } }

diesel::table! { log_checkpoint (size) { size -> BigInt, root -> Binary, note -> Text, made_ms -> BigInt, } }

diesel::table! { log_cosignature (size, witness) { size -> BigInt, witness -> Text, line -> Text, t_ms -> BigInt, } }

diesel::table! { heartbeat (platform) { platform -> Text, t_ms -> BigInt, real_ms -> BigInt, } }

diesel::table! {
    log_leaf (idx) {
        idx -> BigInt,
        leaf_data -> Binary,
        leaf_hash -> Binary,
        chain -> Nullable<Text>,
        seq -> Nullable<BigInt>,
        statement_id -> Nullable<Text>,
        salt_v -> Binary,
        salt_h -> Binary,
    }
}

diesel::table! { log_node (level, idx) { level -> Integer, idx -> BigInt, hash -> Binary, } }

diesel::table! { not_serving (until_ms) { until_ms -> BigInt, from_ms -> BigInt, } }

diesel::table! {
    refusal (id) {
        id -> Text,
        at_ms -> BigInt,
        chain -> Nullable<Text>,
        kind -> Nullable<Text>,
        statement_id -> Nullable<Text>,
        code -> Text,
        request_id -> Text,
    }
}

diesel::table! {
    session (token_hash) {
        token_hash -> Binary,
        account -> Text,
        key_id -> Text,
        created_ms -> BigInt,
        expires_ms -> BigInt,
    }
}

diesel::table! { setting (name) { name -> Text, value -> Text, } }

diesel::table! {
    statement (id) {
        id -> Text,
        chain -> Text,
        seq -> BigInt,
        log_index -> BigInt,
        kind -> Text,
        envelope -> Binary,
        admitted_ms -> BigInt,
    }
}

diesel::table! {
    tender (id) {
        id -> Text,
        project -> Text,
        title -> Text,
        tenderee -> Text,
        profile -> Text,
        stage -> Text,
        deadline_ms -> Nullable<BigInt>,
        next_due_ms -> Nullable<BigInt>,
        announced_index -> Nullable<BigInt>,
        updated_index -> BigInt,
        winner -> Nullable<Text>,
        detail -> Text,
    }
}
