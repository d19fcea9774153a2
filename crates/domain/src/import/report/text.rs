use std::fmt;

use super::{Counts, Flaw, FlawKind, Report, StepReport};

/// Flaws of one step that a person reads; the JSON has them all.
const SHOWN: usize = 20;

impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.dry_run {
            writeln!(out, "Dry run: nothing was written.")?;
        }
        for field in &self.fields {
            writeln!(out, "Made {field}.")?;
        }
        for step in &self.steps {
            step.write(out)?;
        }
        if let Some(problem) = &self.stopped {
            writeln!(out, "Stopped: {problem}")?;
        }
        let total = self.total();
        let seconds = self.milliseconds / 1000;
        let tenths = self.milliseconds % 1000 / 100;
        writeln!(out, "In all {} rows in {seconds}.{tenths} s: {}.", thousands(total.read), outcomes(total))
    }
}

impl StepReport {
    fn write(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "{}: {} to {}: {}.", self.name, rows(self.counts.read), self.label, outcomes(self.counts))?;
        for flaw in self.flaws.iter().take(SHOWN) {
            writeln!(out, "  {}", self.line(flaw))?;
        }
        if self.flaws.len() > SHOWN {
            writeln!(out, "  and {} more", self.flaws.len() - SHOWN)?;
        }
        Ok(())
    }

    fn line(&self, flaw: &Flaw) -> String {
        let value = flaw.value.as_deref().unwrap_or_default();
        let column = &flaw.column;
        let rows = rows(flaw.rows);
        match flaw.kind {
            FlawKind::ReadAs => match flaw.read_as.as_deref().unwrap_or_default() {
                "" => format!("{column} `{value}` read as empty: {rows}"),
                read_as => format!("{column} `{value}` read as `{read_as}`: {rows}"),
            },
            FlawKind::Empty if flaw.rows == 1 => format!("{rows} without {column}"),
            FlawKind::Empty => format!("{} {} without {column}", thousands(flaw.rows), self.label.to_lowercase()),
            FlawKind::LeftOut => format!("{column} `{value}` cannot be read and was left out: {rows}"),
            FlawKind::NotFound => format!("{column} `{value}` was not found and left out: {rows}"),
            FlawKind::Created => format!("{column} `{value}` was not found and created: {rows}"),
        }
    }
}

fn outcomes(counts: Counts) -> String {
    let all = [
        (counts.created, "created"),
        (counts.updated, "updated"),
        (counts.unchanged, "unchanged"),
        (counts.refused, "refused"),
        (counts.skipped, "left out by a rule"),
        (counts.repeated, "repeated"),
    ];
    let said: Vec<_> =
        all.iter().filter(|(rows, _)| *rows > 0).map(|(rows, what)| format!("{} {what}", thousands(*rows))).collect();
    if said.is_empty() { "nothing to do".into() } else { said.join(", ") }
}

fn rows(rows: u64) -> String {
    if rows == 1 { "1 row".into() } else { format!("{} rows", thousands(rows)) }
}

/// `12,345`
pub(crate) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}
