//! An e-mail address as people sign in with it.

/// A checked address in lower case, at most 254 bytes: `local@domain`.
///
/// The check is about shape only. Whether the mailbox exists is known when a mail to it was answered.
#[derive(Clone, PartialEq, Eq)]
pub struct Email(String);

/// The text is no address: one `@`, a local part of 1 to 64 bytes, a domain with a dot.
#[derive(Debug, PartialEq, Eq)]
pub struct InvalidEmail;

impl Email {
    /// Trims surrounding space, lower-cases and checks.
    pub fn parse(text: &str) -> Result<Self, InvalidEmail> {
        let address = text.trim().to_lowercase();
        let (local, domain) = address.rsplit_once('@').ok_or(InvalidEmail)?;
        if address.len() <= 254 && is_local(local) && is_domain(domain) { Ok(Self(address)) } else { Err(InvalidEmail) }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands before the `@`: a name to start with when none was given.
    pub fn local_part(&self) -> &str {
        self.0.split('@').next().unwrap_or_default()
    }
}

fn is_local(local: &str) -> bool {
    let dots_apart = !local.starts_with('.') && !local.ends_with('.') && !local.contains("..");
    !local.is_empty()
        && local.len() <= 64
        && dots_apart
        && local.chars().all(|c| {
            c.is_ascii_alphanumeric() || ".!#$%&'*+/=?^_`{|}~-".contains(c) || (!c.is_ascii() && c.is_alphanumeric())
        })
}

fn is_domain(domain: &str) -> bool {
    domain.contains('.')
        && domain.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.chars().all(|c| c.is_alphanumeric() || c == '-')
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_trimmed_and_lower_cased() {
        let email = Email::parse("  Ana.Ortiz+crm@Example.COM ").ok();
        assert_eq!(email.as_ref().map(Email::as_str), Some("ana.ortiz+crm@example.com"));
        assert_eq!(email.as_ref().map(Email::local_part), Some("ana.ortiz+crm"));
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in [
            "",
            "ana",
            "ana@",
            "@example.com",
            "ana@example",
            "a b@example.com",
            "ana@exa mple.com",
            "ana@@example.com",
            ".ana@example.com",
            "a..b@example.com",
            "ana@-example.com",
            "ana@example..com",
            "ana\0@example.com",
            "ana@example.com\nBcc: x@example.com",
        ] {
            assert!(Email::parse(text).is_err(), "{text:?} passed");
        }
        assert!(Email::parse(&format!("{}@example.com", "a".repeat(65))).is_err());
    }
}
