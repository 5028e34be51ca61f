//! Projections: what lists and keys look-ups read. Written in the sequencer's transaction, and made again from the
//! log by `check --rebuild`; both through [`apply`].

use procedure::act::{Act, Visibility};
use procedure::{Account, Directory, Stage, Tender};
use record::Identifier;
use record::chain::ChainId;
use store::{Conn, account, tender};

use crate::states::{StateError, States, to_i64};

/// Brings the rows of one chain up to what `changes` (kinds of its statements with their log indexes, ascending) have
/// changed; `states` is as they left it.
pub fn apply(
    conn: &mut Conn,
    states: &mut States,
    chain: &ChainId,
    changes: &[(&str, u64)],
) -> Result<(), StateError> {
    match chain {
        ChainId::Tender(id) => {
            let before = tender::get(conn, id.as_str())?;
            if let Some(state) = states.tender(conn, id)? {
                let row = tender_row(state, before.as_ref(), changes);
                if before.as_ref() != Some(&row) {
                    tender::upsert(conn, &row)?;
                }
            }
            Ok(())
        }
        ChainId::Account(id) => account_rows(conn, states.directory(), id),
        ChainId::Platform => role_rows(conn, states.directory(), changes),
    }
}

fn tender_row(
    state: &Tender,
    before: Option<&tender::Tender>,
    changes: &[(&str, u64)],
) -> tender::Tender {
    let bidding = state.stage().bidding();
    // A sealed act must not move what lists are ordered by, or its moment would show before closing.
    let mut public = changes
        .iter()
        .rev()
        .filter(|(kind, _)| visibility(kind) == Some(Visibility::Public));
    let first = changes.first().map_or(0, |(_, index)| *index);
    let updated_index = match (public.next(), before) {
        (Some((_, index)), _) => to_i64(*index),
        (None, Some(before)) => before.updated_index,
        (None, None) => to_i64(first),
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
        deadline_ms: bidding.map(|bidding| to_i64(bidding.deadline_ms)),
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

/// Rows of the roles that were granted at these log indexes.
fn role_rows(
    conn: &mut Conn,
    directory: &Directory,
    changes: &[(&str, u64)],
) -> Result<(), StateError> {
    let is_new = |granted: u64| changes.iter().any(|(_, index)| *index == granted);
    for (id, entry) in directory.accounts() {
        for (role, index) in entry.roles.iter().filter(|(_, index)| is_new(**index)) {
            let row = account::AccountRole {
                account: id.to_string(),
                role: role.as_str().to_owned(),
                granted_index: to_i64(*index),
            };
            account::upsert_role(conn, &row)?;
        }
    }
    Ok(())
}
