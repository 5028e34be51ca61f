//! Content goes ahead of a statement: whether all that a statement names is stored.

use procedure::act::{Act, BidManifest, Notice};
use record::statement::Verified;
use record::{Digest, Identifier};

use super::batch::Batch;
use super::{Rejection, SequencerError};
use crate::states::to_u64;

impl Batch<'_> {
    /// A statement that names content is admitted only when all of it is stored, so that a receipt proves that the
    /// parts arrived (protocol section 4).
    pub(super) fn demand_content(&mut self, act: &Verified<Act>) -> Result<(), Rejection> {
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
}
