//! One batch: admit what may be admitted, append leaves, statements, nodes and projections in one transaction, then
//! sign a checkpoint over what is committed, then hand out receipts. Crash between the steps: the next start signs.

use std::collections::{BTreeMap, BTreeSet};

use procedure::act::{Act, ChainEnd, Closing};
use procedure::{At, Code, Refusal};
use record::chain::{ChainHead, ChainId, next_place};
use record::log::leaf::{LeafOpening, random_salt};
use record::statement::{Envelope, Verified};
use record::{Digest, Identifier};
use store::{Conn, statement};

use super::candidate::{Candidate, Reading};
use super::integrate::{Written, hand_out};
use super::place::places;
use super::{Admitted, Core, Rejection, SequencerError, Work};
use crate::log;
use crate::states::{AdmitError, States, to_i64, to_u64};
use crate::trouble::Troubled as _;
use crate::witnesses::halt;

/// A request's statement on the log.
pub(super) struct Placed {
    pub(super) opening: LeafOpening,
    pub(super) fresh: bool,
}

pub(super) type Outcome = Result<Option<Placed>, Rejection>;

/// A new statement of this batch.
pub(super) struct Fresh {
    pub(super) kind: String,
    /// The envelope as it is stored.
    pub(super) json: Vec<u8>,
    pub(super) opening: LeafOpening,
}

/// The end of a chain, with this batch.
pub(super) struct End {
    pub(super) head: ChainHead,
    /// Log index of the statement of this batch that it is.
    pub(super) moved_by: Option<u64>,
}

/// Runs one batch; one result for each request, in order.
pub fn run(core: &Core, works: &[(Work, String)]) -> Vec<Result<Option<Admitted>, Rejection>> {
    match admit_all(core, works) {
        Ok((outcomes, written)) => {
            // Before any receipt goes out: whoever holds one reads what it is for.
            if let Some(index) = written.public {
                core.position.moved_by(index);
            }
            hand_out(core, outcomes, &written.nodes)
        }
        Err(error) => {
            tracing::error!(%error, "a batch failed");
            let trouble = error.trouble();
            works
                .iter()
                .map(|_| Err(SequencerError::BatchFailed(trouble).into()))
                .collect()
        }
    }
}

fn admit_all(
    core: &Core,
    works: &[(Work, String)],
) -> Result<(Vec<Outcome>, Written), SequencerError> {
    let mut states = core.states();
    let result = core.store.write(|conn| {
        // What could not be signed must not be admitted: nobody would ever hold a receipt of it.
        if let Some(halt) = halt::read(conn)? {
            let refused = |_| Err(Rejection::LogHalted(halt.clone()));
            return Ok((works.iter().map(refused).collect(), Written::default()));
        }
        let size = to_u64(store::log::size(conn)?);
        states.catch_up(conn, size)?;
        let last = store::log::last_admitted_ms(conn)?.map_or(0, to_u64);
        let time_ms = core.clock.now_ms(conn)?.max(last);
        let acts = works
            .iter()
            .filter(|(work, _)| !matches!(work, Work::Noise))
            .count();
        let (mut indexes, end) = places(size, acts)?;
        indexes.reverse();
        let stored = stored_of(conn, works)?;
        let mut batch = Batch {
            core,
            conn,
            states: &mut states,
            time_ms,
            stored,
            fresh: BTreeMap::new(),
            fresh_ids: BTreeMap::new(),
            heads: BTreeMap::new(),
        };
        let mut outcomes = Vec::new();
        for (work, request_id) in works {
            outcomes.push(batch.admit(work, request_id, &mut indexes)?);
        }
        // A batch in which nothing was admitted writes nothing, unless noise was asked for.
        let written = if !batch.fresh.is_empty() || acts < works.len() {
            batch.write(size, end)?
        } else {
            Written::default()
        };
        Ok((outcomes, written))
    });
    if result.is_err() {
        states.reset();
    }
    result
}

/// Which of the statements are on the log already: one question for all of them.
fn stored_of(
    conn: &mut Conn,
    works: &[(Work, String)],
) -> Result<BTreeSet<String>, SequencerError> {
    let id = |(work, _): &(Work, String)| match work {
        Work::Statement { envelope, .. } => Some(envelope.id().to_string()),
        Work::Candidate(candidate) => Some(candidate.id.to_string()),
        Work::Close(_) | Work::Noise => None,
    };
    let ids: Vec<String> = works.iter().filter_map(id).collect();
    Ok(statement::admitted_of(conn, &ids)?.into_iter().collect())
}

