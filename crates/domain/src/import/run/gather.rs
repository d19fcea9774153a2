use std::collections::HashMap;

use crate::import::{
    Refused,
    batch::Written,
    bind::Pass,
    fill::Layout,
    prepare::Prepared,
    problem::Problem,
    report::{Flaw, FlawKind, Report, RowError, StepReport},
    row::RowOutcome,
};

/// The refused rows that an import remembers.
const ERRORS: usize = 1_000;
/// Flaws of one step that a report holds.
const FLAWS: usize = 500;

/// What is known of a run so far.
pub struct Gathered {
    pub fields: Vec<String>,
    pub errors: Vec<RowError>,
    steps: Vec<StepReport>,
    /// Of related records in the step that is being read, by slot and name.
    related: HashMap<(FlawKind, usize, String), u64>,
}

impl Gathered {
    pub fn new(prepared: &Prepared) -> Self {
        Self {
            fields: Vec::new(),
            errors: Vec::new(),
            steps: Vec::with_capacity(prepared.passes.len()),
            related: HashMap::new(),
        }
    }

    pub fn start(&mut self, pass: &Pass) {
        self.related.clear();
        self.steps.push(StepReport {
            name: pass.name.clone(),
            file: pass.file().map(str::to_owned),
            object: pass.object.name.to_string(),
            label: pass.object.label_plural.to_string(),
            ..StepReport::default()
        });
    }

    pub fn end(&mut self, flaws: Vec<Flaw>, layout: &Layout) {
        let mut related: Vec<_> = self.related.drain().collect();
        related.sort_by(|one, other| (other.1, &one.0.2).cmp(&(one.1, &other.0.2)));
        let Some(step) = self.steps.last_mut() else { return };
        step.flaws = flaws;
        for ((kind, slot, name), rows) in related {
            let column = layout.source_name(slot).unwrap_or_default();
            step.flaws.push(match kind {
                FlawKind::Created => Flaw::created(column, &name, rows),
                _ => Flaw::not_found(column, &name, rows),
            });
        }
        step.flaws.truncate(FLAWS);
    }

    /// A row of the step was read, and this became of it.
    pub fn settle(&mut self, outcome: Option<RowOutcome>) {
        let Some(StepReport { counts, .. }) = self.steps.last_mut() else { return };
        counts.read += 1;
        let count = match outcome {
            Some(RowOutcome::Created) => &mut counts.created,
            Some(RowOutcome::Updated) => &mut counts.updated,
            Some(RowOutcome::Unchanged) => &mut counts.unchanged,
            Some(RowOutcome::Refused) => &mut counts.refused,
            Some(RowOutcome::Skipped) => &mut counts.skipped,
            Some(RowOutcome::Repeated) => &mut counts.repeated,
            None => return,
        };
        *count += 1;
    }

    pub fn flaws(&mut self, row: &Written) {
        for flaw in &row.flaws {
            *self.related.entry(flaw.clone()).or_default() += 1;
        }
    }

    pub fn refused(&mut self, row: &Refused) {
        for problem in row.problems {
            if self.errors.len() >= ERRORS {
                return;
            }
            let problem = problem.clone().at_line(row.record.line);
            let problem = row.file.into_iter().fold(problem, Problem::in_file);
            self.errors.push(RowError { step: row.step.to_owned(), problem });
        }
    }

    /// Rows read, in all passes.
    pub fn done(&self) -> u64 {
        self.steps.iter().map(|step| step.counts.read).sum()
    }

    pub fn report(&self, dry_run: bool) -> Report {
        Report { dry_run, steps: self.steps.clone(), fields: self.fields.clone(), ..Report::default() }
    }
}
