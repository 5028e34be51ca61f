//! Who acts: an account with its keys, all derived from its name.

use procedure::act::AccountRegistered;
use record::key::{Algorithm, SigningKey};
use record::sealing::{Kem, KemSecretKey};
use record::{Digest, Identifier};

/// 32 bytes that depend on `label` only.
pub fn seed(label: &str) -> [u8; 32] {
    Digest::sha256(format!("play/{label}").as_bytes()).0
}

/// An identifier that is known to be well-formed.
pub fn id(text: &str) -> Identifier {
    Identifier::new(text).expect("identifiers of tests are well-formed")
}

/// An organisation with the key that it signs with.
#[derive(Clone, Debug)]
pub struct Actor {
    id: Identifier,
    key: SigningKey,
    control_group: Option<Identifier>,
}

impl Actor {
    /// The account `name` with its first key (Ed25519).
    pub fn new(name: &str) -> Actor {
        Actor::with_key(name, 1)
    }

    /// The account `name` with its key number `number`, counted from 1.
    pub fn with_key(name: &str, number: u32) -> Actor {
        let secret = seed(&format!("signing/{name}/{number}"));
        let key = SigningKey::from_secret(Algorithm::Ed25519, &secret).expect("any seed is a key");
        Actor {
            id: id(name),
            key,
            control_group: None,
        }
    }

    /// The account `name` with a P-256 key. Its signatures are not deterministic.
    pub fn with_p256(name: &str) -> Actor {
        let secret = seed(&format!("signing-p256/{name}"));
        let key =
            SigningKey::from_secret(Algorithm::P256, &secret).expect("the seed is below the order");
        Actor {
            id: id(name),
            key,
            control_group: None,
        }
    }

    /// The same account under common control with others of `group`.
    #[must_use]
    pub fn in_group(mut self, group: &str) -> Actor {
        self.control_group = Some(id(group));
        self
    }

    /// The account.
    pub fn id(&self) -> &Identifier {
        &self.id
    }

    /// The key that it signs with.
    pub fn key(&self) -> &SigningKey {
        &self.key
    }

    /// Its public signature key in hex, as manifests name it.
    pub fn signature_key(&self) -> String {
        hex::encode(self.key.public().bytes())
    }

    /// Its HPKE key: slot 0 of what it seals, and its slot as a trustee.
    pub fn hpke(&self) -> KemSecretKey {
        KemSecretKey::derive(Kem::X25519, &seed(&format!("hpke/{}", self.id)))
    }

    /// What it says to become an account.
    pub fn registration(&self) -> AccountRegistered {
        AccountRegistered {
            account: self.id.clone(),
            name: format!("{} 有限公司", self.id),
            registration_code: Some("91320000MA1PLAY00X".to_owned()),
            control_group: self.control_group.clone(),
            key: self.key.public().clone(),
        }
    }
}
