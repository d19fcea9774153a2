//! The keys that sign access tokens: one that signs, all that are still believed, and their public half as a JWKS.

use std::collections::HashMap;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use ed25519_dalek::{
    SigningKey,
    pkcs8::{DecodePrivateKey, EncodePrivateKey, spki::der::pem::LineEnding},
};
use jsonwebtoken::{DecodingKey, EncodingKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// A stored key cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("signing key {kid} cannot be read: {reason}")]
pub struct BadKey {
    kid: String,
    reason: String,
}

/// The public half of a key, with its name.
#[derive(Clone)]
pub struct PublicKey {
    kid: String,
    public: String,
    signs_from: DateTime<Utc>,
}

/// A private Ed25519 key.
#[derive(Clone)]
pub struct SigningPair {
    key: PublicKey,
    pem: String,
    seed: [u8; 32],
    encoding: EncodingKey,
}

impl PublicKey {
    pub fn new(kid: &str, public: [u8; 32], signs_from: DateTime<Utc>) -> Self {
        Self { kid: kid.to_owned(), public: URL_SAFE_NO_PAD.encode(public), signs_from }
    }

    pub fn kid(&self) -> &str {
        &self.kid
    }

    pub fn signs_from(&self) -> DateTime<Utc> {
        self.signs_from
    }

    fn jwk(&self) -> Value {
        json!({"kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": self.kid, "x": self.public})
    }
}

impl SigningPair {
    /// Makes a new key from the operating system's randomness.
    pub fn generate(signs_from: DateTime<Utc>) -> Self {
        Self::from_seed(rand::random(), signs_from)
    }

    /// The key that these 32 bytes are.
    pub fn from_seed(seed: [u8; 32], signs_from: DateTime<Utc>) -> Self {
        let key = SigningKey::from_bytes(&seed);
        Self::from_key(&key, signs_from).expect("a key has a PKCS #8 form")
    }

    /// Reads a PKCS #8 PEM.
    pub fn from_pem(kid: &str, pem: &str, signs_from: DateTime<Utc>) -> Result<Self, BadKey> {
        let bad = |reason: String| BadKey { kid: kid.to_owned(), reason };
        let key = SigningKey::from_pkcs8_pem(pem).map_err(|error| bad(error.to_string()))?;
        let mut pair = Self::from_key(&key, signs_from).map_err(|error| bad(error.to_string()))?;
        kid.clone_into(&mut pair.key.kid);
        Ok(pair)
    }

    fn from_key(key: &SigningKey, signs_from: DateTime<Utc>) -> Result<Self, ed25519_dalek::pkcs8::Error> {
        let public = PublicKey::new("", key.verifying_key().to_bytes(), signs_from);
        Ok(Self {
            key: PublicKey { kid: thumbprint(&public.public), ..public },
            pem: key.to_pkcs8_pem(LineEnding::LF)?.to_string(),
            seed: key.to_bytes(),
            encoding: EncodingKey::from_ed_der(key.to_pkcs8_der()?.as_bytes()),
        })
    }

    pub fn kid(&self) -> &str {
        self.key.kid()
    }

    pub(super) fn public(&self) -> [u8; 32] {
        SigningKey::from_bytes(&self.seed).verifying_key().to_bytes()
    }

    pub(super) fn seed(&self) -> [u8; 32] {
        self.seed
    }

    pub(super) fn pem(&self) -> &str {
        &self.pem
    }

    pub(super) fn encoding(&self) -> &EncodingKey {
        &self.encoding
    }
}

/// RFC 7638: the same key has the same name everywhere.
fn thumbprint(public: &str) -> String {
    let members = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{public}"}}"#);
    URL_SAFE_NO_PAD.encode(Sha256::digest(members))
}

/// The public keys by name.
#[derive(Default)]
pub struct VerifyingKeys(HashMap<String, DecodingKey>);

impl VerifyingKeys {
    pub fn of<'a>(keys: impl IntoIterator<Item = &'a PublicKey>) -> Self {
        let read = |key: &PublicKey| Some((key.kid.clone(), DecodingKey::from_ed_components(&key.public).ok()?));
        Self(keys.into_iter().filter_map(read).collect())
    }

    pub fn get(&self, kid: &str) -> Option<&DecodingKey> {
        self.0.get(kid)
    }
}

/// A key as this node knows it.
pub enum Known {
    Whole(SigningPair),
    /// Wrapped by a master key that is not here: it verifies, and does not sign here.
    Closed(PublicKey),
}

