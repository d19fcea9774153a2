//! The text of an API key: `rap_live_<id>_<secret><checksum>`. See `docs/api-keys.md`.
//!
//! The checksum tells a mistyped or cut key from a wrong one without asking anybody, and the form is one that scanners of
//! code for secrets recognise.

use std::fmt;

use rand::{RngExt as _, distr::Alphanumeric};
use rapport_tenancy::{ApiKeyId, KeyHash};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// What every key begins with.
pub const PREFIX: &str = "rap_live_";
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// 62^22 is more than 2^128.
const ID_LENGTH: usize = 22;
/// 178 bits.
const SECRET_LENGTH: usize = 30;
/// 62^6 is more than 2^32.
const CHECKSUM_LENGTH: usize = 6;
const LENGTH: usize = PREFIX.len() + ID_LENGTH + 1 + SECRET_LENGTH + CHECKSUM_LENGTH;

/// A key with its secret. Does not print itself.
pub struct ApiKeyText {
    id: ApiKeyId,
    secret: String,
}

impl ApiKeyText {
    /// A new secret for a key.
    pub fn generate(id: ApiKeyId) -> Self {
        let secret = rand::rng().sample_iter(Alphanumeric).take(SECRET_LENGTH).map(char::from).collect();
        Self { id, secret }
    }

    /// `None` for a text that is no key of ours, whoever made it.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() != LENGTH || !text.is_ascii() {
            return None;
        }
        let (checked, checksum) = text.split_at(LENGTH - CHECKSUM_LENGTH);
        if base62(crc32(checked).into(), CHECKSUM_LENGTH) != checksum {
            return None;
        }
        let (id, secret) = checked.strip_prefix(PREFIX)?.split_once('_')?;
        let is_plain =
            |text: &str, length| text.len() == length && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !is_plain(id, ID_LENGTH) || !is_plain(secret, SECRET_LENGTH) {
            return None;
        }
        Some(Self { id: Uuid::from_u128(from_base62(id)?).into(), secret: secret.to_owned() })
    }

    pub fn id(&self) -> ApiKeyId {
        self.id
    }

    /// What the database keeps.
    pub fn hash(&self) -> KeyHash {
        Sha256::digest(&self.secret).into()
    }

    /// The text, for whoever made it, once.
    pub fn expose(&self) -> String {
        let checked = format!("{}_{}", beginning(self.id), self.secret);
        let checksum = base62(crc32(&checked).into(), CHECKSUM_LENGTH);
        checked + &checksum
    }
}

/// How a key's text begins, with its id and without the secret: for people who look for the one they hold.
pub fn beginning(id: ApiKeyId) -> String {
    format!("{PREFIX}{}", base62(id.uuid().as_u128(), ID_LENGTH))
}

impl fmt::Debug for ApiKeyText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiKeyText").field("id", &self.id).finish_non_exhaustive()
    }
}

/// Digits, the highest first, filled up with zeros.
fn base62(mut number: u128, length: usize) -> String {
    let mut digits = vec![b'0'; length];
    for digit in digits.iter_mut().rev() {
        *digit = ALPHABET[usize::try_from(number % 62).unwrap_or_default()];
        number /= 62;
    }
    digits.into_iter().map(char::from).collect()
}

fn from_base62(text: &str) -> Option<u128> {
    text.bytes().try_fold(0_u128, |number, byte| {
        let digit = ALPHABET.iter().position(|letter| *letter == byte)?;
        number.checked_mul(62)?.checked_add(digit as u128)
    })
}

/// CRC-32 as in zip and PNG (IEEE 802.3): any change of neighbouring characters within 32 bits is seen.
fn crc32(text: &str) -> u32 {
    let by_bit = |crc: u32, _| if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 };
    !text.bytes().fold(!0, |crc, byte| (0..8).fold(crc ^ u32::from(byte), by_bit))
}

#[cfg(test)]
mod tests {
    use proptest::{prelude::*, proptest};

    use super::*;

    #[test]
    fn the_checksum_is_the_usual_crc() {
        assert_eq!(crc32("123456789"), 0xCBF4_3926);
        assert_eq!(base62(0, 6), "000000");
        assert_eq!(base62(u32::MAX.into(), 6), "4gfFC3");
        assert_eq!(from_base62("4gfFC3"), Some(u32::MAX.into()));
        assert_eq!(from_base62(&"z".repeat(22)), None);
    }

    #[test]
    fn a_key_is_read_back_and_prints_no_secret() {
        let key = ApiKeyText::generate(ApiKeyId::new());
        let text = key.expose();
        assert!(text.len() == 68 && text.starts_with(&beginning(key.id())), "{text}");
        let again = ApiKeyText::parse(&text).expect("ours");
        assert_eq!((again.id(), again.hash()), (key.id(), key.hash()));
        assert_ne!(ApiKeyText::generate(key.id()).hash(), key.hash());
        assert!(!format!("{key:?}").contains(&key.secret));
    }

    #[test]
    fn the_guide_shows_a_key_as_it_is() {
        let guide = include_str!("../../../../docs/api-keys.md");
        let words = || guide.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
        assert_eq!(words().filter(|word| ApiKeyText::parse(word).is_some()).count(), 1);
        assert!(guide.contains(&format!(
            "{PREFIX}[0-9A-Za-z]{{{ID_LENGTH}}}_[0-9A-Za-z]{{{}}}",
            SECRET_LENGTH + CHECKSUM_LENGTH
        )));
    }

    proptest! {
        #[test]
        fn every_change_of_one_character_is_seen(id: u128, at in 0..LENGTH, other in "[ -~]") {
            let text = ApiKeyText::generate(Uuid::from_u128(id).into()).expose();
            let changed = format!("{}{other}{}", &text[..at], &text[at + 1..]);
            prop_assert_eq!(ApiKeyText::parse(&changed).is_some(), changed == text);
        }

        #[test]
        fn what_is_cut_or_grown_is_no_key(id: u128, cut in 0..LENGTH, more in "[ -~]{1,9}") {
            let text = ApiKeyText::generate(Uuid::from_u128(id).into()).expose();
            prop_assert!(ApiKeyText::parse(&text[..cut]).is_none());
            prop_assert!(ApiKeyText::parse(&text[LENGTH - cut..]).is_none());
            let grown = text + &more;
            prop_assert!(ApiKeyText::parse(&grown).is_none());
        }

        #[test]
        fn any_text_is_read_without_harm(text in "\\PC{0,80}") {
            prop_assert!(ApiKeyText::parse(&text).is_none());
        }
    }
}