pub(super) struct Batch<'a> {
    pub(super) core: &'a Core,
    pub(super) conn: &'a mut Conn,
    pub(super) states: &'a mut States,
    time_ms: u64,
    /// Ids of those that had been admitted before this batch.
    stored: BTreeSet<String>,
    /// New statements by log index.
    pub(super) fresh: BTreeMap<u64, Fresh>,
    fresh_ids: BTreeMap<Digest, u64>,
    /// Ends of chains, with this batch.
    pub(super) heads: BTreeMap<ChainId, End>,
}

impl Batch<'_> {
    /// An error here fails the whole batch; a rejection is this request's alone.
    fn admit(
        &mut self,
        work: &Work,
        request_id: &str,
        indexes: &mut Vec<u64>,
    ) -> Result<Outcome, SequencerError> {
        let index = indexes.last().copied().unwrap_or(0);
        let at = At {
            time_ms: self.time_ms,
            index,
        };
        let outcome = match work {
            Work::Noise => return Ok(Ok(None)),
            Work::Close(tender) => {
                let closing = self.closing(tender)?;
                let chain = ChainId::Tender(tender.clone());
                self.statement(&Candidate::unchecked(closing, chain), at)
            }
            Work::Statement { envelope, chain } => {
                let candidate = Candidate::unchecked((**envelope).clone(), chain.clone());
                self.statement(&candidate, at)
            }
            Work::Candidate(candidate) => self.statement(candidate, at),
        };
        match outcome {
            Ok(placed) => {
                if placed.fresh {
                    indexes.pop();
                }
                Ok(Ok(Some(placed)))
            }
            Err(Rejection::Internal(error)) => Err(error),
            Err(rejection) => {
                self.note_refusal(work, &rejection, request_id)?;
                Ok(Err(rejection))
            }
        }
    }

    fn statement(&mut self, candidate: &Candidate, at: At) -> Result<Placed, Rejection> {
        if let Some(opening) = self.known(candidate.id)? {
            if opening.chain != candidate.chain {
                return Err(Rejection::WrongChain {
                    named: candidate.chain.clone(),
                    found: opening.chain,
                });
            }
            return Ok(Placed {
                opening,
                fresh: false,
            });
        }
        let verified;
        let act = match &candidate.reading {
            Reading::Checked(act) => {
                self.demand_keys(act)?;
                act
            }
            Reading::Open(envelope) => {
                verified = procedure::verify(envelope.clone(), self.states.directory())?;
                &verified
            }
        };
        let found = act.statement().chain();
        if found != candidate.chain {
            return Err(Rejection::WrongChain {
                named: candidate.chain.clone(),
                found,
            });
        }
        self.demand_content(act)?;
        self.states
            .admit(self.conn, act, at)
            .map_err(|error| match error {
                AdmitError::Refused(refusal) => Rejection::Refused(refusal),
                AdmitError::State(error) => SequencerError::from(error).into(),
            })?;
        let opening = self.open(act.id(), found, at)?;
        let fresh = Fresh {
            kind: candidate.kind.clone(),
            json: candidate.json.clone(),
            opening: opening.clone(),
        };
        self.fresh_ids.insert(act.id(), at.index);
        self.fresh.insert(at.index, fresh);
        Ok(Placed {
            opening,
            fresh: true,
        })
    }

    /// Signatures that were checked before the lock count only if the log knows their keys: what was met once may have
    /// been rolled back. The first key of a new account is its statement's own.
    fn demand_keys(&self, act: &Verified<Act>) -> Result<(), Refusal> {
        let own = match act.statement() {
            Act::AccountRegistered(body) => Some(body.key.id()),
            _ => None,
        };
        let directory = self.states.directory();
        let unknown = act
            .signers()
            .iter()
            .find(|id| own != Some(**id) && directory.public_key(id).is_none());
        match unknown {
            Some(id) => Err(Refusal::new(Code::KeyUnknown, id.to_string())),
            None => Ok(()),
        }
    }

    /// The opening of a statement that is on the log already, or earlier in this batch.
    fn known(&mut self, id: Digest) -> Result<Option<LeafOpening>, SequencerError> {
        let in_batch = self.fresh_ids.get(&id);
        if let Some(fresh) = in_batch.and_then(|index| self.fresh.get(index)) {
            return Ok(Some(fresh.opening.clone()));
        }
        if self.stored.contains(&id.to_string()) {
            return log::opening_of(self.conn, &id).map_err(SequencerError::from);
        }
        Ok(None)
    }

    fn head(&mut self, chain: &ChainId) -> Result<Option<ChainHead>, SequencerError> {
        if let Some(end) = self.heads.get(chain) {
            return Ok(Some(end.head));
        }
        let stored = statement::chain_head(self.conn, &chain.to_string())?;
        let head = stored.map(|stored| ChainHead {
            seq: to_u64(stored.seq),
            head: Digest(stored.head),
        });
        if let Some(head) = head {
            let end = End {
                head,
                moved_by: None,
            };
            self.heads.insert(chain.clone(), end);
        }
        Ok(head)
    }

    fn open(&mut self, id: Digest, chain: ChainId, at: At) -> Result<LeafOpening, SequencerError> {
        let head = self.head(&chain)?;
        let (seq, prev) = next_place(head.as_ref());
        let salt = || random_salt().map_err(|_| SequencerError::Randomness);
        let opening = LeafOpening {
            index: at.index,
            statement_id: id,
            admitted_ms: at.time_ms,
            salt_visible: salt()?,
            chain: chain.clone(),
            seq,
            prev,
            salt_hidden: salt()?,
        };
        let head = ChainHead {
            seq,
            head: opening.leaf().hash(),
        };
        let end = End {
            head,
            moved_by: Some(at.index),
        };
        self.heads.insert(chain, end);
        Ok(opening)
    }

    /// The closing of a tender, naming the ends of its chains at this point of the log.
    fn closing(&mut self, id: &Identifier) -> Result<Envelope, SequencerError> {
        let chains = self
            .states
            .tender(self.conn, id)?
            .map(procedure::Tender::chains_to_name);
        let mut ends = Vec::new();
        for chain in chains.unwrap_or_default() {
            if let Some(ChainHead { seq, head }) = self.head(&chain)? {
                ends.push(ChainEnd { chain, seq, head });
            }
        }
        let mut envelope = Act::from(Closing::naming(id.clone(), ends)).envelope();
        envelope.add_signature(&self.core.keys.act);
        Ok(envelope)
    }

    /// A refused statement leaves nothing behind but this line.
    fn note_refusal(
        &mut self,
        work: &Work,
        rejection: &Rejection,
        request_id: &str,
    ) -> Result<(), SequencerError> {
        let (chain, kind, statement_id) = match work {
            Work::Statement { envelope, chain } => (
                Some(chain.to_string()),
                Some(envelope.kind().to_owned()),
                Some(envelope.id().to_string()),
            ),
            Work::Candidate(candidate) => (
                Some(candidate.chain.to_string()),
                Some(candidate.kind.clone()),
                Some(candidate.id.to_string()),
            ),
            Work::Close(tender) => (
                Some(ChainId::Tender(tender.clone()).to_string()),
                Some("closing".to_owned()),
                None,
            ),
            Work::Noise => (None, None, None),
        };
        let code = rejection.code();
        tracing::info!(code, kind, request_id, "refused: {rejection}");
        let row = store::audit::Refusal {
            id: uuid::Uuid::now_v7().to_string(),
            at_ms: to_i64(self.time_ms),
            chain,
            kind,
            statement_id,
            code: code.to_owned(),
            request_id: request_id.to_owned(),
        };
        Ok(store::audit::insert(self.conn, &row)?)
    }
}

impl Rejection {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Rejection::Refused(Refusal { code, .. }) => code.as_str(),
            Rejection::WrongChain { .. } => "wrong-chain",
            Rejection::BlobMissing { .. } => "blob-missing",
            Rejection::LogHalted(_) => "log-halted",
            Rejection::Busy => "busy",
            Rejection::SenderBusy => "too-many-in-flight",
            Rejection::ShuttingDown => "shutting-down",
            Rejection::Internal(_) => "internal",
        }
    }
}
