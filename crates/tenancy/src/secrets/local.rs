use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use futures::future::{BoxFuture, FutureExt as _, ready};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::{Key, MasterKeyError, MasterKeys};

/// Master keys that this process holds itself.
pub struct LocalMasterKeys {
    /// By id, the current one first.
    keys: Vec<(String, Key)>,
}

/// Why a text holds no master keys. Says nothing of what it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidMasterKey {
    #[error("it holds no key")]
    Empty,
    #[error("line {line} is not the base64 of 32 bytes")]
    Key { line: usize },
    #[error("the id in line {line} has other characters than letters, digits, `-`, `_` and `.`, or more than 64")]
    Id { line: usize },
    #[error("line {line} has the id of a line before")]
    Twice { line: usize },
}

impl LocalMasterKeys {
    /// Reads `id:key` or `key`, one a line, the current one first; a key is the base64 of 32 bytes. Lines that are empty or
    /// start with `#` do not count. A key without an id is known by the start of its hash.
    pub fn parse(text: &str) -> Result<Self, InvalidMasterKey> {
        let mut keys: Vec<(String, Key)> = Vec::new();
        for (at, line) in text.lines().enumerate() {
            let (line, number) = (line.trim(), at + 1);
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (id, encoded) = line.split_once(':').map_or((None, line), |(id, key)| (Some(id.trim()), key.trim()));
            let bytes = STANDARD.decode(encoded).map(Zeroizing::new).ok();
            let bytes = bytes.and_then(|bytes| <[u8; 32]>::try_from(bytes.as_slice()).ok());
            let key = Key::new(bytes.ok_or(InvalidMasterKey::Key { line: number })?);
            let id = id.map_or_else(|| id_of(&key), str::to_owned);
            if !is_id(&id) {
                return Err(InvalidMasterKey::Id { line: number });
            }
            if keys.iter().any(|(known, _)| *known == id) {
                return Err(InvalidMasterKey::Twice { line: number });
            }
            keys.push((id, key));
        }
        if keys.is_empty() { Err(InvalidMasterKey::Empty) } else { Ok(Self { keys }) }
    }

    /// A line with a new key, for a file.
    pub fn generate() -> Zeroizing<String> {
        let key = Key::random();
        Zeroizing::new(format!("{}:{}\n", id_of(&key), STANDARD.encode(key.bytes())))
    }

    fn key(&self, id: &str) -> Option<&Key> {
        self.keys.iter().find(|(known, _)| known == id).map(|(_, key)| key)
    }
}

/// Not secret: nobody gets from a hash to 256 random bits.
fn id_of(key: &Key) -> String {
    Sha256::digest(key.bytes()).iter().take(4).fold(String::new(), |id, byte| id + &format!("{byte:02x}"))
}

fn is_id(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    (1..=64).contains(&text.len()) && text.bytes().all(fits)
}

impl MasterKeys for LocalMasterKeys {
    fn current(&self) -> &str {
        &self.keys[0].0
    }

    fn wrap<'a>(&'a self, key: &'a Key, context: &'a [u8]) -> BoxFuture<'a, Result<Vec<u8>, MasterKeyError>> {
        ready(Ok(self.keys[0].1.seal(key.bytes(), context))).boxed()
    }

    fn unwrap<'a>(
        &'a self,
        id: &'a str,
        wrapped: &'a [u8],
        context: &'a [u8],
    ) -> BoxFuture<'a, Result<Key, MasterKeyError>> {
        let unwrapped = match self.key(id) {
            None => Err(MasterKeyError::Unknown { id: id.to_owned() }),
            Some(key) => key
                .open(wrapped, context)
                .and_then(|bytes| <[u8; 32]>::try_from(bytes.as_slice()).ok())
                .map(Key::new)
                .ok_or_else(|| MasterKeyError::Refused { id: id.to_owned() }),
        };
        ready(unwrapped).boxed()
    }
}

impl fmt::Debug for LocalMasterKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.keys.iter().map(|(id, _)| id)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(byte: u8) -> String {
        STANDARD.encode([byte; 32])
    }

    fn keys(text: &str) -> LocalMasterKeys {
        LocalMasterKeys::parse(text).expect("keys")
    }

    #[tokio::test]
    async fn a_data_key_unwraps_with_the_key_that_wrapped_it_where_it_was_wrapped() {
        let (old, new) = (format!("2025:{}", line(1)), format!("2026:{}", line(2)));
        let before = keys(&old);
        let data_key = Key::random();
        let wrapped = before.wrap(&data_key, b"tenant 1").await.expect("wrapped");
        let after = keys(&format!("# rotated\n{new}\n\n{old}\n"));
        assert_eq!((before.current(), after.current()), ("2025", "2026"));
        assert_eq!(after.unwrap("2025", &wrapped, b"tenant 1").await, Ok(data_key));
        let refused = Err(MasterKeyError::Refused { id: "2025".into() });
        assert_eq!(after.unwrap("2025", &wrapped, b"tenant 2").await, refused);
        assert_eq!(after.unwrap("2025", &wrapped[1..], b"tenant 1").await, refused);
        assert_eq!(
            keys(&new).unwrap("2025", &wrapped, b"tenant 1").await,
            Err(MasterKeyError::Unknown { id: "2025".into() })
        );
    }

    #[test]
    fn what_is_no_key_is_refused_and_never_shown() {
        assert_eq!(LocalMasterKeys::parse("\n# none\n").err(), Some(InvalidMasterKey::Empty));
        assert_eq!(LocalMasterKeys::parse("hunter2").err(), Some(InvalidMasterKey::Key { line: 1 }));
        let twice = format!("a:{}\na:{}", line(1), line(2));
        assert_eq!(LocalMasterKeys::parse(&twice).err(), Some(InvalidMasterKey::Twice { line: 2 }));
        let no_id = format!("a b:{}", line(1));
        assert_eq!(LocalMasterKeys::parse(&no_id).err(), Some(InvalidMasterKey::Id { line: 1 }));
        assert_eq!(format!("{:?}", keys(&format!("a:{}", line(1)))), "[\"a\"]");
    }

    #[test]
    fn a_key_without_an_id_has_the_same_one_everywhere() {
        let made = LocalMasterKeys::generate();
        let (id, key) = made.trim().split_once(':').expect("an id and a key");
        assert_eq!(keys(key).current(), id);
        assert_eq!(keys(&made).current(), id);
    }
}
