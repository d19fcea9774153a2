use std::{fmt, sync::Arc};

use rapport_tenancy::{DbError, TenantTx};

use super::{
    check::check,
    file::Part,
    parse::{parse, problems},
    plan::{Act, Change, Phase, Plan, Step},
    problem::Problem,
};
use crate::{
    catalog::{
        Catalog,
        registry::{self, Answer, Registry, Taken},
    },
    record::{Origin, UserError, code as record_code},
    rights::{self, Administration},
};

/// What became of a template, or would.
#[derive(Debug, Clone)]
pub struct Applied {
    /// What is created, restored, changed and left alone, in the order of the file.
    pub changes: Vec<Change>,
    /// How many of its parts were as it says already.
    pub unchanged: usize,
    /// Why it is refused; then the transaction must be rolled back.
    pub problems: Vec<Problem>,
    /// Of the tenant, as its owners see it from now on.
    pub catalog: Arc<Catalog>,
    pub metadata_version: i64,
}

/// Makes a tenant have what a template says, all of it or nothing: the caller commits where there are no problems, and rolls
/// back otherwise; or in any case, to see what would be. What the tenant has beside is left alone. Applied again, it
/// changes nothing. `taken` knows what else the graph calls by the names of new objects.
pub async fn apply(tx: &TenantTx, origin: &Origin, text: &str, taken: &Taken<'_>) -> Result<Applied, DbError> {
    let metadata_version = registry::lock(tx).await?;
    let registry = Registry::read(tx).await?;
    let catalog = Arc::new(Catalog::with(&registry));
    let mut applied = Applied { changes: Vec::new(), unchanged: 0, problems: Vec::new(), catalog, metadata_version };
    if !rights::load(tx).await?.rights.may(Administration::Metadata) {
        let message = "You may not change objects and fields.";
        applied.problems.push(Problem::of(UserError::new(record_code::FORBIDDEN, message), None));
        return Ok(applied);
    }
    let (template, places) = match parse(text) {
        Ok(read) => read,
        Err(problems) => {
            applied.problems = problems;
            return Ok(applied);
        }
    };
    let mut errors = check(&template, &applied.catalog);
    let plan = Plan::of(&template, &registry, &applied.catalog);
    (applied.changes, applied.unchanged) = (plan.changes, plan.unchanged);
    errors.extend(plan.errors);
    if !errors.is_empty() {
        applied.problems = problems(errors, &places);
        return Ok(applied);
    }
    let mut phase = Phase::Objects;
    for step in plan.steps {
        // What follows would be refused for want of what was.
        if !errors.is_empty() && step.phase != phase {
            break;
        }
        phase = step.phase;
        let answer = make(tx, origin, &step, taken).await?;
        (applied.catalog, applied.metadata_version) = (answer.catalog, answer.metadata_version);
        errors.extend(answer.user_errors.into_iter().map(|error| in_file(error, step.part)));
    }
    applied.problems = problems(errors, &places);
    Ok(applied)
}

async fn make(tx: &TenantTx, origin: &Origin, step: &Step, taken: &Taken<'_>) -> Result<Answer, DbError> {
    match &step.act {
        Act::CreateObject(input) => registry::create_bare_object(tx, origin, input, taken).await,
        Act::RestoreObject { name } => registry::restore_object(tx, origin, name).await,
        Act::UpdateObject { name, input } => registry::update_object(tx, origin, name, input).await,
        Act::CreateField { object, input } => registry::create_field(tx, origin, object, input).await,
        Act::RestoreField { object, name } => registry::restore_field(tx, origin, object, name).await,
        Act::UpdateField { object, name, input } => registry::update_field(tx, origin, object, name, input, None).await,
        Act::Arrange { object, sections } => registry::arrange_fields(tx, origin, object, sections).await,
    }
}

/// An error about what the registry was told is one about what the file says.
fn in_file(mut error: UserError, (part, at): (Part, usize)) -> UserError {
    if error.field.first().is_some_and(|step| step == "input") {
        error.field.remove(0);
    }
    error.under(at.to_string()).under(part.key())
}

/// For people: a line for each change, then how much is the same.
impl fmt::Display for Applied {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for change in &self.changes {
            writeln!(out, "{} {}", change.action.sign(), change.description)?;
        }
        write!(out, "= {} unchanged", self.unchanged)
    }
}
