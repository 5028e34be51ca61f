//! Somebody with an account and keys of its own.

use procedure::act::Act;
use record::Identifier;
use record::key::Algorithm;
use record::log::receipt::Receipt;
use record::sealing::Kem;
use record::statement::Envelope;

use super::hall::Hall;
use crate::failure::Failure;
use crate::keyring::{Keyring, Organisation};

/// An organisation of the play.
#[derive(Clone)]
pub struct Actor {
    /// Its keys, in memory alone.
    pub keyring: Keyring,
    registration: [Envelope; 2],
}

/// What the keys of an actor are like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keys {
    /// Ed25519 and X25519.
    Usual,
    /// P-256 for both, as on a token.
    Token,
}

impl Actor {
    /// An organisation with two fresh signing keys.
    ///
    /// # Errors
    /// `account` is no identifier, or there is no randomness.
    pub fn new(account: &str, name: &str, keys: Keys) -> Result<Actor, Failure> {
        Actor::in_group(account, name, keys, None)
    }

    /// The same under common control with all others of the group.
    ///
    /// # Errors
    /// As [`Actor::new`].
    pub fn in_group(
        account: &str,
        name: &str,
        keys: Keys,
        group: Option<&str>,
    ) -> Result<Actor, Failure> {
        let organisation = Organisation {
            account: identifier(account)?,
            name: name.to_owned(),
            registration_code: None,
            control_group: group.map(identifier).transpose()?,
        };
        let (algorithm, kem) = match keys {
            Keys::Usual => (Algorithm::Ed25519, Kem::X25519),
            Keys::Token => (Algorithm::P256, Kem::P256),
        };
        let mut keyring = Keyring::generate(organisation, algorithm, kem)?;
        let registration = keyring.registration()?;
        let second = keyring.add_key(algorithm)?;
        Ok(Actor {
            keyring,
            registration: [registration, second],
        })
    }

    /// Its account.
    pub fn id(&self) -> &Identifier {
        self.keyring.account()
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.keyring.organisation().name
    }

    /// Registers the account with its first key, and then the second key.
    ///
    /// # Errors
    /// The server refuses.
    pub fn register(&self, hall: &Hall) -> Result<(), Failure> {
        for envelope in &self.registration {
            hall.post(self.id().as_str(), envelope)?;
        }
        Ok(())
    }

    /// Signs an act.
    ///
    /// # Errors
    /// There is no key.
    pub fn sign(&self, act: impl Into<Act>) -> Result<Envelope, Failure> {
        Ok(self.keyring.sign(act)?)
    }

    /// Signs an act and posts it.
    ///
    /// # Errors
    /// The server refuses.
    pub fn say(&self, hall: &Hall, act: impl Into<Act>) -> Result<Receipt, Failure> {
        hall.post(self.id().as_str(), &self.sign(act)?)
    }
}

/// Reads an identifier that this program made up.
///
/// # Errors
/// It is not one.
pub fn identifier(text: &str) -> Result<Identifier, Failure> {
    Identifier::new(text)
        .map_err(|error| Failure::input("identifier", format!("{text:?}: {error}")))
}
