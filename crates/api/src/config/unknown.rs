//! Variables that look like settings and are none: most are misspelt.

use super::ALL;

const PREFIX: &str = "RAPPORT_";
/// Of the tools around the program: tests, benchmarks, `make`.
const TOOLS: [&str; 6] =
    ["RAPPORT_TEST_", "RAPPORT_E2E_", "RAPPORT_BENCH_", "RAPPORT_INSTALL", "RAPPORT_UPDATE", "RAPPORT_URL"];

/// A line for each of these variables that nobody reads, with the name that was meant.
pub fn warnings(variables: impl IntoIterator<Item = String>) -> Vec<String> {
    let is_unknown = |name: &String| {
        name.starts_with(PREFIX)
            && ALL.iter().all(|setting| setting.name != name)
            && TOOLS.iter().all(|tool| !name.starts_with(tool))
    };
    let mut unknown: Vec<String> = variables.into_iter().filter(is_unknown).collect();
    unknown.sort();
    unknown.iter().map(|name| format!("{name} is no setting; {} is the nearest that is", nearest(name))).collect()
}

fn nearest(name: &str) -> &'static str {
    let names = ALL.iter().map(|setting| setting.name);
    names.min_by_key(|known| strsim::levenshtein(name, known)).expect("there are settings")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_name_is_told_with_the_one_that_was_meant() {
        let names = ["RAPPORT_DATABSE_URL", "RAPPORT_REDIS_URL", "RAPPORT_TEST_DATABASE_URL", "PATH", "RAPPORT_LOGS"];
        assert_eq!(
            warnings(names.map(str::to_owned)),
            [
                "RAPPORT_DATABSE_URL is no setting; RAPPORT_DATABASE_URL is the nearest that is",
                "RAPPORT_LOGS is no setting; RAPPORT_LOG is the nearest that is",
            ]
        );
    }
}
