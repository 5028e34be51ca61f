//! Fetches the public statements of a tender and replays them with the same functions as server and verifier.
//! What a person seals for, opens or releases follows from this replay, never from what the server says.

mod accounts;

use procedure::act::Act;
use procedure::{At, Directory, Refusal, Tender};
use record::chain::ChainId;
use record::key::{KeyId, PublicKey};
use record::log::checkpoint::VerifierKey;
use record::log::leaf::LeafOpening;
use record::statement::Envelope;
use record::trust::Trust;
use record::{Digest, Identifier};

use crate::client::{Client, ClientError, ServerInfo, StatementItem};

/// Whom a replay believes: the log, and the root key that grants roles.
#[derive(Clone, Debug)]
pub struct Anchors {
    /// Origin of the log.
    pub origin: String,
    /// Key of the log.
    pub log: VerifierKey,
    /// Grants roles.
    pub root: PublicKey,
    /// Both keys stand in the reader's own trust file. Otherwise they are what the server says.
    pub compared: bool,
}

/// Why a record could not be replayed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReplayError {
    /// No usable answer.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The server's log or root key is not in the trust file.
    #[error(
        "the server's {0} is not in your trust file: this is another server, or somebody pretends to be it; do not go on"
    )]
    NotTrusted(&'static str),
    /// The server's log key is malformed.
    #[error("the server's log key is malformed: {0}")]
    LogKey(String),
    /// A statement that the record's own rules refuse.
    #[error("the record is not in order: statement {id} ({kind}): {refusal}")]
    Refused {
        /// The statement.
        id: Digest,
        /// Its kind.
        kind: String,
        /// Why it cannot stand there.
        refusal: Box<Refusal>,
    },
    /// A leaf was opened to something else than the statement beside it.
    #[error("the server opens the leaf of statement {0} as something else; do not go on")]
    Opening(Digest),
    /// There is nothing on the tender's chain.
    #[error("there is no tender {0} on this server")]
    Empty(Identifier),
}

impl ReplayError {
    /// Stable code.
    pub fn code(&self) -> &str {
        match self {
            ReplayError::Client(error) => error.code(),
            ReplayError::NotTrusted(_) => "server-not-trusted",
            ReplayError::LogKey(_) => "log-key-malformed",
            ReplayError::Refused { .. } => "record-not-in-order",
            ReplayError::Opening(_) => "leaf-opening-wrong",
            ReplayError::Empty(_) => "tender-unknown",
        }
    }
}

impl Anchors {
    /// Takes the keys that the server names, and demands that they stand in `trust` if there is one.
    ///
    /// # Errors
    /// They do not.
    pub fn new(server: &ServerInfo, trust: Option<&Trust>) -> Result<Anchors, ReplayError> {
        let log: VerifierKey = server
            .log_key
            .parse()
            .map_err(|error| ReplayError::LogKey(format!("{error}")))?;
        if let Some(trust) = trust {
            if !trust.logs().iter().any(|known| known.key == log) {
                return Err(ReplayError::NotTrusted("log key"));
            }
            if !trust.roots().contains(&server.root_key) {
                return Err(ReplayError::NotTrusted("root key"));
            }
        }
        if log.name().as_str() != server.origin {
            return Err(ReplayError::LogKey(format!(
                "it is of {}, not of {}",
                log.name(),
                server.origin
            )));
        }
        let (origin, root) = (server.origin.clone(), server.root_key.clone());
        Ok(Anchors {
            origin,
            log,
            root,
            compared: trust.is_some(),
        })
    }
}

/// One admitted statement of the tender's chain.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its id, recomputed.
    pub id: Digest,
    /// What it says.
    pub act: Act,
    /// The signed bytes.
    pub envelope: Envelope,
    /// Whose signatures were checked.
    pub signers: Vec<KeyId>,
    /// When it was admitted.
    pub at: At,
    /// What opens its leaf, where it is public.
    pub opening: Option<LeafOpening>,
}

/// What a replay reads: each chain in its order, as far as it is public.
#[derive(Clone, Debug)]
pub struct Chains {
    /// The tender's own chain.
    pub tender: Vec<StatementItem>,
    /// The platform's chain.
    pub platform: Vec<StatementItem>,
    /// The chains of all accounts that the tender needs, one after another.
    pub accounts: Vec<StatementItem>,
}

/// A tender with everything it was replayed from.
#[derive(Clone, Debug)]
pub struct Record {
    /// Whom the replay believed.
    pub anchors: Anchors,
    /// Accounts, keys, roles.
    pub directory: Directory,
    /// The tender, as its public statements make it.
    pub tender: Tender,
    /// Its public statements in order.
    pub entries: Vec<Entry>,
    /// Leaves that the server opened: of the tender's chain from closing on, of accounts and platform always.
    pub openings: Vec<LeafOpening>,
}

