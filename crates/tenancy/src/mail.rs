//! Mail on its way out: written in the transaction of what it speaks of, sent by whichever node takes it.

use chrono::{DateTime, Duration, Utc};
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbErr, FromQueryResult};
use uuid::Uuid;

use crate::{
    Error, Tenancy,
    control::{one_count, sql},
};

/// A mail to be sent.
#[derive(Clone)]
pub struct NewMail {
    pub to: String,
    /// What it is about, for logs: `RESET_PASSWORD`.
    pub kind: &'static str,
    pub subject: String,
    pub text: String,
    pub html: String,
    /// After this long nobody wants it any more.
    pub lifetime: Duration,
}

/// A mail that this node has taken on for a while.
#[derive(Clone, FromQueryResult)]
pub struct Mail {
    pub id: Uuid,
    pub recipient: String,
    pub kind: String,
    pub subject: String,
    #[sea_orm(from_alias = "body_text")]
    pub text: String,
    #[sea_orm(from_alias = "body_html")]
    pub html: String,
    /// How often it was taken on, this time included.
    pub attempts: i32,
}

const INSERT: &str = "
INSERT INTO control.mails (id, recipient, kind, subject, body_text, body_html, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)";

/// Rows that other nodes are about to take are passed over.
const TAKE: &str = "
UPDATE control.mails SET attempts = attempts + 1, due_at = now() + make_interval(secs => $2)
WHERE id IN (
  SELECT id FROM control.mails
  WHERE sent_at IS NULL AND given_up_at IS NULL AND due_at <= now() AND expires_at > now()
  ORDER BY due_at LIMIT $1 FOR UPDATE SKIP LOCKED
)
RETURNING id, recipient, kind, subject, body_text, body_html, attempts";

const SENT: &str = "
UPDATE control.mails SET sent_at = now(), subject = NULL, body_text = NULL, body_html = NULL WHERE id = $1";

const GIVEN_UP: &str = "
UPDATE control.mails SET given_up_at = now(), subject = NULL, body_text = NULL, body_html = NULL WHERE id = $1";

const EXPIRED: &str = "
UPDATE control.mails SET given_up_at = now(), subject = NULL, body_text = NULL, body_html = NULL
WHERE sent_at IS NULL AND given_up_at IS NULL AND expires_at <= now()";

impl Tenancy {
    /// Takes on mails that are due. After `lease` another node may, should this one have died over them.
    pub async fn take_mails(&self, most: i64, lease: Duration) -> Result<Vec<Mail>, Error> {
        let take = sql(TAKE, [most.into(), seconds(lease).into()]);
        Ok(Mail::find_by_statement(take).all(self.control().db()).await?)
    }

    /// It is out: what it said is forgotten.
    pub async fn mail_was_sent(&self, id: Uuid) -> Result<(), Error> {
        self.control().db().execute_raw(sql(SENT, [id.into()])).await?;
        Ok(())
    }

    /// It is tried again after a while.
    pub async fn postpone_mail(&self, id: Uuid, wait: Duration) -> Result<(), Error> {
        let postpone = "UPDATE control.mails SET due_at = now() + make_interval(secs => $2) WHERE id = $1";
        self.control().db().execute_raw(sql(postpone, [id.into(), seconds(wait).into()])).await?;
        Ok(())
    }

    /// It will not be sent: what it said is forgotten.
    pub async fn give_up_mail(&self, id: Uuid) -> Result<(), Error> {
        self.control().db().execute_raw(sql(GIVEN_UP, [id.into()])).await?;
        Ok(())
    }

    /// Gives up mails that nobody wants any more; how many.
    pub async fn give_up_expired_mails(&self) -> Result<u64, Error> {
        Ok(self.control().db().execute_raw(sql(EXPIRED, [])).await?.rows_affected())
    }

    /// Removes what is kept of mails and links that are long past.
    pub async fn forget_past_mail(&self) -> Result<(), Error> {
        for forget in [
            "DELETE FROM control.mails WHERE created_at < now() - interval '30 days' AND expires_at < now()",
            "DELETE FROM control.mailed_links WHERE expires_at < now() - interval '1 day'",
        ] {
            self.control().db().execute_raw(sql(forget, [])).await?;
        }
        Ok(())
    }
}

/// The first of two numbers of an advisory lock on an address; the second is the address itself.
const MAILBOX: i32 = 0x7261_7001;

const COUNT: &str = "
SELECT count(*) FROM control.mails
WHERE lower(recipient) = lower($1) AND kind = $2 AND created_at > now() - make_interval(secs => $3)";

/// Whether no address got `most` mails of such a kind in the last hour, or in the time for which one is good where that is
/// less: then those that stand in the way of another are all good still. Whoever asks at once is counted one after the other.
pub(crate) async fn have_room(tx: &DatabaseTransaction, mails: &[NewMail], most: i64) -> Result<bool, DbErr> {
    let mut addresses: Vec<String> = mails.iter().map(|mail| mail.to.to_lowercase()).collect();
    addresses.sort_unstable();
    for address in addresses {
        tx.execute_raw(sql("SELECT pg_advisory_xact_lock($1, hashtext($2))", [MAILBOX.into(), address.into()])).await?;
    }
    for mail in mails {
        let within = seconds(mail.lifetime.min(Duration::hours(1)));
        let count = sql(COUNT, [mail.to.as_str().into(), mail.kind.into(), within.into()]);
        if one_count(tx, count).await? >= most {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Writes mails with whatever else the transaction does.
pub(crate) async fn write(db: &impl ConnectionTrait, mails: &[NewMail]) -> Result<(), DbErr> {
    for mail in mails {
        let expires_at: DateTime<Utc> = Utc::now() + mail.lifetime;
        let values = [
            Uuid::now_v7().into(),
            mail.to.as_str().into(),
            mail.kind.into(),
            mail.subject.as_str().into(),
            mail.text.as_str().into(),
            mail.html.as_str().into(),
            expires_at.into(),
        ];
        db.execute_raw(sql(INSERT, values)).await?;
    }
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "waits are hours at most")]
fn seconds(time: Duration) -> f64 {
    time.num_milliseconds() as f64 / 1_000.0
}
