use std::error::Error as StdError;

use rapport_tenancy::Mail;
use secrecy::SecretString;

use super::{
    mailbox::Mailbox,
    smtp::{Smtp, UnusableSmtp},
};

/// Where mails go.
pub enum Delivery {
    Smtp(Box<Smtp>),
    Mailbox(Mailbox),
    None,
}

/// A mail did not get out.
#[derive(Debug, thiserror::Error)]
pub enum NotSent {
    /// The server is away or busy, or something is wrong with what we told it about us.
    #[error("the mail server did not take it")]
    Later(#[source] Box<dyn StdError + Send + Sync>),
    /// Nobody will ever take it: there is no such mailbox, or the address is none.
    #[error("the mail cannot be delivered")]
    Never(#[source] Box<dyn StdError + Send + Sync>),
}

impl Delivery {
    pub fn smtp(url: &SecretString, from: &str) -> Result<Self, UnusableSmtp> {
        Smtp::new(url, from).map(Box::new).map(Self::Smtp)
    }

    pub async fn deliver(&self, mail: &Mail) -> Result<(), NotSent> {
        match self {
            Self::Smtp(smtp) => smtp.send(mail).await,
            Self::Mailbox(mailbox) => {
                mailbox.put(mail.clone());
                Ok(())
            }
            Self::None => Ok(()),
        }
    }
}
