//! Byte strings as lower-case hexadecimal text (protocol section 1), for `#[serde(with = "record::json::hex_bytes")]`.

use serde::{Deserialize, Deserializer, Serializer, de};

/// Reads lower-case hexadecimal digits, two for each byte. `None` for anything else.
pub fn decode(text: &str) -> Option<Vec<u8>> {
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return None;
    }
    hex::decode(text).ok()
}

/// Writes `bytes` as lower-case hexadecimal text.
pub fn serialize<S: Serializer>(bytes: impl AsRef<[u8]>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&hex::encode(bytes))
}

/// Reads lower-case hexadecimal text into a `Vec<u8>` or an array of exactly that length.
pub fn deserialize<'de, D: Deserializer<'de>, B: TryFrom<Vec<u8>>>(
    deserializer: D,
) -> Result<B, D::Error> {
    let text = String::deserialize(deserializer)?;
    let bytes =
        decode(&text).ok_or_else(|| de::Error::custom("expected lower-case hexadecimal digits"))?;
    let length = bytes.len();
    B::try_from(bytes)
        .map_err(|_| de::Error::custom(format!("{length} bytes are not the right length here")))
}