impl Known {
    pub fn public(&self) -> &PublicKey {
        match self {
            Self::Whole(pair) => &pair.key,
            Self::Closed(key) => key,
        }
    }

    fn whole(&self) -> Option<&SigningPair> {
        match self {
            Self::Whole(pair) => Some(pair),
            Self::Closed(_) => None,
        }
    }
}

/// All keys of this installation at one moment.
pub struct Keyring {
    /// In the order in which they sign.
    keys: Vec<Known>,
    verifying: VerifyingKeys,
    jwks: String,
}

impl Keyring {
    /// `keys` in the order in which they sign.
    pub fn new(keys: Vec<Known>) -> Self {
        let public: Vec<Value> = keys.iter().map(|key| key.public().jwk()).collect();
        Self {
            verifying: VerifyingKeys::of(keys.iter().map(Known::public)),
            jwks: json!({ "keys": public }).to_string(),
            keys,
        }
    }

    /// The last whose time has come. One that is published and does not sign yet is none, unless there is no other.
    pub fn signing(&self, now: DateTime<Utc>) -> Option<&SigningPair> {
        let mut whole = self.keys.iter().filter_map(Known::whole);
        let due = whole.clone().rfind(|pair| pair.key.signs_from <= now);
        due.or_else(|| whole.next())
    }

    pub fn public(&self) -> impl DoubleEndedIterator<Item = &PublicKey> + Clone {
        self.keys.iter().map(Known::public)
    }

    pub fn verifying(&self) -> &VerifyingKeys {
        &self.verifying
    }

    /// The public keys as JSON (RFC 7517).
    pub fn jwks(&self) -> &str {
        &self.jwks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(seconds: i64) -> Known {
        Known::Whole(SigningPair::generate(Utc::now() + chrono::Duration::seconds(seconds)))
    }

    #[test]
    fn a_key_survives_its_pem() {
        let pair = SigningPair::generate(Utc::now());
        let again = SigningPair::from_pem(pair.kid(), pair.pem(), Utc::now()).expect("reads");
        assert_eq!((again.kid(), again.public(), again.seed()), (pair.kid(), pair.public(), pair.seed()));
    }

    #[test]
    fn the_published_set_holds_no_private_part() {
        let ring = Keyring::new(vec![whole(0), whole(1)]);
        let jwks: Value = serde_json::from_str(ring.jwks()).expect("JSON");
        let keys = jwks["keys"].as_array().expect("an array");
        assert_eq!(keys.len(), 2);
        for key in keys {
            assert!(key.get("d").is_none());
            assert_eq!(key["x"].as_str().map(str::len), Some(43));
        }
    }

    #[test]
    fn a_key_signs_from_its_time_on_and_verifies_before() {
        let now = Utc::now();
        let keys = vec![whole(-60), whole(60)];
        let [old_kid, next_kid] = [0, 1].map(|at| keys[at].public().kid.clone());
        let ring = Keyring::new(keys);
        let signing = |at| ring.signing(at).map(SigningPair::kid).map(str::to_owned);
        assert_eq!(signing(now), Some(old_kid));
        assert_eq!(signing(now + chrono::Duration::seconds(61)), Some(next_kid.clone()));
        assert!(ring.verifying().get(&next_kid).is_some() && ring.jwks().contains(&next_kid));
    }

    #[test]
    fn a_closed_key_is_published_and_verifies_and_another_signs() {
        let pair = SigningPair::generate(Utc::now());
        let closed = PublicKey::new(pair.kid(), pair.public(), Utc::now());
        let open = whole(-60);
        let signs = open.public().kid.clone();
        let ring = Keyring::new(vec![open, Known::Closed(closed)]);
        assert_eq!(ring.signing(Utc::now()).map(SigningPair::kid), Some(signs.as_str()));
        assert!(ring.verifying().get(pair.kid()).is_some() && ring.jwks().contains(pair.kid()));
        assert!(ring.jwks().contains(&pair.key.public));
        assert!(Keyring::new(vec![Known::Closed(pair.key)]).signing(Utc::now()).is_none());
    }

    #[test]
    fn what_is_no_key_is_named() {
        let error = SigningPair::from_pem("k1", "-----BEGIN NOTHING-----", Utc::now()).map(drop).expect_err("no key");
        assert!(error.to_string().contains("k1"));
    }
}
