use crate::limits::Settings;

use super::{
    setting::{Setting, parse},
    source::Source,
};

pub static USER_HOUR: Setting = Setting {
    name: "RAPPORT_LIMIT_USER_HOUR",
    default: Some("1000"),
    expected: "a whole number; 0 switches the limit off",
    about: "requests of one user of one workspace in an hour (`rapport dev`: 36000)",
};

pub static ADDRESS_HOUR: Setting = Setting {
    name: "RAPPORT_LIMIT_ADDRESS_HOUR",
    default: Some("100"),
    expected: "a whole number; 0 switches the limit off",
    about: "requests of one client address without a sign-in, and attempts to sign in or up, in an hour (`rapport dev`: 3600)",
};

pub static ACCOUNT_HOUR: Setting = Setting {
    name: "RAPPORT_LIMIT_ACCOUNT_HOUR",
    default: Some("30"),
    expected: "a whole number; 0 switches the limit off",
    about: "attempts to sign in to one account from where it was not used before, or to enter its codes, in an hour (`rapport dev`: 600)",
};

pub static INVITATION_HOUR: Setting = Setting {
    name: "RAPPORT_LIMIT_INVITATION_HOUR",
    default: Some("200"),
    expected: "a whole number; 0 switches the limit off",
    about: "invitations that one workspace sends in an hour, and one person in all of theirs (`rapport dev`: 1000)",
};

/// What may be asked in an hour, as far as somebody chose it.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    user: Option<u32>,
    address: Option<u32>,
    account: Option<u32>,
    invitation: Option<u32>,
}

impl Limits {
    /// The rest as it is usual.
    pub fn or(self, usual: Settings) -> Settings {
        Settings {
            user_hour: self.user.unwrap_or(usual.user_hour),
            address_hour: self.address.unwrap_or(usual.address_hour),
            account_hour: self.account.unwrap_or(usual.account_hour),
            invitation_hour: self.invitation.unwrap_or(usual.invitation_hour),
        }
    }

    /// For `rapport dev`: what nobody chose is wide enough to try things out.
    #[must_use]
    pub fn for_development(self) -> Self {
        let Settings { user_hour, address_hour, account_hour, invitation_hour } = self.or(Settings::DEVELOPMENT);
        Self {
            user: Some(user_hour),
            address: Some(address_hour),
            account: Some(account_hour),
            invitation: Some(invitation_hour),
        }
    }

    pub(super) fn read(source: &mut Source) -> Self {
        Self {
            user: source.optional(&USER_HOUR, parse::number),
            address: source.optional(&ADDRESS_HOUR, parse::number),
            account: source.optional(&ACCOUNT_HOUR, parse::number),
            invitation: source.optional(&INVITATION_HOUR, parse::number),
        }
    }
}
