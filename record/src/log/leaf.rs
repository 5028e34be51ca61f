//! Leaves: 80 bytes that reveal nothing until somebody opens them (protocol section 6).
//!
//! A leaf has two halves. Its owner can open the *visible* one from the receipt: which statement,
//! when. The *hidden* one ties the leaf into its chain and is opened for everybody at closing.
//! Noise looks the same and opens to nothing.

use ring::rand::{SecureRandom, SystemRandom};
use serde::{Deserialize, Serialize};

use super::tree;
use crate::Digest;
use crate::chain::ChainId;
use crate::seq::{domain, seq};

/// Bytes of a leaf: the prefix with its zero byte, and two digests.
pub const LEAF_BYTES: usize = 80;

/// The data of one leaf of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leaf {
    data: [u8; LEAF_BYTES],
}

impl Leaf {
    /// The leaf of a statement.
    ///
    /// `admitted_ms` is UTC, in milliseconds since 1970. The salts are 32 random bytes each, fresh
    /// for every leaf ([`random_salt`]); `prev` is the hash of the chain's previous leaf, or zeros.
    pub fn statement(
        statement_id: Digest,
        admitted_ms: u64,
        salt_visible: Digest,
        chain: &ChainId,
        seq: u64,
        prev: Digest,
        salt_hidden: Digest,
    ) -> Leaf {
        let visible = visible_half(statement_id, admitted_ms, salt_visible);
        Leaf::from_halves(
            visible,
            hidden_half(&chain.to_string(), seq, prev, salt_hidden),
        )
    }

    /// A leaf that stands for nothing. With two fresh random salts nobody can tell it from a statement's.
    pub fn noise(salt_visible: Digest, salt_hidden: Digest) -> Leaf {
        let visible = visible_half(Digest::sha256(b"noise"), 0, salt_visible);
        Leaf::from_halves(
            visible,
            hidden_half("noise", u64::MAX, Digest::ZERO, salt_hidden),
        )
    }

    /// The leaf with these two halves.
    pub fn from_halves(visible: Digest, hidden: Digest) -> Leaf {
        let bytes = domain::LEAF
            .bytes()
            .chain([0])
            .chain(visible.0)
            .chain(hidden.0);
        let mut data = [0; LEAF_BYTES];
        // 15 + 1 + 32 + 32 bytes on both sides.
        data.iter_mut().zip(bytes).for_each(|(to, from)| *to = from);
        Leaf { data }
    }

    /// Reads stored leaf data. `None` when it is not 80 bytes with the prefix of this protocol.
    pub fn from_data(data: &[u8]) -> Option<Leaf> {
        let halves = data
            .strip_prefix(domain::LEAF.as_bytes())?
            .strip_prefix(&[0])?;
        let (visible, hidden) = halves.split_first_chunk::<32>()?;
        Some(Leaf::from_halves(
            Digest(*visible),
            Digest(hidden.try_into().ok()?),
        ))
    }

    /// The 80 bytes.
    pub fn data(&self) -> &[u8; LEAF_BYTES] {
        &self.data
    }

    /// The leaf hash: `H(00 || data)`.
    pub fn hash(&self) -> Digest {
        tree::leaf_hash(&self.data)
    }

    /// The half that the owner of the statement can open.
    pub fn visible(&self) -> Digest {
        self.half::<16>()
    }

    /// The half that stays opaque until closing.
    pub fn hidden(&self) -> Digest {
        self.half::<48>()
    }

    fn half<const START: usize>(&self) -> Digest {
        let mut half = Digest::ZERO;
        let from = self.data.iter().skip(START);
        half.0
            .iter_mut()
            .zip(from)
            .for_each(|(to, from)| *to = *from);
        half
    }
}

/// `SEQ("etender.v1/leaf-visible", statement_id, u64be(admitted_ms), salt)`.
pub fn visible_half(statement_id: Digest, admitted_ms: u64, salt: Digest) -> Digest {
    seq(
        domain::LEAF_VISIBLE,
        &[
            statement_id.as_bytes(),
            &admitted_ms.to_be_bytes(),
            salt.as_bytes(),
        ],
    )
}

/// `SEQ("etender.v1/leaf-hidden", chain, u64be(seq), prev, salt)`.
fn hidden_half(chain: &str, number: u64, prev: Digest, salt: Digest) -> Digest {
    let fields: [&[u8]; 4] = [
        chain.as_bytes(),
        &number.to_be_bytes(),
        prev.as_bytes(),
        salt.as_bytes(),
    ];
    seq(domain::LEAF_HIDDEN, &fields)
}

/// The operating system gave no random bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the operating system gave no random bytes; nothing was done")]
pub struct RandomnessError;

/// 32 fresh random bytes for one half of one leaf.
pub fn random_salt() -> Result<Digest, RandomnessError> {
    let mut salt = Digest::ZERO;
    SystemRandom::new()
        .fill(&mut salt.0)
        .map_err(|_| RandomnessError)?;
    Ok(salt)
}

/// Everything that opens a leaf: with it, anybody can recompute the 80 bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeafOpening {
    /// Index in the log.
    pub index: u64,
    /// The statement.
    pub statement_id: Digest,
    /// When it was admitted, UTC, milliseconds since 1970.
    pub admitted_ms: u64,
    /// Salt of the visible half.
    pub salt_visible: Digest,
    /// The statement's chain.
    pub chain: ChainId,
    /// Its number in the chain, from 0.
    pub seq: u64,
    /// Hash of the chain's previous leaf; zeros for the first.
    pub prev: Digest,
    /// Salt of the hidden half.
    pub salt_hidden: Digest,
}

impl LeafOpening {
    /// The leaf that this opens.
    pub fn leaf(&self) -> Leaf {
        Leaf::statement(
            self.statement_id,
            self.admitted_ms,
            self.salt_visible,
            &self.chain,
            self.seq,
            self.prev,
            self.salt_hidden,
        )
    }
}
