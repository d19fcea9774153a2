use serde::{Deserialize, Serialize};

/// A value as it is kept, as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sealed {
    /// The id of the data key.
    #[serde(rename = "k")]
    pub key: i32,
    /// Nonce and ciphertext, base64.
    #[serde(rename = "c")]
    pub cipher: String,
    /// The blind index, base64.
    #[serde(rename = "b")]
    pub index: String,
}
