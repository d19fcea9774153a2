use std::path::PathBuf;

use super::{setting::Setting, source::Source};
use crate::embedded::Root;

pub static DATA_DIR: Setting = Setting {
    name: "RAPPORT_DATA_DIR",
    default: Some(".rapport"),
    expected: "a folder",
    about: "where the embedded servers and their data live",
};

pub static ROOT: Setting = Setting {
    name: "RAPPORT_EMBEDDED_ROOT",
    default: None,
    expected: "unshare or setpriv",
    about: "how root runs the embedded PostgreSQL, which refuses root: in a user namespace or as another user; unset: what works",
};

/// The servers of our own.
#[derive(Debug, Clone)]
pub struct Embedded {
    pub data_dir: PathBuf,
    pub root: Option<Root>,
}

impl Embedded {
    pub(super) fn read(source: &mut Source) -> Self {
        Self {
            data_dir: source.get(&DATA_DIR, |value| Some(PathBuf::from(value))),
            root: source.optional(&ROOT, |value| match value {
                "unshare" => Some(Root::Unshare),
                "setpriv" => Some(Root::Setpriv),
                _ => None,
            }),
        }
    }
}
