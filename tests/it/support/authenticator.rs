//! An authenticator app, written from RFC 6238 and not from the product.

use std::time::SystemTime;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;

pub struct Authenticator(Vec<u8>);

impl Authenticator {
    /// Types in the secret that the product shows.
    pub fn of(secret: &str) -> Self {
        let (mut bytes, mut bits, mut held) = (Vec::new(), 0u64, 0);
        for letter in secret.bytes() {
            let value = match letter {
                b'A'..=b'Z' => letter - b'A',
                b'2'..=b'7' => letter - b'2' + 26,
                _ => panic!("{secret} is not base 32"),
            };
            bits = bits << 5 | u64::from(value);
            held += 5;
            if held >= 8 {
                held -= 8;
                bytes.push(u8::try_from(bits >> held & 0xff).expect("a byte"));
            }
        }
        Self(bytes)
    }

    pub fn secret(&self) -> &[u8] {
        &self.0
    }

    /// What a phone shows whose clock is so many steps off.
    pub fn code(&self, steps_off: i64) -> String {
        let now = SystemTime::UNIX_EPOCH.elapsed().expect("a clock").as_secs();
        let step = i64::try_from(now / 30).expect("a step") + steps_off;
        let mut mac = Hmac::<Sha1>::new_from_slice(&self.0).expect("a key");
        mac.update(&step.to_be_bytes());
        let digest = mac.finalize().into_bytes();
        let at = usize::from(digest[19] & 15);
        let number = u32::from_be_bytes(digest[at..at + 4].try_into().expect("four bytes")) & 0x7fff_ffff;
        format!("{:06}", number % 1_000_000)
    }
}
