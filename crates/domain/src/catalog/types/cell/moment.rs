use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, SecondsFormat, Utc};

use crate::import::mapping::{Format, in_zone};

/// A date as the record engine takes it.
pub fn date(text: &str, format: &Format) -> Option<String> {
    let date = match format.dates.as_slice() {
        [] => iso_date(text),
        forms => forms.iter().find_map(|form| form.date(text).filter(|date| sane(*date))),
    }?;
    (sane(date) || is_written_out(text)).then(|| date.to_string())
}

/// An instant as the record engine takes it, RFC 3339 in UTC.
pub fn date_time(text: &str, format: &Format) -> Option<String> {
    let moment = match format.dates.as_slice() {
        [] => iso_date_time(text, format),
        forms => forms
            .iter()
            .find_map(|form| form.date_time(text, format.time_zone).filter(|moment| sane(moment.date_naive()))),
    }?;
    (sane(moment.date_naive()) || is_written_out(text)).then(|| moment.to_rfc3339_opts(SecondsFormat::AutoSi, true))
}

/// What a message says was expected.
pub fn expected(format: &Format) -> String {
    match format.dates.as_slice() {
        [] => "`YYYY-MM-DD`".into(),
        forms => forms.iter().map(|form| format!("`{}`", form.said)).collect::<Vec<_>>().join(" or "),
    }
}

fn iso_date(text: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().or_else(|| iso_local(text).map(|local| local.date()))
}

fn iso_local(text: &str) -> Option<NaiveDateTime> {
    ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"]
        .iter()
        .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())
}

fn iso_date_time(text: &str, format: &Format) -> Option<DateTime<Utc>> {
    if let Ok(moment) = DateTime::parse_from_rfc3339(text) {
        return Some(moment.to_utc());
    }
    let local = iso_local(text).or_else(|| iso_date(text).map(|date| date.and_time(NaiveTime::MIN)))?;
    in_zone(local, format.time_zone)
}

/// `YYYY` also takes `17`: a CRM of the year 17 is a two-digit year misread.
fn sane(date: NaiveDate) -> bool {
    use chrono::Datelike;
    (1000..=9999).contains(&date.year())
}

/// A year in four digits, as programs write it.
fn is_written_out(text: &str) -> bool {
    text.len() >= 10
        && text.bytes().take(5).enumerate().all(|(at, b)| if at == 4 { b == b'-' } else { b.is_ascii_digit() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::mapping::DateForm;

    fn format(said: &[&str], zone: &str) -> Format {
        Format {
            dates: said.iter().map(|form| DateForm::parse(form).unwrap()).collect(),
            time_zone: zone.parse().unwrap(),
            ..Format::default()
        }
    }

    #[test]
    fn dates_are_read_in_the_form_that_the_mapping_names() {
        let german = format(&["DD.MM.YYYY"], "UTC");
        assert_eq!(date("03.04.2017", &german).as_deref(), Some("2017-04-03"));
        assert_eq!(date("3.4.2017", &german).as_deref(), Some("2017-04-03"));
        assert_eq!(date("2017-04-03", &german), None);
        assert_eq!(date("30.02.2017", &german), None);
        assert_eq!(date("3.4.17", &german), None);
        assert_eq!(date("3.4.17", &format(&["DD.MM.YYYY", "DD.MM.YY"], "UTC")).as_deref(), Some("2017-04-03"));
        assert_eq!(date("Mar 5, 2017", &format(&["MMM DD, YYYY"], "UTC")).as_deref(), Some("2017-03-05"));
    }

    #[test]
    fn times_are_read_in_the_time_zone_of_the_file() {
        let berlin = format(&["DD.MM.YYYY HH:mm"], "Europe/Berlin");
        assert_eq!(date_time("01.07.2017 09:30", &berlin).as_deref(), Some("2017-07-01T07:30:00Z"));
        assert_eq!(date_time("01.01.2017 09:30", &berlin).as_deref(), Some("2017-01-01T08:30:00Z"));
        assert_eq!(date_time("26.03.2017 02:30", &berlin), None, "the clocks went forward");
        assert_eq!(date_time("2017-03-01", &format(&[], "UTC")).as_deref(), Some("2017-03-01T00:00:00Z"));
        assert_eq!(
            date_time("2017-03-01T10:00:00+02:00", &format(&[], "UTC")).as_deref(),
            Some("2017-03-01T08:00:00Z")
        );
    }
}
