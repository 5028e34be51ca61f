//! From bytes to an act that may be admitted: the kind is known, the body has its form, signatures verify.

use record::statement::{Envelope, StatementError, Verified};

use crate::Directory;
use crate::act::Act;
use crate::refusal::{Code, Refusal};

/// Reads the body of `envelope` strictly and checks every checkable signature under the keys of `directory`.
/// The first key of a new account comes from the body itself.
///
/// # Errors
/// `kind-unknown`, `body-invalid` (with a JSON pointer), `key-unknown`, `signature-invalid`.
pub fn verify(envelope: Envelope, directory: &Directory) -> Result<Verified<Act>, Refusal> {
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
        .verify(|id| {
            directory
                .public_key(id)
                .or_else(|| new_key.clone().filter(|key| key.id() == *id))
        })
        .map_err(|error| Refusal::new(code_of(&error), error.to_string()))?;
    Ok(verified.map(|_| act))
}

fn code_of(error: &StatementError) -> Code {
    match error {
        StatementError::UnknownKey { .. } => Code::KeyUnknown,
        _ => Code::SignatureInvalid,
    }
}
