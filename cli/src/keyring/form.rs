//! The JSON that stands inside a key file (`kaibiao-keys/1`).

use record::Identifier;
use record::key::Algorithm;
use record::sealing::Kem;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use zeroize::Zeroizing;

/// 32 secret bytes, hex in the file, wiped when dropped.
#[derive(Clone)]
pub(super) struct Secret(pub Zeroizing<[u8; 32]>);

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&Zeroizing::new(hex::encode(self.0.as_slice())))
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Zeroizing::new(String::deserialize(deserializer)?);
        let mut bytes = Zeroizing::new([0; 32]);
        hex::decode_to_slice(text.as_bytes(), bytes.as_mut_slice()).map_err(de::Error::custom)?;
        Ok(Secret(bytes))
    }
}

#[derive(Serialize, Deserialize)]
pub(super) enum Format {
    #[serde(rename = "kaibiao-keys/1")]
    V1,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SigningForm {
    pub alg: Algorithm,
    pub secret: Secret,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub revoked: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KemForm {
    pub kem: Kem,
    pub secret: Secret,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KeyringForm {
    pub format: Format,
    pub account: Identifier,
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registration_code: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub control_group: Option<Identifier>,
    /// First key first; it signs unless another one is asked for.
    pub signing: Vec<SigningForm>,
    /// Opens slot 0 of the account's own envelopes.
    pub recovery: KemForm,
    /// Trustee keys are derived from this seed, one per tender.
    pub trustee: KemForm,
    /// age identity that the secrets in bid folders are encrypted to.
    pub folder_identity: String,
}
