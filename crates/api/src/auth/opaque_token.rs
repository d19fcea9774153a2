//! What a caller holds and we know only by its hash: 256 random bits, as refresh tokens and challenges are.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest, Sha256};

/// A token to hand out. Does not print itself.
#[derive(Clone)]
pub struct OpaqueToken([u8; 32]);

impl OpaqueToken {
    pub fn generate() -> Self {
        Self(rand::random())
    }

    /// The token that follows this one: the same for whoever holds this one and learns the salt, and for nobody else.
    pub fn child(&self, salt: &[u8; 32]) -> Self {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes keys of any length");
        mac.update(b"rapport refresh child 1");
        mac.update(salt);
        Self(mac.finalize().into_bytes().into())
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
        let token = OpaqueToken::generate();
        let again = OpaqueToken::parse(&token.expose()).expect("ours");
        assert_eq!(again.hash(), token.hash());
        assert_ne!(OpaqueToken::generate().hash(), token.hash());
        for text in ["", "abc", "====", &"a".repeat(44), "ñ"] {
            assert!(OpaqueToken::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_child_takes_both_its_parent_and_the_salt() {
        let (parent, salt) = (OpaqueToken::generate(), rand::random());
        assert_eq!(parent.child(&salt).expose(), parent.child(&salt).expose());
        assert_ne!(parent.child(&salt).expose(), parent.child(&rand::random()).expose());
        assert_ne!(parent.child(&salt).expose(), OpaqueToken::generate().child(&salt).expose());
    }
}
