//! Codes of an authenticator app: time-based one-time passwords as RFC 6238 has them, with what every app supports
//! (SHA-1, six digits, thirty seconds).

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;

use super::base32;

const PERIOD: i64 = 30;
const DIGITS: u32 = 1_000_000;
/// How many steps a phone's clock may be off.
const DRIFT: i64 = 1;
/// Of the 32 bytes that are kept; as many as SHA-1 makes, which is what RFC 4226 wants.
const SECRET: usize = 20;

/// The secret that an app and we share.
pub struct Secret<'a>(&'a [u8]);

impl<'a> Secret<'a> {
    pub fn of(key: &'a [u8; 32]) -> Self {
        Self(&key[..SECRET])
    }

    /// For typing it in.
    pub fn text(&self) -> String {
        base32::encode(self.0)
    }

    /// For scanning it, in the form that apps have agreed on. `issuer` and `account` are what an app shows it as.
    pub fn uri(&self, issuer: &str, account: &str) -> String {
        let (issuer, account) = (escape(issuer), escape(account));
        format!(
            "otpauth://totp/{issuer}:{account}?secret={}&issuer={issuer}&algorithm=SHA1&digits=6&period={PERIOD}",
            self.text()
        )
    }

    /// The time step that a code belongs to, if it is one of about now and later than the last that was taken. Looks at
    /// every step it might be, whichever it is.
    pub fn step_of(&self, code: &str, now: i64, last_step: i64) -> Option<i64> {
        let code = parse(code)?;
        let current = now.div_euclid(PERIOD);
        let mut found = None;
        for step in current - DRIFT..=current + DRIFT {
            // Of two numbers, not of two texts: nothing to be learned from how long it takes.
            let differs = self.code(step) ^ code | u32::from(step <= last_step);
            if differs == 0 {
                found = Some(step);
            }
        }
        found
    }

    fn code(&self, step: i64) -> u32 {
        let mut mac = Hmac::<Sha1>::new_from_slice(self.0).expect("HMAC takes keys of any length");
        mac.update(&step.to_be_bytes());
        let digest = mac.finalize().into_bytes();
        let at = usize::from(digest[19] & 0xf);
        let bytes = [digest[at], digest[at + 1], digest[at + 2], digest[at + 3]];
        (u32::from_be_bytes(bytes) & 0x7fff_ffff) % DIGITS
    }
}

/// Six digits, with the space that some apps show in the middle.
fn parse(code: &str) -> Option<u32> {
    let digits: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    (digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_digit())).then(|| digits.parse().ok())?
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'@' => escaped.push(byte.into()),
            _ => escaped.extend(format!("%{byte:02X}").chars()),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    const RFC: Secret<'static> = Secret(b"12345678901234567890");

    /// The table of RFC 6238, appendix B, its last six digits.
    #[test]
    fn codes_are_those_of_the_rfc() {
        for (time, code) in [
            (59, 287_082),
            (1_111_111_109, 81_804),
            (1_111_111_111, 50_471),
            (1_234_567_890, 5_924),
            (2_000_000_000, 279_037),
            (20_000_000_000, 353_130),
        ] {
            assert_eq!(RFC.code(time / PERIOD), code, "{time}");
        }
    }

    #[test]
    fn a_code_is_good_for_its_step_and_one_beside_it_and_only_once() {
        let (now, step) = (59, 1);
        assert_eq!(RFC.step_of("287082", now, 0), Some(step));
        assert_eq!(RFC.step_of(" 287 082 ", now, 0), Some(step));
        assert_eq!(RFC.step_of("287082", now + PERIOD, 0), Some(step));
        assert_eq!(RFC.step_of("287082", now + 2 * PERIOD, 0), None);
        assert_eq!(RFC.step_of("287082", now - 2 * PERIOD, 0), None);
        assert_eq!(RFC.step_of("287082", now, step), None);
        for wrong in ["287083", "28708", "2870822", "28708a", "", "+87082", "２８７０８２"] {
            assert_eq!(RFC.step_of(wrong, now, 0), None, "{wrong}");
        }
    }

    #[test]
    fn an_app_reads_who_it_is_for() {
        assert_eq!(
            RFC.uri("Rapport: Acme & Co", "ana+crm@example.com"),
            "otpauth://totp/Rapport%3A%20Acme%20%26%20Co:ana%2Bcrm@example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\
             &issuer=Rapport%3A%20Acme%20%26%20Co&algorithm=SHA1&digits=6&period=30"
        );
    }
}
