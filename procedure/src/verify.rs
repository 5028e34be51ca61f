//! From bytes to an act that may be admitted: the kind is known, the body has its form, signatures verify.

use record::key::{KeyId, PublicKey};
use record::statement::{Envelope, StatementError, Verified};

use crate::Directory;
use crate::act::Act;
use crate::refusal::{Code, Refusal};

/// Reads the body of `envelope` strictly and checks every checkable signature under the keys of `directory`.
/// The first key of a new account comes from the body itself.
///
/// # Errors
/// `kind-unknown`, `body-invalid` (with a JSON pointer), `key-unknown`, `signature-invalid`, `limit-exceeded`.
pub fn verify(envelope: Envelope, directory: &Directory) -> Result<Verified<Act>, Refusal> {
    verify_with(envelope, |id| directory.public_key(id))
}

/// Like [`verify`], with keys from elsewhere. A key id is the hash of its key, so a signature that holds under a key
/// holds for good; whether the directory knows that key is a question of its own, which admission asks again.
///
/// # Errors
/// Like [`verify`].
pub fn verify_with(
    envelope: Envelope,
    public_key: impl Fn(&KeyId) -> Option<PublicKey>,
) -> Result<Verified<Act>, Refusal> {
    let act = match Act::read(&envelope) {
        None => return Err(Refusal::new(Code::KindUnknown, envelope.kind().to_owned())),
        Some(Err(error)) => {
            return Err(Refusal::new(Code::BodyInvalid, error.to_string()).at(error.pointer));
        }
        Some(Ok(act)) => act,
    };
    let new_key = match &act {
        Act::AccountRegistered(body) => Some(body.key.clone()),
        _ => None,
    };
    let verified = envelope
        .verify(|id| public_key(id).or_else(|| new_key.clone().filter(|key| key.id() == *id)))
        .map_err(|error| Refusal::new(code_of(&error), error.to_string()))?;
    Ok(verified.map(|_| act))
}

fn code_of(error: &StatementError) -> Code {
    match error {
        StatementError::UnknownKey { .. } => Code::KeyUnknown,
        StatementError::BodyTooLong { .. } | StatementError::TooManySignatures { .. } => {
            Code::LimitExceeded
        }
        _ => Code::SignatureInvalid,
    }
}