impl Record {
    /// Fetches and replays.
    ///
    /// # Errors
    /// As [`ReplayError`].
    pub fn fetch(
        client: &Client,
        anchors: Anchors,
        tender: &Identifier,
    ) -> Result<Record, ReplayError> {
        let own = client.chain(&ChainId::Tender(tender.clone()))?;
        let platform = client.chain(&ChainId::Platform)?;
        let named = accounts::named_in(own.iter().chain(&platform).map(|item| &item.envelope));
        let mut accounts = vec![];
        for account in named {
            match client.chain(&ChainId::Account(account)) {
                Ok(items) => accounts.extend(items),
                Err(error) if error.problem().is_some_and(|problem| problem.status == 404) => {}
                Err(error) => return Err(error.into()),
            }
        }
        let chains = Chains {
            tender: own,
            platform,
            accounts,
        };
        Record::replay(anchors, tender, chains)
    }

    /// Replays chains that were fetched already.
    ///
    /// # Errors
    /// As [`ReplayError`].
    pub fn replay(
        anchors: Anchors,
        tender: &Identifier,
        chains: Chains,
    ) -> Result<Record, ReplayError> {
        let accounts = chains.accounts.into_iter();
        let items = accounts.map(|item| (Origin::Account, item));
        let platform = chains.platform.into_iter();
        let items = items.chain(platform.map(|item| (Origin::Platform, item)));
        let own = chains.tender.into_iter();
        let items = items.chain(own.map(|item| (Origin::Tender, item)));
        replay(anchors, tender, in_log_order(items.collect()))
    }

    /// The first act of the tender's chain that `pick` recognises, with its entry.
    pub fn find<'a, T>(&'a self, pick: impl Fn(&'a Act) -> Option<T>) -> Option<(&'a Entry, T)> {
        self.entries
            .iter()
            .find_map(|entry| pick(&entry.act).map(|found| (entry, found)))
    }

    /// An entry by statement id.
    pub fn entry(&self, id: &Digest) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.id == *id)
    }

    /// The account that signed an entry, if one account did.
    pub fn signer(&self, entry: &Entry) -> Option<&Identifier> {
        let [only] = entry.signers.as_slice() else {
            return None;
        };
        Some(&self.directory.key(only)?.account)
    }
}

/// Which chain an item comes from; the order decides where log indexes are not public.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Origin {
    Account,
    Platform,
    Tender,
}

/// Sorts into log order and gives every item its place. Before closing, indexes of a tender are secret; then
/// the order of admission stands in for them (accounts before tenders in the same millisecond: a key is
/// registered before it is used).
fn in_log_order(mut items: Vec<(Origin, StatementItem)>) -> Vec<(Origin, StatementItem, At)> {
    let numbered = items.iter().all(|(_, item)| item.index.is_some());
    if numbered {
        items.sort_by_key(|(_, item)| item.index);
    } else {
        items.sort_by_key(|(origin, item)| (item.admitted_ms, *origin));
    }
    let place = |(position, (origin, item)): (u64, (Origin, StatementItem))| {
        let index = item.index.filter(|_| numbered).unwrap_or(position);
        let at = At {
            time_ms: item.admitted_ms,
            index,
        };
        (origin, item, at)
    };
    (0..).zip(items).map(place).collect()
}

fn replay(
    anchors: Anchors,
    tender_id: &Identifier,
    items: Vec<(Origin, StatementItem, At)>,
) -> Result<Record, ReplayError> {
    let mut directory = Directory::new(anchors.origin.clone(), anchors.root.clone());
    let mut tender: Option<Tender> = None;
    let (mut entries, mut openings) = (Vec::new(), Vec::new());
    for (origin, item, at) in items {
        let refused = |refusal| ReplayError::Refused {
            id: item.id,
            kind: item.kind.clone(),
            refusal: Box::new(refusal),
        };
        let verified = procedure::verify(item.envelope.clone(), &directory).map_err(refused)?;
        let (id, signers, act) = (
            verified.id(),
            verified.signers().to_vec(),
            verified.statement().clone(),
        );
        if let Some(opening) = &item.opening {
            let same = opening.statement_id == id
                && opening.admitted_ms == item.admitted_ms
                && opening.chain == act.chain()
                && Some(opening.index) == item.index;
            if !same {
                return Err(ReplayError::Opening(id));
            }
            openings.push(opening.clone());
        }
        match (&mut tender, origin) {
            (_, Origin::Account | Origin::Platform) => {
                directory.admit(&verified, at).map_err(refused)?
            }
            (Some(tender), Origin::Tender) => {
                tender.admit(&verified, &directory, at).map_err(refused)?
            }
            (None, Origin::Tender) => {
                tender = Some(Tender::create(&verified, &directory, at).map_err(refused)?)
            }
        }
        if origin == Origin::Tender {
            entries.push(Entry {
                id,
                act,
                envelope: item.envelope,
                signers,
                at,
                opening: item.opening,
            });
        }
    }
    let tender = tender.filter(|tender| tender.id() == tender_id);
    let tender = tender.ok_or_else(|| ReplayError::Empty(tender_id.clone()))?;
    Ok(Record {
        anchors,
        directory,
        tender,
        entries,
        openings,
    })
}
