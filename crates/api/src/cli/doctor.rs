use std::process::ExitCode;

use clap::Args;
use rapport_tenancy::Severity;

use super::{Common, Failure, database};

/// Looks for gaps between the database and this release, and says which command closes each.
#[derive(Debug, Args)]
pub struct Doctor;

impl Doctor {
    pub fn run(common: &Common) -> Result<ExitCode, Failure> {
        database::with(common, async |tenancy| {
            let findings = tenancy.doctor().await?;
            if findings.is_empty() {
                answer!("All is well.");
            }
            for finding in &findings {
                let word = match finding.severity {
                    Severity::Warning => "warning",
                    Severity::Error => "error",
                };
                answer!("{word}: {}\n    {}", finding.what, finding.command);
            }
            let broken = findings.iter().any(|finding| finding.severity == Severity::Error);
            Ok(if broken { ExitCode::FAILURE } else { ExitCode::SUCCESS })
        })
    }
}
