//! The way out through an SMTP server.

use std::time::Duration;

use lettre::{
    Address, AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor,
    message::{
        Mailbox, MultiPart,
        header::{HeaderName, HeaderValue},
    },
    transport::smtp::AsyncSmtpTransportBuilder,
};
use rapport_tenancy::Mail;
use secrecy::{ExposeSecret as _, SecretString};

use super::delivery::NotSent;

/// How long a server may take over one mail.
const PATIENCE: Duration = Duration::from_secs(30);
/// No such mailbox, not a local one, not an allowed name: the same tomorrow.
const NO_MAILBOX: [&str; 3] = ["550", "551", "553"];

/// Keeps programs from answering (RFC 3834).
const AUTOMATIC: HeaderName = HeaderName::new_from_ascii_str("Auto-Submitted");

pub struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

/// The settings of mail cannot be used. Repeats none of them.
#[derive(Debug, thiserror::Error)]
#[error("mail cannot be sent: {0}")]
pub struct UnusableSmtp(String);

impl Smtp {
    pub fn new(url: &SecretString, from: &str) -> Result<Self, UnusableSmtp> {
        let transport = transport(url.expose_secret()).map_err(UnusableSmtp)?.timeout(Some(PATIENCE)).build();
        let from = from.parse().map_err(|_| UnusableSmtp("the sender is no address".to_owned()))?;
        Ok(Self { transport, from })
    }

    pub async fn send(&self, mail: &Mail) -> Result<(), NotSent> {
        let to: Address = mail.recipient.parse().map_err(|error| NotSent::Never(Box::new(error)))?;
        let message = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(mail.subject.as_str())
            .raw_header(HeaderValue::new(AUTOMATIC, "auto-generated".to_owned()))
            .message_id(Some(format!("<{}@{}>", mail.id, self.from.email.domain())))
            .multipart(MultiPart::alternative_plain_html(mail.text.clone(), mail.html.clone()))
            .map_err(|error| NotSent::Never(Box::new(error)))?;
        self.transport.send(message).await.map(drop).map_err(|error| {
            let has_no_mailbox = error.status().is_some_and(|code| NO_MAILBOX.contains(&code.to_string().as_str()));
            if has_no_mailbox { NotSent::Never(Box::new(error)) } else { NotSent::Later(Box::new(error)) }
        })
    }
}

/// What is wrong with a URL, if anything.
pub fn check_url(url: &str) -> Result<(), String> {
    transport(url).map(drop)
}

/// What is wrong with a sender, if anything.
pub fn check_from(from: &str) -> Result<(), String> {
    from.parse::<Mailbox>().map(drop).map_err(|_| "it is not an e-mail address".to_owned())
}

/// `smtp://` begins without TLS and goes over to it where the server can, unless `?tls=required` or `?tls=none` says otherwise.
fn transport(url: &str) -> Result<AsyncSmtpTransportBuilder, String> {
    let (address, query) = url.split_once('?').unwrap_or((url, ""));
    let url = match (address.split_once("://"), query) {
        (Some(("smtps", _)), "") | (Some(("smtp", _)), "tls=none") => address.to_owned(),
        (Some(("smtp", _)), "" | "tls=opportunistic") => format!("{address}?tls=opportunistic"),
        (Some(("smtp", _)), "tls=required") => url.to_owned(),
        (Some(("smtp" | "smtps", _)), _) => return Err("after the ? it takes tls=required or tls=none".to_owned()),
        _ => return Err("it does not start with smtp:// or smtps://".to_owned()),
    };
    // What lettre says may quote the URL.
    AsyncSmtpTransport::<Tokio1Executor>::from_url(&url).map_err(|_| "its host or port cannot be read".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_says_what_is_wrong_with_it() {
        for url in [
            "smtp://localhost:2525",
            "smtp://user:p%40ss@mail.example.com:587?tls=required",
            "smtp://relay.internal:25?tls=none",
            "smtps://user:pass@mail.example.com",
        ] {
            assert_eq!(check_url(url), Ok(()), "{url}");
        }
        for (url, wrong) in [
            ("http://mail.example.com", "it does not start with smtp:// or smtps://"),
            ("mail.example.com", "it does not start with smtp:// or smtps://"),
            ("smtp://:25", "its host or port cannot be read"),
            ("smtp://mail.example.com:hunter2", "its host or port cannot be read"),
            ("smtp://mail.example.com?tls=maybe", "after the ? it takes tls=required or tls=none"),
        ] {
            assert_eq!(check_url(url), Err(wrong.to_owned()), "{url}");
        }
        assert_eq!(check_from("Rapport <no-reply@example.com>"), Ok(()));
        assert!(check_from("Rapport").is_err());
    }
}
