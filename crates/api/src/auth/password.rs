//! A password that someone wants to use from now on.

use std::{collections::HashSet, fmt, sync::LazyLock};

use super::{Auth, Error, Refusal, email::Email};

/// Fewest and most characters of a password. It is never trimmed, cut or rewritten.
pub const LENGTH: std::ops::RangeInclusive<usize> = 8..=256;

/// Passwords of 8 characters or more out of the 30,000 most common ones, by the frequency lists of zxcvbn (MIT, Dan Wheeler and
/// Dropbox), and some keyboard walks. In lower case, sorted.
static COMMON: LazyLock<HashSet<&str>> =
    LazyLock::new(|| include_str!("common_passwords.txt").lines().filter(|line| !line.is_empty()).collect());

/// Words that digits and signs around them make no better: `Summer2026!`. The 3,000 most common passwords of 4 to 7 letters from
/// the same lists, with seasons, months, days, large cities and what accounts are called. In lower case, sorted.
static WORDS: LazyLock<HashSet<&str>> = LazyLock::new(|| include_str!("common_words.txt").lines().collect());

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
    #[error(
        "the password is little more than a name, an e-mail address or a workspace; add words that have nothing to do with you"
    )]
    Personal,
    #[error("this password is known from a breach of some other service, please choose another")]
    Breached,
}

impl Password {
    /// Checks a password that `email` wants to set.
    pub fn parse(text: &str, email: &Email) -> Result<Self, WeakPassword> {
        Self::beyond(text, email, &[])
    }

    /// The same for somebody of whom `words` are known: their name, their workspace.
    pub fn of_somebody(text: &str, email: &Email, words: &[&str]) -> Result<Self, WeakPassword> {
        let own: Vec<&str> = words.iter().copied().chain([email.as_str(), PRODUCT]).collect();
        Self::beyond(text, email, &own)
    }

    fn beyond(text: &str, email: &Email, words: &[&str]) -> Result<Self, WeakPassword> {
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
        if is_made_of(&lower, words) {
            return Err(WeakPassword::Personal);
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

impl Auth {
    /// The hash to store for a password that somebody chose, of whom `words` are known.
    pub(super) async fn new_password(&self, text: &str, email: &Email, words: &[&str]) -> Result<String, Error> {
        let password = Password::of_somebody(text, email, words).map_err(Refusal::from)?;
        if let Some(breached) = self.breached.clone() {
            let text = text.to_owned();
            match tokio::task::spawn_blocking(move || breached.has(&text)).await {
                Ok(Ok(true)) => return Err(Refusal::from(WeakPassword::Breached).into()),
                Ok(Ok(false)) => {}
                Ok(Err(error)) => tracing::error!(%error, "Breached passwords could not be looked at"),
                Err(error) => tracing::error!(%error, "Breached passwords could not be looked at"),
            }
        }
        Ok(self.hasher.hash(password).await?)
    }
}

const PRODUCT: &str = "rapport";
/// Shorter words say too little to be taken out of a password.
const WORD: usize = 3;
/// What must be left of a password without the words that are known of its owner.
const BEYOND: usize = 6;

/// Whether so little is left without the words, which are those who try passwords try first.
fn is_made_of(lower: &str, words: &[&str]) -> bool {
    let lowered: Vec<String> = words.iter().map(|word| word.to_lowercase()).collect();
    let parts = lowered.iter().flat_map(|word| word.split(|letter: char| !letter.is_alphanumeric()));
    let mut known: Vec<&str> = parts.filter(|part| part.chars().count() >= WORD).collect();
    known.sort_by_key(|part| std::cmp::Reverse(part.len()));
    let left = known.iter().fold(lower.to_owned(), |left, part| left.replace(part, ""));
    left.len() < lower.len() && left.chars().count() < BEYOND
}

/// Listed, or hardly more than that: one common word among digits and signs, a little again and again, digits in a row.
fn is_common(lower: &str) -> bool {
    let bytes = lower.as_bytes();
    let counting =
        |step: u8| bytes.windows(2).all(|pair| pair[0].is_ascii_digit() && pair[0].wrapping_add(step) == pair[1]);
    let mut words = lower.split(|letter: char| !letter.is_alphabetic()).filter(|word| !word.is_empty()).map(once);
    let is_one_word = words.next().is_some_and(|first| is_word(&first) && words.all(|word| word == first));
    let once = once(lower);
    let is_little = once.chars().count() < *LENGTH.start() || is_word(&once);
    is_little || is_monotonous(lower) || counting(1) || counting(u8::MAX) || COMMON.contains(lower) || is_one_word
}

fn is_word(text: &str) -> bool {
    COMMON.contains(text) || WORDS.contains(text)
}

/// What a text says, where it says it again and again: `abc` of `abcabcabc`.
fn once(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    let is_all = |length: &usize| {
        letters.len().is_multiple_of(*length) && letters.chunks(*length).all(|part| part == &letters[..*length])
    };
    let length = (1..=letters.len()).find(is_all).unwrap_or_default();
    letters[..length].iter().collect()
}

/// One or two characters, or runs of a few: `aaaaaaab`, `aaabbbccc`.
fn is_monotonous(text: &str) -> bool {
    let mut runs: Vec<char> = text.chars().collect();
    runs.dedup();
    let different: HashSet<char> = runs.iter().copied().collect();
    different.len() < 3 || runs.len() < 4
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
    fn a_common_word_is_no_better_for_what_stands_around_it() {
        for text in [
            "Welcome1!",
            "Welcome123!",
            "Summer2026!",
            "Winter2025!",
            "Admin123!",
            "Qwerty1!",
            "Monkey12345",
            "January2026",
            "Berlin2026",
            "Company1!",
            "Passwort123",
            "password1234567",
            "passwordpassword",
            "Password-Password-1",
            "aaaaaaab",
            "abababab",
            "aaabbbccc",
            "abcabcabc",
            "ab12ab12",
        ] {
            assert_eq!(check(text), Err(WeakPassword::Common), "{text}");
        }
        for text in ["summer-raft-9", "monkey eats tea", "violet-harbour-42", "haberdasher2026", "correct horse"] {
            assert_eq!(check(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn what_is_known_of_somebody_is_no_password() {
        let email = Email::parse("ana.ortiz@acme-trading.com").expect("an address");
        let check = |text: &str| Password::of_somebody(text, &email, &["Ana Ortiz", "Golf Club Ñandú"]).map(drop);
        for text in [
            "AnaOrtiz",
            "ana.ortiz2024",
            "acme-trading",
            "golf--club",
            "Rapport!!",
            "rapport-ana",
            "ñandú123",
            "ñandúgolf",
        ] {
            assert_eq!(check(text), Err(WeakPassword::Personal), "{text}");
        }
        for text in ["ana likes tea", "banana-boats", "tangerine-boat-7", "golf is a game"] {
            assert_eq!(check(text), Ok(()), "{text}");
        }
        assert_eq!(check("baseball1!"), Err(WeakPassword::Common));
    }

    #[test]
    fn a_password_does_not_print_itself() {
        let email = Email::parse("a@example.com").expect("an address");
        let password = Password::parse("correct horse", &email).expect("good");
        assert!(!format!("{password:?}").contains("horse"));
    }
}
