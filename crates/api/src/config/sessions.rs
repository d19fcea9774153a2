use chrono::Duration;

use super::{
    setting::{Setting, parse},
    source::Source,
};

pub static DAYS: Setting = Setting {
    name: "RAPPORT_SESSION_DAYS",
    default: Some("60"),
    expected: "a whole number from 1 to 3650",
    about: "days after which a session ends, however often it is used",
};

pub static IDLE_DAYS: Setting = Setting {
    name: "RAPPORT_SESSION_IDLE_DAYS",
    default: Some("14"),
    expected: "a whole number from 1 to 3650",
    about: "days without use after which a session ends",
};

pub static KEY_DAYS: Setting = Setting {
    name: "RAPPORT_SIGNING_KEY_DAYS",
    default: Some("90"),
    expected: "a whole number from 1 to 3650; 0: only when somebody runs `rapport signing-key rotate`",
    about: "days after which the key that signs access tokens is replaced",
};

/// How long what lets people in is good for.
#[derive(Debug, Clone, Copy)]
pub struct Sessions {
    pub lifetime: Duration,
    pub idle: Duration,
    /// None: keys are not replaced by themselves.
    pub key_age: Option<Duration>,
}

impl Sessions {
    pub(super) fn read(source: &mut Source) -> Self {
        let days = |least: i64| {
            move |value: &str| parse::number(value).filter(|days| (least..=3650).contains(days)).map(Duration::days)
        };
        Self {
            lifetime: source.get(&DAYS, days(1)),
            idle: source.get(&IDLE_DAYS, days(1)),
            key_age: Some(source.get(&KEY_DAYS, days(0))).filter(|age| !age.is_zero()),
        }
    }
}
