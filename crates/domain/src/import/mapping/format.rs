use chrono::{
    DateTime, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, TimeZone, Utc,
    format::{Item, StrftimeItems},
};
use chrono_tz::Tz;

use super::document::Section;
use crate::catalog::types::cell::number::Decimal;

/// How values are written in a file. Said for a step, a column may say otherwise.
#[derive(Debug, Clone)]
pub struct Format {
    /// Tried in order; none means ISO 8601.
    pub dates: Vec<DateForm>,
    /// Where the clock stood that date-times without an offset were read from.
    pub time_zone: Tz,
    pub decimal: char,
    pub thousands: Option<char>,
    /// What a number is multiplied with: revenue in millions.
    pub multiplier: Option<Decimal>,
    pub currency: Option<Currency>,
    /// Between the values of a multi-select.
    pub separator: char,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Currency {
    Constant(String),
    Column(String),
}

/// How a date or date-time is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DateForm {
    /// As the mapping has it: `DD.MM.YYYY`.
    pub said: String,
    strftime: String,
    offset: bool,
}

impl Default for Format {
    fn default() -> Self {
        Self {
            dates: Vec::new(),
            time_zone: Tz::UTC,
            decimal: '.',
            thousands: None,
            multiplier: None,
            currency: None,
            separator: ';',
        }
    }
}

impl Format {
    /// What `section` says, and where it says nothing what `self` says.
    pub(super) fn refined(&self, section: &Section) -> Self {
        let mut format = self.clone();
        if let Some(entry) = section.get("date") {
            let forms: Vec<_> = entry.list().unwrap_or_default().iter().map(|form| DateForm::parse(form)).collect();
            format.dates =
                forms.into_iter().filter_map(|form| form.map_err(|expected| entry.refuse(&expected)).ok()).collect();
        }
        if let Some(entry) = section.get("time_zone")
            && let Some(name) = entry.text()
        {
            match name.parse() {
                Ok(zone) => format.time_zone = zone,
                Err(_) => {
                    entry
                        .refuse(&format!("`{name}` is no time zone; expected a name such as `Europe/Berlin` or `UTC`"));
                }
            }
        }
        if let Some(decimal) = letter(section, "decimal") {
            format.decimal = decimal;
        }
        if let Some(thousands) = letter(section, "thousands") {
            format.thousands = Some(thousands);
        }
        if format.thousands == Some(format.decimal) {
            section.refuse("`decimal` and `thousands` cannot be the same sign");
        }
        if let Some(separator) = letter(section, "separator") {
            format.separator = separator;
        }
        if let Some(entry) = section.get("multiplier") {
            format.multiplier = entry.scalar().and_then(|number| Decimal::parse(&number));
            if format.multiplier.is_none() {
                entry.refuse("expected a number such as 1000000 or 0.01");
            }
        }
        format.currency = currency(section).or(format.currency);
        format
    }
}

fn letter(section: &Section, key: &'static str) -> Option<char> {
    let entry = section.get(key)?;
    let text = entry.text()?;
    let mut letters = text.chars();
    match (letters.next(), letters.next()) {
        (Some(letter), None) if !letter.is_alphanumeric() => Some(letter),
        _ => {
            entry.refuse(&format!("expected one sign, found `{text}`"));
            None
        }
    }
}

fn currency(section: &Section) -> Option<Currency> {
    let constant = section.get("currency");
    let column = section.text("currency_column");
    match (constant, column) {
        (Some(entry), Some(_)) => {
            entry.refuse("a column has either `currency` or `currency_column`, not both");
            None
        }
        (_, Some(column)) => Some(Currency::Column(column)),
        (Some(entry), None) => {
            let code = entry.text()?;
            let sound = code.len() == 3 && code.bytes().all(|letter| letter.is_ascii_uppercase());
            if !sound {
                entry.refuse(&format!("`{code}` is no ISO 4217 code; expected one such as `EUR`"));
            }
            sound.then_some(Currency::Constant(code))
        }
        (None, None) => None,
    }
}

impl DateForm {
    /// `DD.MM.YYYY HH:mm` and the like, or strftime's `%d.%m.%Y`.
    pub fn parse(said: &str) -> Result<Self, String> {
        let strftime = if said.contains('%') { said.to_owned() } else { from_letters(said) };
        let unknown = StrftimeItems::new(&strftime).any(|item| matches!(item, Item::Error));
        if unknown || !strftime.contains('%') {
            return Err(format!(
                "`{said}` is no date format; expected one such as `DD.MM.YYYY`, `MM/DD/YYYY HH:mm` or `%d.%m.%Y`"
            ));
        }
        let offset = strftime.contains("%z") || strftime.contains("%:z") || strftime.contains("%+");
        Ok(Self { said: said.into(), strftime, offset })
    }

    pub fn date(&self, text: &str) -> Option<NaiveDate> {
        NaiveDate::parse_from_str(text, &self.strftime).ok()
    }

    /// An instant; a date alone is its first moment in `zone`. A time that a clock change leaves out is none,
    /// one that comes twice is the first.
    pub fn date_time(&self, text: &str, zone: Tz) -> Option<DateTime<Utc>> {
        if self.offset {
            return DateTime::parse_from_str(text, &self.strftime).ok().map(|moment| moment.to_utc());
        }
        let local = NaiveDateTime::parse_from_str(text, &self.strftime)
            .ok()
            .or_else(|| self.date(text).map(|date| date.and_time(NaiveTime::MIN)))?;
        in_zone(local, zone)
    }
}

pub fn in_zone(local: NaiveDateTime, zone: Tz) -> Option<DateTime<Utc>> {
    match zone.from_local_datetime(&local) {
        LocalResult::Single(moment) | LocalResult::Ambiguous(moment, _) => Some(moment.to_utc()),
        LocalResult::None => None,
    }
}

fn from_letters(said: &str) -> String {
    const WORDS: [(&str, &str); 11] = [
        ("YYYY", "%Y"),
        ("YY", "%y"),
        ("MMMM", "%B"),
        ("MMM", "%b"),
        ("MM", "%m"),
        ("DD", "%d"),
        ("HH", "%H"),
        ("hh", "%I"),
        ("mm", "%M"),
        ("ss", "%S"),
        ("A", "%p"),
    ];
    let mut out = String::new();
    let mut rest = said;
    while let Some(first) = rest.chars().next() {
        if let Some((word, form)) = WORDS.iter().find(|(word, _)| rest.starts_with(word)) {
            out.push_str(form);
            rest = &rest[word.len()..];
        } else {
            out.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    out
}
