//! A password that someone wants to use from now on.

use std::{collections::HashSet, fmt, sync::LazyLock};

use super::email::Email;

/// Fewest and most characters of a password. It is never trimmed, cut or rewritten.
pub const LENGTH: std::ops::RangeInclusive<usize> = 8..=256;

static COMMON: LazyLock<HashSet<&str>> =
    LazyLock::new(|| include_str!("common_passwords.txt").lines().filter(|line| !line.is_empty()).collect());

/// A new password that kept the rules. Does not print itself.
pub struct Password(String);

/// Why a password is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WeakPassword {
    #[error("the password needs at least 8 characters")]
    TooShort,
    #[error("the password may have at most 256 characters")]
    TooLong,
    #[error("this password is one of the most common ones, please choose another")]
    Common,
    #[error("the password must not be the e-mail address")]
    SameAsEmail,
}

impl Password {
    /// Checks a password that `email` wants to set.
    pub fn parse(text: &str, email: &Email) -> Result<Self, WeakPassword> {
        let length = text.chars().count();
        if length < *LENGTH.start() {
            return Err(WeakPassword::TooShort);
        }
        if length > *LENGTH.end() {
            return Err(WeakPassword::TooLong);
        }
        let lower = text.to_lowercase();
        if lower == email.as_str() {
            return Err(WeakPassword::SameAsEmail);
        }
        if is_common(&lower) {
            return Err(WeakPassword::Common);
        }
        Ok(Self(text.to_owned()))
    }

    pub(super) fn into_inner(self) -> String {
        self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

/// Listed, one character again and again, or digits in a row.
fn is_common(lower: &str) -> bool {
    let first = lower.chars().next();
    let repeated = lower.chars().all(|c| Some(c) == first);
    let bytes = lower.as_bytes();
    let counting =
        |step: u8| bytes.windows(2).all(|pair| pair[0].is_ascii_digit() && pair[0].wrapping_add(step) == pair[1]);
    repeated || counting(1) || counting(u8::MAX) || COMMON.contains(lower)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> Result<(), WeakPassword> {
        let email = Email::parse("someone@example.com").expect("an address");
        Password::parse(text, &email).map(drop)
    }

    #[test]
    fn length_counts_characters_and_nothing_is_trimmed() {
        assert_eq!(check("ñandú🙂!"), Err(WeakPassword::TooShort));
        assert_eq!(check("ñandú🙂!x"), Ok(()));
        assert_eq!(check("  four  "), Ok(()));
        assert_eq!(check(&"long wo ".repeat(32)), Ok(()));
        assert_eq!(check(&"long wo ".repeat(33)), Err(WeakPassword::TooLong));
    }

    #[test]
    fn the_most_common_passwords_are_refused_in_any_case() {
        for text in ["password1", "PASSWORD", "qwerty123", "11111111", "12345678", "87654321", "iloveyou"] {
            assert_eq!(check(text), Err(WeakPassword::Common), "{text}");
        }
        assert_eq!(check("someone@example.com"), Err(WeakPassword::SameAsEmail));
    }

    #[test]
    fn a_password_does_not_print_itself() {
        let email = Email::parse("a@example.com").expect("an address");
        let password = Password::parse("correct horse", &email).expect("good");
        assert!(!format!("{password:?}").contains("horse"));
    }
}
