//! The JSON form of an envelope: `{"payloadType","payload","signatures":[{"keyid","sig","kind"?}]}`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer, Serialize};

use super::{
    Envelope, SIGNATURE_BYTES_MAX, SIGNATURES_MAX, STATEMENT_BYTES_MAX, Signature, StatementError,
};
use crate::json::{self, JsonError};

/// More bytes than any allowed envelope needs: base64 of all its parts, and 1 KiB for the rest of each.
const ENVELOPE_BYTES_MAX: usize =
    STATEMENT_BYTES_MAX / 3 * 4 + SIGNATURES_MAX * (SIGNATURE_BYTES_MAX / 3 * 4 + 2048) + 2048;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct EnvelopeForm {
    payload_type: String,
    payload: String,
    signatures: Vec<SignatureForm>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SignatureForm {
    keyid: String,
    sig: String,
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    kind: Option<String>,
}

/// A field that may be left out but not be null: one statement has one form.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    String::deserialize(deserializer).map(Some)
}

pub(super) fn read(json: &[u8]) -> Result<Envelope, StatementError> {
    if json.len() > ENVELOPE_BYTES_MAX {
        return Err(refuse(
            "",
            "the envelope is longer than any allowed statement",
        ));
    }
    let form: EnvelopeForm = json::parse(json).map_err(StatementError::Envelope)?;
    let body = decode("/payload", &form.payload)?;
    let signatures = form
        .signatures
        .into_iter()
        .enumerate()
        .map(|(index, signature)| {
            let bytes = decode(&format!("/signatures/{index}/sig"), &signature.sig)?;
            Ok(Signature {
                key_id: signature.keyid,
                kind: signature.kind,
                signature: bytes,
            })
        });
    Ok(Envelope {
        payload_type: form.payload_type,
        body,
        signatures: signatures.collect::<Result<_, _>>()?,
    })
}

pub(super) fn write(envelope: &Envelope) -> Vec<u8> {
    let signature_form = |signature: &Signature| SignatureForm {
        keyid: signature.key_id.clone(),
        sig: STANDARD.encode(&signature.signature),
        kind: signature.kind.clone(),
    };
    let form = EnvelopeForm {
        payload_type: envelope.payload_type.clone(),
        payload: STANDARD.encode(&envelope.body),
        signatures: envelope.signatures.iter().map(signature_form).collect(),
    };
    // Three strings and a list cannot fail to serialise.
    serde_json::to_vec(&form).unwrap_or_default()
}

fn decode(pointer: &str, text: &str) -> Result<Vec<u8>, StatementError> {
    STANDARD.decode(text).map_err(|_| {
        refuse(
            pointer,
            "expected padded standard base64 (RFC 4648 section 4)",
        )
    })
}

fn refuse(pointer: &str, reason: &str) -> StatementError {
    StatementError::Envelope(JsonError::invalid_value(pointer, reason))
}
