//! The secret of a link in a mail: 256 random bits that we know only by their hash.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest as _, Sha256};

/// Does not print itself.
pub struct LinkToken([u8; 32]);

impl LinkToken {
    pub fn generate() -> Self {
        Self(rand::random())
    }

    /// What stands in the link.
    pub fn expose(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// What the database keeps.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0).into()
    }

    /// The hash to look for; `None` for what was never in a link of ours.
    pub fn hash_of(text: &str) -> Option<[u8; 32]> {
        let bytes: [u8; 32] = URL_SAFE_NO_PAD.decode(text.trim()).ok()?.try_into().ok()?;
        Some(Self(bytes).hash())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_leads_back_to_the_hash() {
        let token = LinkToken::generate();
        assert_eq!(LinkToken::hash_of(&format!(" {} ", token.expose())), Some(token.hash()));
        assert_ne!(LinkToken::generate().hash(), token.hash());
        let cut = token.expose()[..42].to_owned();
        for text in ["", "abc", "====", "ñ", &cut, &"a".repeat(44)] {
            assert_eq!(LinkToken::hash_of(text), None, "{text}");
        }
    }
}
