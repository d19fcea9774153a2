use secrecy::SecretString;

use super::{setting::Setting, source::Source};
use crate::mail::{self, FIRST_RETRY, Way};

pub static SMTP_URL: Setting = Setting {
    name: "RAPPORT_SMTP_URL",
    default: None,
    expected: "a URL such as smtp://user:password@host:587 or smtps://user:password@host",
    about: "the server that mail goes out through, with TLS where it can (`?tls=required`, `?tls=none`); unset: no mail",
};

pub static FROM: Setting = Setting {
    name: "RAPPORT_MAIL_FROM",
    default: None,
    expected: "an address such as Rapport <no-reply@example.com>",
    about: "who mail is from; needed with RAPPORT_SMTP_URL",
};

/// How mail gets out.
#[derive(Debug, Clone)]
pub struct Mail {
    smtp_url: Option<SecretString>,
    from: Option<String>,
}

impl Mail {
    pub(super) fn read(source: &mut Source) -> Self {
        let smtp_url = source.checked(&SMTP_URL, |value| mail::check_url(value).map(|()| SecretString::from(value)));
        let from = source.checked(&FROM, |value| mail::check_from(value).map(|()| value.to_owned()));
        if source.is_set(&SMTP_URL) && !source.is_set(&FROM) {
            source.complain(FROM.name, &format!("{}, since {} is set", FROM.expected, SMTP_URL.name));
        }
        Self { smtp_url, from }
    }

    /// Whether there is a server to send it through.
    pub fn is_sent(&self) -> bool {
        self.smtp_url.is_some()
    }

    /// `otherwise`: where it goes without an SMTP server.
    pub fn settings(self, public_url: &str, otherwise: Way) -> mail::Settings {
        mail::Settings {
            public_url: public_url.to_owned(),
            from: self.from.unwrap_or_default(),
            way: self.smtp_url.map_or(otherwise, Way::Smtp),
            first_retry: FIRST_RETRY,
        }
    }
}
