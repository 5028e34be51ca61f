//! The public record, read over HTTP and replayed with `procedure`: what a stranger can know of a tender.

use std::collections::BTreeSet;

use procedure::act::Act;
use procedure::{At, Directory, Tender};
use record::chain::ChainId;
use record::key::PublicKey;
use record::log::leaf::LeafOpening;
use record::statement::Envelope;
use record::{Digest, Identifier};
use serde_json::Value;

use crate::client::{Client, chain_path};

/// One statement as a feed shows it.
#[derive(Clone, Debug)]
pub struct Item {
    /// The signed bytes.
    pub envelope: Envelope,
    /// When it was admitted, UTC milliseconds.
    pub admitted_ms: u64,
    /// What opens its leaf, where it is public.
    pub opening: Option<LeafOpening>,
}

/// A tender as its public statements make it.
pub struct Reading {
    /// Accounts, keys, roles.
    pub directory: Directory,
    /// The tender.
    pub tender: Tender,
    /// Its public statements, in chain order.
    pub items: Vec<Item>,
}

/// All items of a chain that may be read now.
///
/// # Errors
/// The server's answer is not what the interface says.
pub fn read_chain(client: &Client, chain: &ChainId) -> Result<Vec<Item>, String> {
    client.all(&chain_path(chain)).iter().map(item).collect()
}

fn item(value: &Value) -> Result<Item, String> {
    let wrong = |error: &dyn std::fmt::Display| format!("{error}: {value}");
    let envelope = Envelope::parse(value["envelope"].to_string().as_bytes());
    let envelope = envelope.map_err(|error| wrong(&error))?;
    let opening = match &value["opening"] {
        Value::Null => None,
        opening => Some(serde_json::from_value(opening.clone()).map_err(|error| wrong(&error))?),
    };
    if value["id"] != envelope.id().to_string() {
        return Err(wrong(&"the id is not that of the envelope"));
    }
    Ok(Item {
        envelope,
        admitted_ms: value["admitted_ms"]
            .as_u64()
            .ok_or_else(|| wrong(&"no time"))?,
        opening,
    })
}

impl Reading {
    /// Reads the chains of `tender`, of the platform and of `accounts`, and replays them. Accounts that the tender
    /// does not need do no harm.
    ///
    /// # Errors
    /// The record does not replay, or an opening is not of its statement.
    pub fn fetch(
        client: &Client,
        tender: &Identifier,
        accounts: &BTreeSet<Identifier>,
    ) -> Result<Reading, String> {
        let info = client.info();
        let root: PublicKey =
            serde_json::from_value(info["root_key"].clone()).map_err(|error| error.to_string())?;
        let origin = info["origin"].as_str().unwrap_or_default();
        let platform = info["platform_account"].as_str().unwrap_or_default();
        let platform = Identifier::new(platform).map_err(|error| error.to_string())?;
        let accounts = accounts
            .iter()
            .cloned()
            .chain([platform])
            .map(ChainId::Account);
        let own = ChainId::Tender(tender.clone());
        let chains = accounts.chain([ChainId::Platform, own.clone()]);
        let mut items = Vec::new();
        for chain in chains {
            for one in read_chain(client, &chain)? {
                items.push((chain.clone(), one));
            }
        }
        let own_items = items.iter().filter(|(chain, _)| *chain == own);
        let own_items = own_items.map(|(_, item)| item.clone()).collect();
        replay(Directory::new(origin, root), tender, items).map(|(directory, tender)| Reading {
            directory,
            tender,
            items: own_items,
        })
    }

    /// The places of a statement on the tender's chain; empty if it is not public (yet).
    pub fn places(&self, statement: &Digest) -> Vec<&Item> {
        let same = |item: &&Item| item.envelope.id() == *statement;
        self.items.iter().filter(same).collect()
    }
}

/// Log order where every index is public; before closing the order of reading stands in: accounts and platform first.
fn replay(
    mut directory: Directory,
    tender_id: &Identifier,
    mut items: Vec<(ChainId, Item)>,
) -> Result<(Directory, Tender), String> {
    let index = |item: &Item| item.opening.as_ref().map(|opening| opening.index);
    let is_numbered = items.iter().all(|(_, item)| item.opening.is_some());
    if is_numbered {
        items.sort_by_key(|(_, item)| index(item));
    } else {
        items.sort_by_key(|(_, item)| item.admitted_ms);
    }
    let mut tender: Option<Tender> = None;
    for (position, (chain, item)) in (0_u64..).zip(items) {
        let at = At {
            time_ms: item.admitted_ms,
            index: index(&item).filter(|_| is_numbered).unwrap_or(position),
        };
        let kind = item.envelope.kind().to_owned();
        let refused = |refusal: procedure::Refusal| format!("{kind} on {chain}: {refusal}");
        let verified = procedure::verify(item.envelope.clone(), &directory).map_err(refused)?;
        check_opening(&chain, &item, verified.statement())?;
        match (&chain, &mut tender) {
            (ChainId::Account(_) | ChainId::Platform, _) => {
                directory.admit(&verified, at).map_err(refused)?;
            }
            (ChainId::Tender(_), Some(tender)) => {
                tender.admit(&verified, &directory, at).map_err(refused)?;
            }
            (ChainId::Tender(_), None) => {
                tender = Some(Tender::create(&verified, &directory, at).map_err(refused)?);
            }
        }
    }
    let tender = tender.ok_or_else(|| format!("there is nothing on the chain of {tender_id}"))?;
    Ok((directory, tender))
}

fn check_opening(chain: &ChainId, item: &Item, act: &Act) -> Result<(), String> {
    let Some(opening) = &item.opening else {
        return Ok(());
    };
    let is_right = opening.statement_id == item.envelope.id()
        && opening.admitted_ms == item.admitted_ms
        && opening.chain == *chain
        && act.chain() == *chain;
    if is_right {
        Ok(())
    } else {
        Err(format!("leaf {} opens as something else", opening.index))
    }
}
