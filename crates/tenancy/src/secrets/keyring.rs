use std::collections::{BTreeMap, BTreeSet};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use zeroize::Zeroizing;

use super::{Key, Sealed, SecretPlace};
use crate::TenantId;

/// Of 32 bytes: enough that no two values of a field ever meet by chance.
const INDEX_BYTES: usize = 16;

/// A tenant's data keys, unwrapped.
#[derive(Debug)]
pub struct Keyring {
    tenant: TenantId,
    seals: BTreeMap<i32, Key>,
    index: Option<Key>,
    /// Keys that are there and could not be unwrapped.
    closed: BTreeSet<i32>,
}

/// Why a value does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// Perhaps it is newer than the keyring.
    #[error("its data key is not known")]
    UnknownKey,
    #[error("its data key could not be unwrapped")]
    ClosedKey,
    #[error("it was not sealed here, or was changed since")]
    Damaged,
}

impl Keyring {
    pub(super) fn new(tenant: TenantId) -> Self {
        Self { tenant, seals: BTreeMap::new(), index: None, closed: BTreeSet::new() }
    }

    pub(super) fn add_seal(&mut self, id: i32, key: Key) {
        self.seals.insert(id, key);
    }

    pub(super) fn add_index(&mut self, key: Key) {
        self.index = Some(key);
    }

    pub(super) fn add_closed(&mut self, id: i32) {
        self.closed.insert(id);
    }

    pub(super) fn has_seal(&self, id: i32) -> bool {
        self.seals.contains_key(&id)
    }

    /// Whether every key was unwrapped.
    pub(super) fn is_whole(&self) -> bool {
        self.closed.is_empty() && self.index.is_some()
    }

    /// The value that was sealed at `place`.
    pub fn open(&self, place: SecretPlace<'_>, sealed: &Sealed) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        let key = self.seals.get(&sealed.key).ok_or_else(|| {
            if self.closed.contains(&sealed.key) { OpenError::ClosedKey } else { OpenError::UnknownKey }
        })?;
        let cipher = STANDARD.decode(&sealed.cipher).map_err(|_| OpenError::Damaged)?;
        let context = place.context(self.tenant, sealed.key, &sealed.index);
        of_field(key, place.object, place.field).open(&cipher, &context).ok_or(OpenError::Damaged)
    }

    /// The same for equal values of a field, and for nothing else. None while the index key is not there.
    pub fn index(&self, object: &str, field: &str, value: &[u8]) -> Option<String> {
        let tenant = self.tenant.uuid();
        let purpose: [&[u8]; 4] = [b"rapport index 1", tenant.as_bytes(), object.as_bytes(), field.as_bytes()];
        let mac = self.index.as_ref()?.derived(&purpose).mac(value);
        Some(STANDARD.encode(&mac[..INDEX_BYTES]))
    }

    pub(super) fn seal(&self, id: i32, place: SecretPlace<'_>, value: &[u8], index: &str) -> Option<Sealed> {
        let key = of_field(self.seals.get(&id)?, place.object, place.field);
        let cipher = STANDARD.encode(key.seal(value, &place.context(self.tenant, id, index)));
        Some(Sealed { key: id, cipher, index: index.to_owned() })
    }
}

/// A field's own key: random nonces are safe for 2^32 values of each.
fn of_field(key: &Key, object: &str, field: &str) -> Key {
    key.derived(&[b"rapport seal 1", object.as_bytes(), field.as_bytes()])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    fn ring(tenant: TenantId) -> Keyring {
        let mut ring = Keyring::new(tenant);
        ring.add_index(Key::new([1; 32]));
        ring.add_seal(2, Key::new([2; 32]));
        ring.add_seal(3, Key::new([3; 32]));
        ring
    }

    proptest! {
        #[test]
        fn a_value_opens_in_its_own_place_alone(
            value in any::<Vec<u8>>(), object in "[a-z:]{1,8}", field in "[a-z:]{1,8}", other in "[a-z:]{1,8}",
        ) {
            let (tenant, record) = (TenantId::new(), Uuid::now_v7());
            let ring = ring(tenant);
            let place = SecretPlace { object: &object, field: &field, record };
            let index = ring.index(&object, &field, &value).expect("an index");
            let sealed = ring.seal(2, place, &value, &index).expect("sealed");
            prop_assert_eq!(ring.open(place, &sealed).map(|opened| opened.to_vec()), Ok(value));

            let elsewhere = [
                SecretPlace { record: Uuid::now_v7(), ..place },
                SecretPlace { object: &other, ..place },
                SecretPlace { field: &other, ..place },
                SecretPlace { object: &field, field: &object, ..place },
            ];
            for elsewhere in elsewhere.into_iter().filter(|elsewhere| *elsewhere != place) {
                prop_assert_eq!(ring.open(elsewhere, &sealed), Err(OpenError::Damaged));
            }
            prop_assert_eq!(super::tests::ring(TenantId::new()).open(place, &sealed), Err(OpenError::Damaged));
            for other in [
                Sealed { key: 3, ..sealed.clone() },
                Sealed { index: ring.index(&object, &field, b"another").expect("an index"), ..sealed.clone() },
                Sealed { cipher: "not base64".into(), ..sealed.clone() },
            ] {
                prop_assert_eq!(ring.open(place, &other), Err(OpenError::Damaged));
            }
            prop_assert_eq!(ring.open(place, &Sealed { key: 9, ..sealed }), Err(OpenError::UnknownKey));
        }

        #[test]
        fn equal_values_of_a_field_have_one_index_and_of_others_another(left in any::<Vec<u8>>(), right in any::<Vec<u8>>()) {
            let ring = ring(TenantId::new());
            let index = |object, field, value: &[u8]| ring.index(object, field, value);
            prop_assert_eq!(index("contact", "pin", &left) == index("contact", "pin", &right), left == right);
            prop_assert_ne!(index("contact", "pin", &left), index("contact", "tin", &left));
            prop_assert_ne!(index("contact", "pin", &left), index("company", "pin", &left));
            prop_assert_ne!(index("contact", "pin", &left), super::tests::ring(TenantId::new()).index("contact", "pin", &left));
        }
    }
}
