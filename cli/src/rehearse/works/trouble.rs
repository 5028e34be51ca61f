//! What goes wrong while bids come in, on purpose.

use std::fs;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use procedure::act::BidManifest;
use record::Digest;
use record::log::leaf::random_salt;
use record::log::receipt::Receipt;

use super::Play;
use super::bidding::BID;
use super::cast::{Bidder, Character};
use crate::client::{Layout, LocalBlob};
use crate::failure::Failure;
use crate::keyring::signed;
use crate::rehearse::course::unexpected;
use crate::rehearse::no_randomness;
use crate::rehearse::relay::Relay;
use crate::rehearse::workshop::Workshop;
use crate::seal::BidFolder;

/// Size of the attachment whose upload is cut off: three segments.
const ATTACHMENT_BYTES: usize = 9 << 20;
/// What the line carries before it breaks: the first segment and part of the second.
const LINE_BYTES: u64 = 6 << 20;
/// Bytes of a key block before its slots: magic, version, threshold, number of trustees.
const KEY_BLOCK_HEAD_BYTES: usize = 7;
/// Bytes of a wrapped share.
const WRAPPED_BYTES: usize = 48;

impl Play<'_> {
    /// A construction plan of 9 MiB on the bidder's computer; its name.
    pub(super) fn write_attachment(&self, shop: &Workshop) -> Result<String, Failure> {
        let name = "施工组织设计.txt";
        let mut text = String::with_capacity(ATTACHMENT_BYTES + 64);
        for number in 1_u32.. {
            if text.len() >= ATTACHMENT_BYTES {
                break;
            }
            text += &format!("{number:>8}  第 {} 工日 工序安排\n", number % 360);
        }
        let path = shop.path(name);
        fs::write(&path, text).map_err(|error| Failure::file(&path, error))?;
        Ok(name.to_owned())
    }

    /// `kaibiao submit` over a line that breaks in the middle of a segment. The caller submits again.
    pub(super) fn lose_the_line(&self, bidder: &Bidder, shop: &Workshop) -> Result<(), Failure> {
        let server = self.hall.client().server_address();
        let relay =
            Relay::open(server, LINE_BYTES).map_err(|error| Failure::failed("relay", error))?;
        let Some(relay) = relay else {
            self.tell
                .say("the server is spoken to over TLS: no line can be made to break");
            return Ok(());
        };
        let said = shop.over(relay.address()).run(&["submit", BID])?;
        let failed = said.code == 1 && said.failure() == "server-unreachable";
        self.tell.expect(
            "an upload over a line that breaks fails",
            failed,
            said.failure(),
        );
        let (missing, leaves) = self.missing_leaves(bidder, shop)?;
        let what =
            "what had arrived before the line broke is kept, and only the rest is sent again";
        let found = format!("{missing} of {leaves} pieces missing");
        self.tell
            .expect(what, missing > 0 && missing < leaves, found.clone());
        self.tell.say(format!(
            "{} loses the line: {found}; it resumes",
            self.show(&bidder.actor)
        ));
        Ok(())
    }

    /// Pieces of the attachment that the server does not have, and how many there are.
    fn missing_leaves(&self, bidder: &Bidder, shop: &Workshop) -> Result<(usize, usize), Failure> {
        let folder = BidFolder::open(&shop.path(BID))?;
        let info = folder.info()?;
        let part = info.parts.first().ok_or_else(|| unexpected("attachment"))?;
        let blob = LocalBlob::hash(&folder.part_path(part), Layout::SealedPart)?;
        let session = self
            .hall
            .client()
            .sign_in(bidder.actor.keyring.signing_key()?)?;
        let state = session.announce_blob(&blob.root, blob.size, &blob.leaves)?;
        Ok((state.missing.len(), blob.leaves.len()))
    }

    /// The statement id of a manifest that is sealed and not sent.
    pub(super) fn sealed_manifest(&self, shop: &Workshop, folder: &str) -> Result<Digest, Failure> {
        Ok(BidFolder::open(&shop.path(folder))?.info()?.statement)
    }

    /// The same bid once more: it has to be the same receipt, and nothing happens twice.
    pub(super) fn send_again(
        &self,
        bidder: &Bidder,
        shop: &Workshop,
        folder: &str,
        before: &Receipt,
    ) -> Result<(), Failure> {
        let again = shop.submit(folder)?;
        let same = again.leaf() == before.leaf()
            && again.statement_id == before.statement_id
            && again.admitted_ms == before.admitted_ms
            && again.proof.index == before.proof.index;
        let what = "a statement that is sent again gives the same receipt";
        self.tell.expect(
            what,
            same,
            format!("log entry {} and {}", before.proof.index, again.proof.index),
        );
        self.tell.say(format!(
            "{} sends its bid again: the same receipt",
            self.show(&bidder.actor)
        ));
        Ok(())
    }

    /// A second bid beside the first.
    pub(super) fn bid_twice(&self, bidder: &Bidder, shop: &Workshop) -> Result<(), Failure> {
        let second = "bid-second";
        self.seal(bidder, second, bidder.price_fen / 2, &[])?;
        let said = shop.run(&["submit", second])?;
        let what = "a second bid by the same bidder is refused";
        self.tell.expect(
            what,
            said.code == 1 && said.failure() == "bid-live",
            said.failure(),
        );
        self.tell.say(format!(
            "{} tries a second bid: {}",
            self.show(&bidder.actor),
            said.failure()
        ));
        Ok(())
    }

    /// A bid whose key block has the right form and random bytes in it. `kaibiao seal` cannot make one, so its
    /// manifest is changed and signed again.
    pub(super) fn send_garbage(&self, bidder: &Bidder, shop: &Workshop) -> Result<Digest, Failure> {
        let (_, mut manifest) = BidFolder::open(&shop.path(BID))?.manifest()?;
        spoil(&mut manifest)?;
        let envelope = signed(manifest, bidder.actor.keyring.signing_key()?);
        let receipt = self.hall.post(bidder.actor.id().as_str(), &envelope)?;
        self.tell.say(format!(
            "{} submits a key block of random bytes",
            self.show(&bidder.actor)
        ));
        Ok(receipt.statement_id)
    }

    /// A bid that comes when the clock shows the deadline.
    pub(super) fn come_too_late(&self) -> Result<(), Failure> {
        let bidder = self.who(Character::TooLate)?;
        let said = self.shop(&bidder.actor)?.run(&["submit", BID])?;
        let what = "a bid at the millisecond of the deadline is refused";
        self.tell.expect(
            what,
            said.code == 1 && said.failure() == "deadline-passed",
            said.failure(),
        );
        self.tell.say(format!(
            "{} submits when the clock shows the deadline: {}",
            self.show(&bidder.actor),
            said.failure()
        ));
        Ok(())
    }
}

/// Fills every slot of the opening envelope's key block with random bytes.
fn spoil(manifest: &mut BidManifest) -> Result<(), Failure> {
    let opening = manifest
        .envelopes
        .first_mut()
        .ok_or_else(|| unexpected("envelope"))?;
    let mut block = STANDARD
        .decode(&opening.key_block)
        .map_err(|error| Failure::failed("key-block", error))?;
    let mut rest = block.get_mut(KEY_BLOCK_HEAD_BYTES..).unwrap_or_default();
    while let Some((head, slot)) = rest.split_at_mut_checked(4) {
        let enc_bytes = usize::from(head[2]) << 8 | usize::from(head[3]);
        let Some((filled, others)) = slot.split_at_mut_checked(enc_bytes + WRAPPED_BYTES) else {
            break;
        };
        for chunk in filled.chunks_mut(32) {
            let noise = random_salt().map_err(|_| no_randomness())?.0;
            chunk
                .iter_mut()
                .zip(noise)
                .for_each(|(to, from)| *to = from);
        }
        rest = others;
    }
    opening.key_block = STANDARD.encode(block);
    Ok(())
}
