//! What each mail says.

use chrono::Duration;
use rapport_tenancy::{INVITATION_LIFETIME, NewMail, Person};

use super::letter::Letter;

/// Writes letters with links to this gateway.
pub struct Letters {
    public_url: String,
}

/// How long the link of each mail is good.
pub const VERIFY_LIFETIME: Duration = Duration::days(3);
pub const RESET_LIFETIME: Duration = Duration::minutes(30);
pub const CONFIRM_LIFETIME: Duration = Duration::hours(24);
/// News that nobody needs to act on.
const NEWS_LIFETIME: Duration = Duration::days(2);

const VERIFY: &str = "VERIFY_EMAIL";
const RESET: &str = "RESET_PASSWORD";
const CONFIRM: &str = "CONFIRM_EMAIL";
const CANCEL: &str = "CANCEL_EMAIL";
const PASSWORD_CHANGED: &str = "PASSWORD_CHANGED";
const EMAIL_CHANGED: &str = "EMAIL_CHANGED";
const SECOND_FACTOR_ON: &str = "SECOND_FACTOR_ON";
const SECOND_FACTOR_OFF: &str = "SECOND_FACTOR_OFF";
const RECOVERY_CODE_USED: &str = "RECOVERY_CODE_USED";
const INVITATION: &str = "INVITATION";

impl Letters {
    pub fn new(public_url: String) -> Self {
        Self { public_url }
    }

    pub(super) fn public_url(&self) -> &str {
        &self.public_url
    }

    /// The token stands behind `#`: browsers keep that part to themselves, so it is in no log of a server.
    fn link(&self, page: &str, token: &str) -> String {
        format!("{}/{page}#token={token}", self.public_url)
    }

    pub fn invitation(&self, to: &str, inviter: &str, workspace: &str, token: &str) -> NewMail {
        Letter::about(&format!("{inviter} invites you to {workspace}"))
            .say("Hello,")
            .say(&format!("{inviter} would like you to join the workspace “{workspace}” on Rapport."))
            .link("Accept the invitation", self.link("invite", token))
            .say("The link is good for seven days and for this address alone. If you do not know who this is from, just leave it.")
            .to(to, INVITATION, INVITATION_LIFETIME)
    }

    pub fn verify_address(&self, to: &str, token: &str) -> NewMail {
        Letter::about("Please confirm your e-mail address")
            .say("Hello,")
            .say("Welcome to Rapport. Please confirm that this is your e-mail address.")
            .link("Confirm this address", self.link("verify-email", token))
            .say("The link is good for three days. If you did not sign up, just leave it.")
            .to(to, VERIFY, VERIFY_LIFETIME)
    }

    pub fn reset_password(&self, person: &Person, token: &str) -> NewMail {
        Letter::about("Choose a new password")
            .say(&hello(person))
            .say("Somebody, most likely you, asked for a new password for your Rapport account.")
            .link("Choose a new password", self.link("reset-password", token))
            .say("The link is good for 30 minutes and works once. If it was not you, just leave it: your password stays as it is.")
            .to(&person.email, RESET, RESET_LIFETIME)
    }

    pub fn password_changed(&self, person: &Person) -> NewMail {
        Letter::about("Your password was changed")
            .say(&hello(person))
            .say("The password of your Rapport account was changed just now, and your other sessions were ended.")
            .say("If it was not you, choose a new password at once:")
            .link("Choose a new password", self.forgot())
            .to(&person.email, PASSWORD_CHANGED, NEWS_LIFETIME)
    }

    /// To the new address.
    pub fn confirm_address(&self, to: &str, token: &str) -> NewMail {
        Letter::about("Please confirm your new e-mail address")
            .say("Hello,")
            .say("You asked to use this address for your Rapport account. It changes when you confirm it.")
            .link("Use this address", self.link("confirm-email", token))
            .say("The link is good for 24 hours. If you did not ask for this, just leave it.")
            .to(to, CONFIRM, CONFIRM_LIFETIME)
    }

    /// To the old address.
    pub fn address_about_to_change(&self, person: &Person, new: &str, token: &str) -> NewMail {
        Letter::about("Your e-mail address is about to change")
            .say(&hello(person))
            .say(&format!(
                "Somebody, most likely you, asked to use {new} instead of this address for your Rapport account."
            ))
            .say(
                "If it was you, there is nothing to do here. If not, keep your address, and then change your password:",
            )
            .link("Keep this address", self.link("cancel-email", token))
            .to(&person.email, CANCEL, CONFIRM_LIFETIME)
    }

    /// To the old address, once it is done.
    pub fn address_changed(&self, person: &Person, new: &str) -> NewMail {
        Letter::about("Your e-mail address was changed")
            .say(&hello(person))
            .say(&format!("Your Rapport account now has the address {new}. This one is not used any more."))
            .say("If it was not you, tell the owner of your workspace.")
            .to(&person.email, EMAIL_CHANGED, NEWS_LIFETIME)
    }

    pub fn second_factor_on(&self, person: &Person) -> NewMail {
        let news = "From now on a sign-in to your Rapport account asks for a code of your authenticator app as well.";
        self.news("Your second factor was switched on", news).to(&person.email, SECOND_FACTOR_ON, NEWS_LIFETIME)
    }

    pub fn second_factor_off(&self, person: &Person) -> NewMail {
        let news = "From now on a sign-in to your Rapport account asks for the password alone.";
        self.news("Your second factor was switched off", news).to(&person.email, SECOND_FACTOR_OFF, NEWS_LIFETIME)
    }

    pub fn recovery_code_used(&self, person: &Person) -> NewMail {
        let news = "A recovery code of your Rapport account was used just now in place of your authenticator app. It does not work again.";
        self.news("A recovery code was used", news).to(&person.email, RECOVERY_CODE_USED, NEWS_LIFETIME)
    }

    /// Of a change that whoever made it knew the password for.
    fn news(&self, subject: &str, news: &str) -> Letter {
        Letter::about(subject)
            .say("Hello,")
            .say(news)
            .say("If it was not you, choose a new password at once:")
            .link("Choose a new password", self.forgot())
    }

    fn forgot(&self) -> String {
        format!("{}/forgot-password", self.public_url)
    }
}

/// By their name, where it is known who reads the mail: anybody can sign up with any address and any name.
fn hello(person: &Person) -> String {
    if person.email_verified { format!("Hello {},", person.name) } else { "Hello,".to_owned() }
}
