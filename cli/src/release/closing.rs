//! The proof that a tender is closed: `closing` is in the log, and the chain before it is complete.

use procedure::act::{Act, Closing};
use record::chain::{self, ChainId};
use record::log::leaf::LeafOpening;
use record::log::receipt::Receipt;
use record::trust::Trust;

use super::ReleaseError;
use crate::client::Client;
use crate::replay::{Entry, Record};

/// What was checked about a closing.
#[derive(Clone, Debug)]
pub struct ClosingProof {
    /// Proof of inclusion.
    pub receipt: Receipt,
    /// Every leaf of the chain was opened and linked up to the closing. Otherwise only the number of statements
    /// was compared.
    pub chain_opened: bool,
    /// The trust file asks for witnesses, and they have cosigned.
    pub witnessed: bool,
}

/// Checks that the tender's `closing` is in the log of the trust file, and that the replayed chain is the one
/// that it names. The proof is the receipt that the log gives for `closing` (posting an admitted statement again
/// gives its receipt).
///
/// # Errors
/// Something is not proved.
pub fn check_closing(
    client: &Client,
    record: &Record,
    trust: &Trust,
) -> Result<ClosingProof, ReleaseError> {
    let closing = record.find(|act| match act {
        Act::Closing(body) => Some(body),
        _ => None,
    });
    let (entry, body) =
        closing.ok_or_else(|| ReleaseError::NotNow("the tender is not closed".to_owned()))?;
    let not_proved = |reason: &str| ReleaseError::NotProved(reason.to_owned());

    let receipt = client.post(&entry.envelope)?;
    if receipt.statement_id != entry.id || receipt.admitted_ms != entry.at.time_ms {
        return Err(not_proved("the receipt is of another statement or time"));
    }
    receipt
        .verify(&record.anchors.log)
        .map_err(|error| ReleaseError::NotProved(error.to_string()))?;
    let standing = trust
        .standing(&receipt.proof.checkpoint)
        .map_err(|error| ReleaseError::NotProved(error.to_string()))?;
    if !standing.quorum_met {
        return Err(not_proved(
            "too few witnesses of the trust file have cosigned the checkpoint",
        ));
    }
    let chain_opened = check_chain(record, entry, body)?;
    Ok(ClosingProof {
        receipt,
        chain_opened,
        witnessed: standing.witnessed_at_s.is_some(),
    })
}

/// The statements before `closing` are as many as it says, and linked as it says where their leaves are open.
fn check_chain(record: &Record, closing: &Entry, body: &Closing) -> Result<bool, ReleaseError> {
    let own = ChainId::Tender(record.tender.id().clone());
    let end = body.chains.iter().find(|end| end.chain == own);
    let end = end.ok_or_else(|| {
        ReleaseError::NotProved("the closing does not name its own chain".to_owned())
    })?;
    let before: Vec<&Entry> = record
        .entries
        .iter()
        .take_while(|entry| entry.id != closing.id)
        .collect();
    if before.len() as u64 != end.seq.saturating_add(1) {
        let reason = format!(
            "{} statements stand before the closing, which names {}",
            before.len(),
            end.seq + 1
        );
        return Err(ReleaseError::NotProved(reason));
    }
    let openings: Option<Vec<&LeafOpening>> =
        before.iter().map(|entry| entry.opening.as_ref()).collect();
    let Some(openings) = openings else {
        return Ok(false);
    };
    let same = before.iter().zip(&openings).all(|(entry, opening)| {
        opening.statement_id == entry.id
            && opening.admitted_ms == entry.at.time_ms
            && opening.chain == own
    });
    let head =
        chain::check(openings).map_err(|error| ReleaseError::NotProved(error.to_string()))?;
    if !same || head.head != end.head || head.seq != end.seq {
        return Err(ReleaseError::NotProved(
            "the chain that the server shows is not the one that was closed".to_owned(),
        ));
    }
    Ok(true)
}
