//! The directory, and rebuilding projections.

use store::account::{self, Account, AccountKey, AccountRole};
use store::{Conn, StoreError, projection, tender};

use crate::support::{TestDatabase, on_both, tender as tender_row};

on_both!(
    accounts_keys_and_roles_come_back,
    a_key_needs_its_account_by_the_end_of_the_transaction,
    algorithms_are_checked,
    rebuilt_projections_compare_equal,
    dumps_show_every_difference,
);

fn organisation(id: &str) -> Account {
    Account {
        id: id.to_owned(),
        name: "宿迁市测试建设有限公司".to_owned(),
        uscc: "91321300MA1000000X".to_owned(),
        registered_index: 1,
    }
}

fn key(key_id: &str, account: &str, registered_index: i64) -> AccountKey {
    AccountKey {
        key_id: key_id.to_owned(),
        account: account.to_owned(),
        alg: "ed25519".to_owned(),
        pk: vec![1; 32],
        registered_index,
        revoked_index: None,
    }
}

fn role(account: &str, role: &str) -> AccountRole {
    AccountRole {
        account: account.to_owned(),
        role: role.to_owned(),
        granted_index: 3,
    }
}

fn accounts_keys_and_roles_come_back(db: &TestDatabase) {
    let revoked = AccountKey {
        revoked_index: Some(9),
        ..key("k1", "org-a", 2)
    };
    db.write(|c| {
        account::upsert(c, &organisation("org-b"))?;
        account::upsert(c, &organisation("org-a"))?;
        account::upsert_key(c, &key("k2", "org-a", 4))?;
        account::upsert_key(c, &key("k1", "org-a", 2))?;
        account::upsert_key(c, &revoked)?;
        account::upsert_role(c, &role("org-a", "supervisor"))?;
        account::upsert_role(c, &role("org-a", "exchange-centre"))?;
        account::upsert_role(
            c,
            &AccountRole {
                granted_index: 8,
                ..role("org-a", "supervisor")
            },
        )
    });
    assert_eq!(
        db.read(|c| account::get(c, "org-a")),
        Some(organisation("org-a"))
    );
    assert_eq!(db.read(|c| account::get(c, "org-c")), None);
    assert_eq!(
        db.read(|c| account::list(c, "", 10)),
        [organisation("org-a"), organisation("org-b")]
    );
    assert_eq!(
        db.read(|c| account::list(c, "org-a", 10)),
        [organisation("org-b")]
    );
    assert_eq!(db.read(|c| account::key(c, "k1")), Some(revoked.clone()));
    assert_eq!(
        db.read(|c| account::keys(c, "org-a")),
        [revoked, key("k2", "org-a", 4)]
    );
    let roles = [
        role("org-a", "exchange-centre"),
        role("org-a", "supervisor"),
    ];
    assert_eq!(db.read(|c| account::roles(c, "org-a")), roles);
}

fn a_key_needs_its_account_by_the_end_of_the_transaction(db: &TestDatabase) {
    db.write(|c| {
        account::upsert_key(c, &key("k1", "org-a", 2))?;
        account::upsert(c, &organisation("org-a"))
    });
    let error = db.write_error(|c| account::upsert_key(c, &key("k2", "org-x", 2)));
    assert_eq!(error.code(), "store-refused", "{error}");
    // The failed commit left nothing open.
    assert_eq!(db.write(|c| account::key(c, "k2")), None);
}

fn algorithms_are_checked(db: &TestDatabase) {
    let error = db.write_error(|c| {
        account::upsert(c, &organisation("org-a"))?;
        account::upsert_key(
            c,
            &AccountKey {
                alg: "rsa".to_owned(),
                ..key("k", "org-a", 1)
            },
        )
    });
    assert_eq!(error.code(), "store-refused");
}

/// What a replay of the log would do.
fn project(c: &mut Conn) -> Result<(), StoreError> {
    account::upsert(c, &organisation("org-a"))?;
    account::upsert_key(c, &key("k1", "org-a", 2))?;
    account::upsert_role(c, &role("org-a", "supervisor"))?;
    tender::upsert(c, &tender_row("T-2", 5))?;
    tender::upsert(c, &tender_row("T-1", 6))
}

fn rebuilt_projections_compare_equal(db: &TestDatabase) {
    db.write(project);
    let before = db.read(projection::dump);
    assert_eq!(before.len(), 5);
    assert!(before.is_sorted());
    db.write(|c| {
        projection::clear(c)?;
        assert!(projection::dump(c)?.is_empty());
        project(c)
    });
    assert_eq!(db.read(projection::dump), before);
}

fn dumps_show_every_difference(db: &TestDatabase) {
    db.write(project);
    let before = db.read(projection::dump);
    db.write(|c| {
        account::upsert_key(
            c,
            &AccountKey {
                revoked_index: Some(7),
                ..key("k1", "org-a", 2)
            },
        )
    });
    let after = db.read(projection::dump);
    let differing = before.iter().zip(&after).filter(|(a, b)| a != b).count();
    assert_eq!(differing, 1);
}
