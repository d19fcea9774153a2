//! The long-lived half of a session: 256 random bits that the caller holds and we know only by their hash.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

/// A refresh token to hand out. Does not print itself.
pub struct RefreshToken([u8; 32]);

impl RefreshToken {
    pub fn generate() -> Self {
        Self(rand::random())
    }

    /// What the database keeps. A plain hash is right for a secret that nobody can guess.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0).into()
    }

    /// The caller's text; `None` for one that we never handed out.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        bytes.try_into().ok().map(Self)
    }

    pub fn expose(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_leads_back_to_the_hash() {
        let token = RefreshToken::generate();
        let again = RefreshToken::parse(&token.expose()).expect("ours");
        assert_eq!(again.hash(), token.hash());
        assert_ne!(RefreshToken::generate().hash(), token.hash());
        for text in ["", "abc", "====", &"a".repeat(44), "ñ"] {
            assert!(RefreshToken::parse(text).is_none(), "{text}");
        }
    }
}
