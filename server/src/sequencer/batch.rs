//! One batch: admit what may be admitted, append leaves, statements, nodes and projections in one transaction, then
//! sign a checkpoint over what is committed, then hand out receipts. Crash between the steps: the next start signs.

use std::collections::BTreeMap;

use procedure::act::{Act, BidManifest, ChainEnd, Closing, Notice};
use procedure::{At, Refusal};
use record::chain::{ChainHead, ChainId, next_place};
use record::log::checkpoint::SignedCheckpoint;
use record::log::leaf::{LeafOpening, random_salt};
use record::log::receipt::Receipt;
use record::statement::{Envelope, Verified};
use record::{Digest, Identifier};
use store::{Conn, statement};

use super::place::places;
use super::{Admitted, Core, Rejection, SequencerError, Work};
use crate::log::{self, LogError, StoredNodes};
use crate::projection;
use crate::states::{AdmitError, States, to_i64, to_u64};

/// A request's statement on the log.
struct Placed {
    opening: LeafOpening,
    fresh: bool,
}

type Outcome = Result<Option<Placed>, Rejection>;

/// Runs one batch; one result for each request, in order.
pub fn run(core: &Core, works: &[(Work, String)]) -> Vec<Result<Option<Admitted>, Rejection>> {
    match admit_all(core, works) {
        Ok(outcomes) => hand_out(core, outcomes),
        Err(error) => {
            tracing::error!(%error, "a batch was rolled back");
            works
                .iter()
                .map(|_| Err(SequencerError::BatchFailed.into()))
                .collect()
        }
    }
}

fn admit_all(core: &Core, works: &[(Work, String)]) -> Result<Vec<Outcome>, SequencerError> {
    let mut states = core.states();
    let result = core.store.write(|conn| {
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
        let mut batch = Batch {
            core,
            conn,
            states: &mut states,
            time_ms,
            fresh: BTreeMap::new(),
            heads: BTreeMap::new(),
        };
        let mut outcomes = Vec::new();
        for (work, request_id) in works {
            outcomes.push(batch.admit(work, request_id, &mut indexes)?);
        }
        // A batch in which nothing was admitted writes nothing, unless noise was asked for.
        if !batch.fresh.is_empty() || acts < works.len() {
            batch.write(size, end)?;
        }
        Ok(outcomes)
    });
    if result.is_err() {
        states.reset();
    }
    result
}

