//! Binary forms of PostgreSQL values that the driver has none for.

use std::error::Error;

use bytes::{BufMut, BytesMut};
use chrono::{DateTime, Duration, NaiveDate, Utc};
use rapport_tenancy::types::{FromSql, IsNull, ToSql, Type, accepts, to_sql_checked};

type Failure = Box<dyn Error + Sync + Send>;

/// 2000-01-01T00:00:00Z, from which PostgreSQL counts, in microseconds since 1970.
const EPOCH: i64 = 946_684_800_000_000;
const EPOCH_DAY: NaiveDate = NaiveDate::from_ymd_opt(2000, 1, 1).expect("a date of the calendar");

/// `timestamptz`
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment(pub DateTime<Utc>);

impl ToSql for Moment {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Failure> {
        out.put_i64(self.0.timestamp_micros() - EPOCH);
        Ok(IsNull::No)
    }
    accepts!(TIMESTAMPTZ);
    to_sql_checked!();
}

impl<'a> FromSql<'a> for Moment {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Failure> {
        let micros = i64::from_be_bytes(raw.try_into()?);
        micros
            .checked_add(EPOCH)
            .and_then(DateTime::from_timestamp_micros)
            .map(Self)
            .ok_or_else(|| "a time out of range".into())
    }
    accepts!(TIMESTAMPTZ);
}

/// `date`
#[derive(Debug, Clone, Copy)]
pub(crate) struct Day(pub NaiveDate);

impl ToSql for Day {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Failure> {
        out.put_i32(i32::try_from((self.0 - EPOCH_DAY).num_days())?);
        Ok(IsNull::No)
    }
    accepts!(DATE);
    to_sql_checked!();
}

impl<'a> FromSql<'a> for Day {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Failure> {
        let days = i32::from_be_bytes(raw.try_into()?);
        EPOCH_DAY.checked_add_signed(Duration::days(days.into())).map(Self).ok_or_else(|| "a date out of range".into())
    }
    accepts!(DATE);
}

/// `jsonb`, from text that is JSON already.
#[derive(Debug)]
pub(crate) struct JsonText(pub String);

impl ToSql for JsonText {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Failure> {
        const VERSION: u8 = 1;
        out.put_u8(VERSION);
        out.put_slice(self.0.as_bytes());
        Ok(IsNull::No)
    }
    accepts!(JSONB);
    to_sql_checked!();
}
