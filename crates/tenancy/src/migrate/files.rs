/// A migration as it is in the binary.
pub(crate) struct Migration {
    pub version: i32,
    pub name: &'static str,
    pub sql: &'static str,
}

// `CONTROL` and `TENANT`: what the folders of `migrations/` hold.
include!(concat!(env!("OUT_DIR"), "/migrations.rs"));

/// The four digits that a file's name starts with.
const fn version_of(name: &str) -> i32 {
    let digits = name.as_bytes();
    let mut version = 0;
    let mut at = 0;
    while at < 4 {
        assert!(digits[at].is_ascii_digit(), "a migration's name starts with four digits");
        version = version * 10 + (digits[at] - b'0') as i32;
        at += 1;
    }
    version
}

pub(crate) const fn latest_tenant_version() -> i32 {
    TENANT[TENANT.len() - 1].version
}

/// Changes whenever any migration does: names the template database of tests.
#[cfg(feature = "testing")]
pub(crate) fn fingerprint() -> String {
    let files = CONTROL.iter().chain(TENANT).map(|file| file.sql);
    super::ledger::checksum(&files.chain(super::shared::STATEMENTS).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on_disk(folder: &str) -> Vec<String> {
        let path = format!("{}/../../migrations/{folder}", env!("CARGO_MANIFEST_DIR"));
        let mut names: Vec<_> = std::fs::read_dir(path)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter_map(|name| name.strip_suffix(".sql").map(str::to_owned))
            .collect();
        names.sort();
        names
    }

    #[test]
    fn every_file_is_in_the_binary() {
        for (folder, listed) in [("control", CONTROL), ("tenant", TENANT)] {
            let listed: Vec<_> = listed.iter().map(|file| file.name).collect();
            assert_eq!(on_disk(folder), listed, "migrations/{folder}");
        }
    }

    #[test]
    fn versions_go_up_one_by_one() {
        for listed in [CONTROL, TENANT] {
            let versions: Vec<_> = listed.iter().map(|file| file.version).collect();
            assert_eq!(versions, (1..=i32::try_from(listed.len()).unwrap()).collect::<Vec<_>>());
        }
        assert!(super::super::OLDEST_SERVED <= latest_tenant_version());
    }
}
