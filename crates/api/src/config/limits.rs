use crate::limits::Settings;

use super::{
    setting::{Setting, parse},
    source::Source,
};

pub static USER_HOUR: Setting = Setting {
    name: "RAPPORT_LIMIT_USER_HOUR",
    default: Some("36000"),
    expected: "a whole number; 0 switches the limit off",
    about: "requests of one user of one workspace in an hour; also of one address without a sign-in",
};

pub static ADDRESS_HOUR: Setting = Setting {
    name: "RAPPORT_LIMIT_ADDRESS_HOUR",
    default: Some("600"),
    expected: "a whole number; 0 switches the limit off",
    about: "sign-ins, sign-ups and refreshes from one client address in an hour",
};

pub(super) fn read(source: &mut Source) -> Settings {
    Settings {
        user_hour: source.get(&USER_HOUR, parse::number),
        address_hour: source.get(&ADDRESS_HOUR, parse::number),
    }
}
