//! Sends what is due, as long as the node lives.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use chrono::Duration as Span;
use rapport_tenancy::{Error, Mail, Tenancy};

use super::{Mailer, delivery::NotSent};
use crate::{app::App, metrics};

/// How often it is looked for mail that nobody told of: of other nodes, and such as has to be tried again.
const EVERY: Duration = Duration::from_secs(5);
/// Also gives up what nobody wants any more, and forgets what is long past, every so many times.
const SWEEP_EVERY: u32 = 60;
/// Mails taken on at once, and for how long: longer than a server may take over all of them.
const AT_ONCE: i64 = 5;
const LEASE: Span = Span::minutes(5);
/// After so many attempts, over some 12 hours, a mail is given up.
const ATTEMPTS: i32 = 12;
const LONGEST_WAIT: Duration = Duration::from_hours(2);

/// In the background, as long as the node lives.
pub fn start(app: &Arc<App>) {
    if !app.mail.is_offered() {
        tracing::warn!(
            "No mail is sent: RAPPORT_SMTP_URL is not set. Invitations, resets and changes of address are refused"
        );
    }
    tokio::spawn(run(Arc::downgrade(app)));
}

async fn run(app: Weak<App>) {
    let mut round = 0;
    while let Some(app) = app.upgrade() {
        let (tenancy, mailer) = (app.tenancy.clone(), app.mail.clone());
        drop(app);
        if let Err(error) = work(&tenancy, &mailer, round).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "Mail could not be looked for");
        }
        round = (round + 1) % SWEEP_EVERY;
        let _ = tokio::time::timeout(EVERY, mailer.0.wake.notified()).await;
    }
}

async fn work(tenancy: &Tenancy, mailer: &Mailer, round: u32) -> Result<(), Error> {
    let expired = tenancy.give_up_expired_mails().await?;
    if expired > 0 {
        tracing::error!(mails = expired, "Mail was not sent in time and is given up");
    }
    if round == 0 {
        tenancy.forget_past_mail().await?;
    }
    while mailer.is_offered() {
        let mails = tenancy.take_mails(AT_ONCE, LEASE).await?;
        if mails.is_empty() {
            break;
        }
        for mail in mails {
            send(tenancy, mailer, &mail).await?;
        }
    }
    Ok(())
}

/// The log has the mail's id and what it is about, never whose it is.
async fn send(tenancy: &Tenancy, mailer: &Mailer, mail: &Mail) -> Result<(), Error> {
    let Err(error) = mailer.0.delivery.deliver(mail).await else {
        metrics::mailed("sent");
        tracing::info!(mail.id = %mail.id, mail.kind = mail.kind, "Sent a mail");
        return tenancy.mail_was_sent(mail.id).await;
    };
    let is_hopeless = matches!(error, NotSent::Never(_)) || mail.attempts >= ATTEMPTS;
    metrics::mailed(if is_hopeless { "given_up" } else { "postponed" });
    if is_hopeless {
        tracing::error!(mail.id = %mail.id, mail.kind = mail.kind, mail.attempts, error = &error as &dyn std::error::Error, "A mail is given up");
        return tenancy.give_up_mail(mail.id).await;
    }
    let wait = wait_after(mail.attempts, mailer.0.first_retry, rand::random());
    tracing::warn!(
        mail.id = %mail.id,
        mail.kind = mail.kind,
        mail.attempts,
        retry_ms = wait.as_millis(),
        error = &error as &dyn std::error::Error,
        "A mail was not sent and is tried again"
    );
    tenancy.postpone_mail(mail.id, Span::from_std(wait).unwrap_or(LEASE)).await
}

/// Twice as long after each attempt, half of it by chance, so that mails that failed together do not come back together.
fn wait_after(attempts: i32, first: Duration, chance: u16) -> Duration {
    let doubled = first.saturating_mul(1 << attempts.clamp(1, 20).unsigned_abs()).min(LONGEST_WAIT);
    doubled / 2 + (doubled / 2).mul_f64(f64::from(chance) / f64::from(u16::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_have_an_end() {
        let first = Duration::from_secs(10);
        assert_eq!(wait_after(1, first, 0), first);
        assert_eq!(wait_after(1, first, u16::MAX), first * 2);
        assert_eq!(wait_after(3, first, 0), first * 4);
        for attempts in [ATTEMPTS, 40, i32::MAX] {
            assert_eq!(wait_after(attempts, first, u16::MAX), LONGEST_WAIT);
        }
        let all: Duration = (1..ATTEMPTS).map(|attempts| wait_after(attempts, first, 0)).sum();
        assert!((3_600 * 3..3_600 * 24).contains(&all.as_secs()), "{all:?}");
    }
}
