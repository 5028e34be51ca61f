//! Projections: what lists and keys look-ups read. Written in the sequencer's transaction, and made again from the
//! log by `check --rebuild`; both through [`apply`].

use procedure::act::{Act, Visibility};
use procedure::{Account, Directory, Stage, Tender};
use record::Identifier;
use record::chain::ChainId;
use store::{Conn, account, tender};

use crate::states::{StateError, States, to_i64};

/// Brings the rows of one chain up to what its statement at log `index` has changed.
pub fn apply(
    conn: &mut Conn,
    states: &mut States,
    kind: &str,
    chain: &ChainId,
    index: u64,
) -> Result<(), StateError> {
    match chain {
        ChainId::Tender(id) => {
            let before = tender::get(conn, id.as_str())?;
            if let Some(state) = states.tender(conn, id)? {
                let row = tender_row(state, before.as_ref(), kind, index);
                tender::upsert(conn, &row)?;
            }
            Ok(())
        }
        ChainId::Account(id) => account_rows(conn, states.directory(), id),
        ChainId::Platform => {
            let accounts: Vec<Identifier> = states
                .directory()
                .accounts()
                .map(|(id, _)| id.clone())
                .collect();
            for id in accounts {
                role_rows(conn, states.directory(), &id)?;
            }
            Ok(())
        }
    }
}

fn tender_row(
    state: &Tender,
    before: Option<&tender::Tender>,
    kind: &str,
    index: u64,
) -> tender::Tender {
    let bidding = state.stage().bidding();
    let index = to_i64(index);
    // A sealed act must not move what lists are ordered by, or its moment would show before closing.
    let public = visibility(kind) == Some(Visibility::Public);
    let updated_index = match before {
        Some(before) if !public => before.updated_index,
        _ => index,
    };
    let winner = match state.stage() {
        Stage::Awarded(awarded) => Some(awarded.award.winner.to_string()),
        _ => None,
    };
    tender::Tender {
        id: state.id().to_string(),
        project: state.project().to_string(),
        title: state.title().to_owned(),
        tenderee: state.tenderee().to_string(),
        profile: bidding
            .map(|bidding| bidding.profile.reference.id.to_string())
            .unwrap_or_default(),
        stage: state.stage().name().to_owned(),
        deadline_ms: bidding.map(|bidding| to_i64(bidding.notice.deadline_ms)),
        next_due_ms: state.next_due_ms().map(to_i64),
        announced_index: bidding.map(|bidding| to_i64(bidding.announced.index)),
        updated_index,
        winner,
        detail: "{}".to_owned(),
    }
}

/// When the public may read a statement of this kind.
pub fn visibility(kind: &str) -> Option<Visibility> {
    Act::visibility_of(kind)
}

fn account_rows(conn: &mut Conn, directory: &Directory, id: &Identifier) -> Result<(), StateError> {
    let Some(entry) = directory.account(id) else {
        return Ok(());
    };
    let row = account::Account {
        id: id.to_string(),
        name: entry.name.clone(),
        uscc: entry.registration_code.clone().unwrap_or_default(),
        registered_index: to_i64(entry.registered_index),
    };
    account::upsert(conn, &row)?;
    key_rows(conn, directory, entry)
}

fn key_rows(conn: &mut Conn, directory: &Directory, entry: &Account) -> Result<(), StateError> {
    for id in &entry.keys {
        let Some(key) = directory.key(id) else {
            continue;
        };
        let row = account::AccountKey {
            key_id: id.to_string(),
            account: key.account.to_string(),
            alg: key.key.algorithm().as_str().to_owned(),
            pk: key.key.bytes().to_vec(),
            registered_index: to_i64(key.registered_index),
            revoked_index: key.revoked_index.map(to_i64),
        };
        account::upsert_key(conn, &row)?;
    }
    Ok(())
}

fn role_rows(conn: &mut Conn, directory: &Directory, id: &Identifier) -> Result<(), StateError> {
    let Some(entry) = directory.account(id) else {
        return Ok(());
    };
    for (role, index) in &entry.roles {
        let row = account::AccountRole {
            account: id.to_string(),
            role: role.as_str().to_owned(),
            granted_index: to_i64(*index),
        };
        account::upsert_role(conn, &row)?;
    }
    Ok(())
}