struct Batch<'a> {
    core: &'a Core,
    conn: &'a mut Conn,
    states: &'a mut States,
    time_ms: u64,
    /// New statements by log index.
    fresh: BTreeMap<u64, (Envelope, LeafOpening)>,
    /// Ends of chains, with this batch.
    heads: BTreeMap<ChainId, ChainHead>,
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
                self.statement(closing, &ChainId::Tender(tender.clone()), at)
            }
            Work::Statement { envelope, chain } => self.statement((**envelope).clone(), chain, at),
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

    fn statement(
        &mut self,
        envelope: Envelope,
        chain: &ChainId,
        at: At,
    ) -> Result<Placed, Rejection> {
        if let Some(opening) = self.known(envelope.id())? {
            if opening.chain != *chain {
                return Err(Rejection::WrongChain {
                    named: chain.clone(),
                    found: opening.chain,
                });
            }
            return Ok(Placed {
                opening,
                fresh: false,
            });
        }
        let kept = envelope.clone();
        let act = procedure::verify(envelope, self.states.directory())?;
        let found = act.statement().chain();
        if found != *chain {
            return Err(Rejection::WrongChain {
                named: chain.clone(),
                found,
            });
        }
        self.demand_content(&act)?;
        self.states
            .admit(self.conn, &act, at)
            .map_err(|error| match error {
                AdmitError::Refused(refusal) => Rejection::Refused(refusal),
                AdmitError::State(error) => SequencerError::from(error).into(),
            })?;
        let opening = self.open(act.id(), found, at)?;
        self.fresh.insert(at.index, (kept, opening.clone()));
        Ok(Placed {
            opening,
            fresh: true,
        })
    }

    /// The opening of a statement that is on the log already, or earlier in this batch.
    fn known(&mut self, id: Digest) -> Result<Option<LeafOpening>, SequencerError> {
        let in_batch = self
            .fresh
            .values()
            .find(|(_, opening)| opening.statement_id == id);
        if let Some((_, opening)) = in_batch {
            return Ok(Some(opening.clone()));
        }
        log::opening_of(self.conn, &id).map_err(SequencerError::from)
    }

    fn head(&mut self, chain: &ChainId) -> Result<Option<ChainHead>, SequencerError> {
        if let Some(head) = self.heads.get(chain) {
            return Ok(Some(*head));
        }
        let stored = statement::chain_head(self.conn, &chain.to_string())?;
        Ok(stored.map(|stored| ChainHead {
            seq: to_u64(stored.seq),
            head: Digest(stored.head),
        }))
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
        self.heads.insert(
            chain,
            ChainHead {
                seq,
                head: opening.leaf().hash(),
            },
        );
        Ok(opening)
    }

    /// A statement that names content is admitted only when all of it is stored, so that a receipt proves that the
    /// parts arrived (protocol section 4).
    fn demand_content(&mut self, act: &Verified<Act>) -> Result<(), Rejection> {
        match act.statement() {
            Act::BidManifest(body) => self.demand_parts(body),
            Act::Notice(body) => self.demand_documents(body),
            _ => Ok(()),
        }
    }

    fn demand_parts(&mut self, body: &BidManifest) -> Result<(), Rejection> {
        for (envelope, sealed) in body.envelopes.iter().enumerate() {
            for (part, content) in sealed
                .parts
                .iter()
                .enumerate()
                .filter(|(_, part)| part.inline.is_none())
            {
                let segments = u64::from(content.segments).saturating_add(1);
                let pointer = format!("/envelopes/{envelope}/parts/{part}");
                self.demand_blob(
                    &body.bidder_id,
                    content.root,
                    content.size,
                    Some(segments),
                    pointer,
                )?;
            }
        }
        Ok(())
    }

    fn demand_documents(&mut self, body: &Notice) -> Result<(), Rejection> {
        let Some(tenderee) = self
            .states
            .tender(self.conn, &body.tender)
            .map_err(SequencerError::from)?
        else {
            return Ok(());
        };
        let tenderee = tenderee.tenderee().clone();
        for (position, document) in body.documents.iter().enumerate() {
            let pointer = format!("/documents/{position}");
            self.demand_blob(&tenderee, document.root, document.size, None, pointer)?;
        }
        Ok(())
    }

    fn demand_blob(
        &mut self,
        account: &Identifier,
        root: Digest,
        size: u64,
        segments: Option<u64>,
        pointer: String,
    ) -> Result<(), Rejection> {
        let blob =
            store::blob::get(self.conn, account.as_str(), &root.0).map_err(SequencerError::from)?;
        let complete = blob.is_some_and(|blob| {
            blob.complete_ms.is_some()
                && to_u64(blob.size_bytes) == size
                && segments.is_none_or(|segments| to_u64(blob.segments) == segments)
        });
        if complete {
            Ok(())
        } else {
            Err(Rejection::BlobMissing { root, pointer })
        }
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
        let mut envelope = Act::from(Closing {
            tender: id.clone(),
            chains: ends,
        })
        .envelope();
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

    /// Leaves, statements, nodes, chain ends and projections.
    fn write(self, size: u64, end: u64) -> Result<(), SequencerError> {
        let Batch {
            conn,
            states,
            fresh,
            heads,
            ..
        } = self;
        let mut leaves = Vec::new();
        for index in size..end {
            leaves.push(match fresh.get(&index) {
                Some((_, opening)) => log::leaf_row(opening),
                None => log::noise_row(index)?,
            });
        }
        let statements: Vec<_> = fresh
            .values()
            .map(|(envelope, opening)| log::statement_row(envelope, opening))
            .collect();
        let hashes: Vec<Digest> = leaves.iter().map(|leaf| Digest(leaf.leaf_hash)).collect();
        let nodes = log::new_nodes(conn, size, &hashes)?;
        store::log::append_batch(conn, &leaves, &statements, &nodes)?;
        for (chain, head) in &heads {
            let last = fresh
                .values()
                .rev()
                .find(|(_, opening)| opening.chain == *chain);
            let log_index = last.map_or(0, |(_, opening)| to_i64(opening.index));
            statement::put_chain_head(
                conn,
                &statement::ChainHead {
                    chain: chain.to_string(),
                    seq: to_i64(head.seq),
                    head: head.head.0,
                    log_index,
                },
            )?;
        }
        for (envelope, opening) in fresh.values() {
            projection::apply(conn, states, envelope.kind(), &opening.chain, opening.index)?;
        }
        states.advance_to(end);
        Ok(())
    }
}

/// Signs a checkpoint over what is committed and proves every placed statement under it.
fn hand_out(core: &Core, outcomes: Vec<Outcome>) -> Vec<Result<Option<Admitted>, Rejection>> {
    let checkpoint = match log::sign_checkpoint(&core.store, &core.keys, core.clock) {
        Ok(checkpoint) => checkpoint,
        Err(error) => {
            tracing::error!(%error, "no checkpoint could be signed");
            return outcomes
                .into_iter()
                .map(|outcome| match outcome {
                    Err(rejection) => Err(rejection),
                    Ok(_) => Err(SequencerError::BatchFailed.into()),
                })
                .collect();
        }
    };
    let count = outcomes.len();
    let receipts = core.store.read(|conn| {
        let nodes = StoredNodes::new(conn);
        let admitted = |placed: Placed| receipt(&nodes, placed, &checkpoint).map(Some);
        let finish = |outcome: Outcome| {
            Ok(outcome?
                .map_or(Ok(None), admitted)
                .map_err(SequencerError::from)?)
        };
        Ok::<_, LogError>(outcomes.into_iter().map(finish).collect())
    });
    receipts.unwrap_or_else(|error| {
        tracing::error!(%error, "no receipt could be made");
        (0..count)
            .map(|_| Err(SequencerError::BatchFailed.into()))
            .collect()
    })
}

fn receipt(
    nodes: &StoredNodes<'_>,
    placed: Placed,
    checkpoint: &SignedCheckpoint,
) -> Result<Admitted, LogError> {
    let receipt = Receipt {
        statement_id: placed.opening.statement_id,
        admitted_ms: placed.opening.admitted_ms,
        salt: placed.opening.salt_visible,
        hidden: placed.opening.leaf().hidden(),
        proof: nodes.inclusion(placed.opening.index, checkpoint)?,
    };
    Ok(Admitted {
        receipt,
        fresh: placed.fresh,
    })
}

impl Rejection {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Rejection::Refused(Refusal { code, .. }) => code.as_str(),
            Rejection::WrongChain { .. } => "wrong-chain",
            Rejection::BlobMissing { .. } => "blob-missing",
            Rejection::Busy => "busy",
            Rejection::ShuttingDown => "shutting-down",
            Rejection::Internal(_) => "internal",
        }
    }
}
