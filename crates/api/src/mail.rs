//! Mail: what it says, and how it gets out.
//!
//! No request waits for a mail server. A mail is written to the control plane in the transaction of what it speaks of;
//! the [`worker`] of whichever node takes it hands it to the SMTP server, and again later when that is away.

mod delivery;
mod html;
mod letter;
pub(crate) mod letters;
mod mailbox;
mod smtp;
pub mod worker;

use std::{sync::Arc, time::Duration};

use secrecy::SecretString;
use tokio::sync::Notify;

use self::{delivery::Delivery, mailbox::Mailbox};
pub use self::{
    letters::Letters,
    mailbox::routes,
    smtp::{UnusableSmtp, check_from, check_url},
};

/// What mail needs to know.
#[derive(Debug, Clone)]
pub struct Settings {
    /// What links in mails begin with.
    pub public_url: String,
    /// Who mails are from.
    pub from: String,
    pub way: Way,
    /// How long the first retry waits at least; [`FIRST_RETRY`] but in tests.
    pub first_retry: Duration,
}

/// How mail gets out.
#[derive(Debug, Clone)]
pub enum Way {
    /// `RAPPORT_SMTP_URL`
    Smtp(SecretString),
    /// A page of this gateway: for people who develop.
    Mailbox,
    /// Not at all: whatever needs a mail is refused.
    None,
}

pub const FIRST_RETRY: Duration = Duration::from_secs(10);

/// Writes letters and sees that they are sent. Cheap to clone.
#[derive(Clone)]
pub struct Mailer(Arc<Inner>);

struct Inner {
    letters: Letters,
    delivery: Delivery,
    first_retry: Duration,
    wake: Notify,
}

impl Mailer {
    /// Reaches for nothing yet.
    pub fn new(settings: Settings) -> Result<Self, UnusableSmtp> {
        let delivery = match settings.way {
            Way::Smtp(url) => Delivery::smtp(&url, &settings.from)?,
            Way::Mailbox => Delivery::Mailbox(Mailbox::default()),
            Way::None => Delivery::None,
        };
        let letters = Letters::new(settings.public_url);
        let inner = Inner { letters, delivery, first_retry: settings.first_retry, wake: Notify::new() };
        Ok(Self(Arc::new(inner)))
    }

    /// Whether mail gets out at all.
    pub fn is_offered(&self) -> bool {
        !matches!(self.0.delivery, Delivery::None)
    }

    pub fn letters(&self) -> &Letters {
        &self.0.letters
    }

    /// There is a mail to send: this node need not look for it by itself.
    pub fn wake(&self) {
        self.0.wake.notify_one();
    }

    /// Where mail lands when it goes nowhere else.
    fn mailbox(&self) -> Option<&Mailbox> {
        match &self.0.delivery {
            Delivery::Mailbox(mailbox) => Some(mailbox),
            Delivery::Smtp(_) | Delivery::None => None,
        }
    }

    pub fn has_mailbox(&self) -> bool {
        self.mailbox().is_some()
    }
}
