//! Directory and tenders in memory: what the log says up to one size. Anything here can be dropped; whoever uses
//! it catches up with the log first, inside its own transaction.

use std::collections::HashMap;
use std::sync::Arc;

use procedure::act::Act;
use procedure::{At, Directory, Refusal, Tender};
use record::Identifier;
use record::chain::ChainId;
use record::key::PublicKey;
use record::statement::{Envelope, Verified};
use store::{Conn, StoreError, statement};

use crate::sequencer::KeyBook;

/// Tenders that are kept; more are loaded again when they are needed.
const TENDERS_MAX: usize = 256;
/// Rows of one query.
const PAGE: i64 = 500;

/// What the log says, as far as it is in memory.
pub struct States {
    /// Everything below this log index is in.
    as_of: u64,
    directory: Directory,
    tenders: HashMap<Identifier, Tender>,
    /// Tells others which keys there are.
    keys_met: Arc<KeyBook>,
}

/// The log cannot be read, or holds what the procedure does not admit.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A stored statement is not admitted: the database is damaged, or the program older than it.
    #[error("log entry {index} cannot be replayed: {reason}; run `kaibiao-server check`")]
    Replay {
        /// Its log index.
        index: i64,
        /// Why.
        reason: String,
    },
}

impl States {
    /// Nothing yet.
    pub fn new(origin: &str, root: &PublicKey) -> States {
        let directory = Directory::new(origin, root.clone());
        States {
            as_of: 0,
            directory,
            tenders: HashMap::new(),
            keys_met: Arc::default(),
        }
    }

    /// Forgets everything: after a transaction that failed, memory may be ahead of the log.
    pub fn reset(&mut self) {
        *self = States {
            keys_met: Arc::clone(&self.keys_met),
            ..States::new(self.directory.origin(), self.directory.root())
        };
    }

    /// The keys that were met while the log was read.
    pub fn keys_met(&self) -> Arc<KeyBook> {
        Arc::clone(&self.keys_met)
    }

    /// Accounts, keys and roles.
    pub fn directory(&self) -> &Directory {
        &self.directory
    }

    /// Takes in what others wrote since last time. `size` is the log's size in the same transaction.
    pub fn catch_up(&mut self, conn: &mut Conn, size: u64) -> Result<(), StateError> {
        // Only here, never inside a batch: what a batch has admitted is not in the database yet.
        if self.tenders.len() >= TENDERS_MAX {
            self.tenders.clear();
        }
        while self.as_of < size {
            let rows = statement::from_index(conn, to_i64(self.as_of), PAGE)?;
            for row in &rows {
                self.replay(row)?;
                self.as_of = to_u64(row.log_index).saturating_add(1);
            }
            if rows.len() < PAGE as usize {
                self.as_of = size;
            }
        }
        Ok(())
    }

    /// Memory now includes everything below `size` (what the caller itself has just admitted).
    pub fn advance_to(&mut self, size: u64) {
        self.as_of = size;
    }

    /// Takes in one statement in log order, also of a tender that is not in memory: for a replay of the whole log.
    pub fn follow(
        &mut self,
        row: &statement::Statement,
        chain: &ChainId,
    ) -> Result<(), StateError> {
        match chain {
            ChainId::Tender(id) if !self.tenders.contains_key(id) && row.seq == 0 => {
                let act = read(row, &self.directory)?;
                let tender = Tender::create(&act, &self.directory, at(row));
                self.tenders.insert(
                    id.clone(),
                    tender.map_err(|error| replay_error(row, error))?,
                );
                Ok(())
            }
            _ => self.replay(row),
        }
    }

    fn replay(&mut self, row: &statement::Statement) -> Result<(), StateError> {
        let chain: ChainId = row
            .chain
            .parse()
            .map_err(|error| replay_error(row, error))?;
        match chain {
            ChainId::Tender(id) => match self.tenders.get_mut(&id) {
                Some(tender) => {
                    let act = read(row, &self.directory)?;
                    tender
                        .admit(&act, &self.directory, at(row))
                        .map_err(|error| replay_error(row, error))
                }
                None => Ok(()),
            },
            ChainId::Account(_) | ChainId::Platform => {
                let act = read(row, &self.directory)?;
                self.directory
                    .admit(&act, at(row))
                    .map_err(|error| replay_error(row, error))?;
                self.keys_met.learn(act.statement());
                Ok(())
            }
        }
    }

    /// A tender, loaded from its chain if need be. Call [`States::catch_up`] first.
    pub fn tender(
        &mut self,
        conn: &mut Conn,
        id: &Identifier,
    ) -> Result<Option<&Tender>, StateError> {
        self.load(conn, id)?;
        Ok(self.tenders.get(id))
    }

    /// A tender that has just been loaded.
    pub fn in_memory(&self, id: &Identifier) -> Option<&Tender> {
        self.tenders.get(id)
    }

    fn load(&mut self, conn: &mut Conn, id: &Identifier) -> Result<(), StateError> {
        if self.tenders.contains_key(id) {
            return Ok(());
        }
        let chain = ChainId::Tender(id.clone()).to_string();
        let mut tender: Option<Tender> = None;
        let mut seq = 0;
        loop {
            let rows = statement::of_chain(conn, &chain, seq, PAGE)?;
            for row in &rows {
                let act = read(row, &self.directory)?;
                let admitted = match &mut tender {
                    Some(tender) => tender.admit(&act, &self.directory, at(row)),
                    None => {
                        Tender::create(&act, &self.directory, at(row)).map(|new| tender = Some(new))
                    }
                };
                admitted.map_err(|error| replay_error(row, error))?;
                seq = row.seq + 1;
            }
            if rows.len() < PAGE as usize {
                break;
            }
        }
        if let Some(tender) = tender {
            self.tenders.insert(id.clone(), tender);
        }
        Ok(())
    }

    /// Admits one act to the chain that it belongs to; nothing changes on refusal.
    pub fn admit(
        &mut self,
        conn: &mut Conn,
        act: &Verified<Act>,
        at: At,
    ) -> Result<(), AdmitError> {
        let ChainId::Tender(id) = act.statement().chain() else {
            self.directory.admit(act, at)?;
            self.keys_met.learn(act.statement());
            return Ok(());
        };
        self.load(conn, &id)?;
        match self.tenders.get_mut(&id) {
            Some(tender) => tender.admit(act, &self.directory, at)?,
            None => {
                let tender = Tender::create(act, &self.directory, at)?;
                self.tenders.insert(id, tender);
            }
        }
        Ok(())
    }
}

/// Why an act is not admitted.
#[derive(Debug, thiserror::Error)]
pub enum AdmitError {
    /// The procedure refuses it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The log cannot be read.
    #[error(transparent)]
    State(#[from] StateError),
}

fn at(row: &statement::Statement) -> At {
    At {
        time_ms: to_u64(row.admitted_ms),
        index: to_u64(row.log_index),
    }
}

fn read(row: &statement::Statement, directory: &Directory) -> Result<Verified<Act>, StateError> {
    let envelope = Envelope::parse(&row.envelope).map_err(|error| replay_error(row, error))?;
    procedure::verify(envelope, directory).map_err(|error| replay_error(row, error))
}

fn replay_error(row: &statement::Statement, reason: impl std::fmt::Display) -> StateError {
    StateError::Replay {
        index: row.log_index,
        reason: reason.to_string(),
    }
}

/// Log indexes and times are below 2^53 everywhere; the database holds them as BIGINT.
pub fn to_i64(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// The way back; a negative value cannot be stored (CHECK).
pub fn to_u64(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}
