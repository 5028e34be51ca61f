//! The bytes of a key block: `"ETKB" 01 || t || n || for i=0..n: u16be kem || u16be |enc| || enc || ct(48)`.

use super::{Kem, SealError, TRUSTEES_MAX, TRUSTEES_MIN, TrusteeKeys};

/// Magic and version.
const MAGIC: &[u8; 5] = b"ETKB\x01";

/// A wrapped value of 32 bytes and its tag.
pub(super) const SEALED_BYTES: usize = 48;

/// One wrapped value.
#[derive(Clone, Copy)]
pub(super) struct Slot<'a> {
    pub(super) kem: Kem,
    pub(super) enc: &'a [u8],
    pub(super) sealed: &'a [u8],
}

/// A key block that has the right form; whether anything in it opens is another question.
pub(super) struct KeyBlock<'a> {
    /// Slot 0 is the bidder's own, 1..n are the trustees'.
    pub(super) slots: Vec<Slot<'a>>,
}

impl<'a> KeyBlock<'a> {
    pub(super) fn parse(bytes: &'a [u8]) -> Result<KeyBlock<'a>, SealError> {
        let mut reader = Reader(bytes);
        if reader.array()? != *MAGIC {
            return Err(SealError::KeyBlock(
                "it does not begin with ETKB and version 1",
            ));
        }
        let [threshold, trustees] = reader.array()?;
        if !(TRUSTEES_MIN..=TRUSTEES_MAX).contains(&trustees)
            || !(TRUSTEES_MIN..=trustees).contains(&threshold)
        {
            return Err(SealError::KeyBlock(
                "threshold and trustees do not fit 2 <= t <= n <= 9",
            ));
        }
        let slots = (0..=trustees)
            .map(|_| reader.slot())
            .collect::<Result<_, _>>()?;
        if !reader.0.is_empty() {
            return Err(SealError::KeyBlock("bytes follow the last slot"));
        }
        Ok(KeyBlock { slots })
    }

    /// The slot of a trustee (1..n).
    pub(super) fn trustee(&self, slot: u8) -> Result<Slot<'a>, SealError> {
        let found = if slot == 0 {
            None
        } else {
            self.slots.get(usize::from(slot)).copied()
        };
        let trustees = u8::try_from(self.slots.len().saturating_sub(1)).unwrap_or(TRUSTEES_MAX);
        found.ok_or(SealError::Slot { slot, trustees })
    }
}

/// Whether a key block has the form that a dealing to `trustees` gives: threshold, number of slots, KEMs and
/// lengths. It may still hold garbage; only opening tells.
pub fn check_key_block_form(bytes: &[u8], trustees: &TrusteeKeys) -> Result<(), SealError> {
    let block = KeyBlock::parse(bytes)?;
    let count = u8::try_from(trustees.keys.len()).unwrap_or(u8::MAX);
    if !bytes.starts_with(&head(trustees.threshold, count)) {
        return Err(SealError::KeyBlock(
            "threshold or number of slots are not those of the trustee set",
        ));
    }
    let kems = block.slots.iter().skip(1).map(|slot| slot.kem);
    if !kems.eq(trustees.keys.iter().map(|key| key.kem())) {
        return Err(SealError::KeyBlock(
            "a slot has another KEM than its trustee's key",
        ));
    }
    Ok(())
}

/// Everything before the slots.
pub(super) fn head(threshold: u8, trustees: u8) -> Vec<u8> {
    [MAGIC.as_slice(), &[threshold, trustees]].concat()
}

/// One slot as bytes.
pub(super) fn slot_bytes(kem: Kem, enc: &[u8], sealed: &[u8]) -> Vec<u8> {
    let enc_length = u16::try_from(enc.len()).unwrap_or(u16::MAX);
    [
        &kem.id().to_be_bytes(),
        &enc_length.to_be_bytes(),
        enc,
        sealed,
    ]
    .concat()
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], SealError> {
        let (taken, rest) = self
            .0
            .split_at_checked(count)
            .ok_or(SealError::KeyBlock("it is cut off"))?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], SealError> {
        self.take(N)?
            .try_into()
            .map_err(|_| SealError::KeyBlock("it is cut off"))
    }

    fn slot(&mut self) -> Result<Slot<'a>, SealError> {
        let kem = Kem::from_id(u16::from_be_bytes(self.array()?))
            .ok_or(SealError::KeyBlock("unknown KEM"))?;
        let enc_length = usize::from(u16::from_be_bytes(self.array()?));
        if enc_length != kem.public_key_bytes() {
            return Err(SealError::KeyBlock(
                "an encapsulation has the wrong length for its KEM",
            ));
        }
        Ok(Slot {
            kem,
            enc: self.take(enc_length)?,
            sealed: self.take(SEALED_BYTES)?,
        })
    }
}
