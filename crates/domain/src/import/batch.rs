//! One batch of rows in one transaction: names become ids, then the record engine writes them all.

use std::collections::{BTreeSet, HashMap};

use rapport_tenancy::TenantTx;
use serde_json::{Map, Value as Json};
use uuid::Uuid;

use super::{
    bind::{Pass, Target},
    fill::{Draft, Layout},
    lookup::{Found, Known},
    mapping::Missing,
    problem::{Problem, code},
    report::FlawKind,
};
use crate::{
    record::{self, Mode, Origin, Outcome, RowResult},
    rights::View,
};

/// What is needed to write rows of a pass.
pub struct Batch<'b> {
    pub view: View<'b>,
    pub pass: &'b Pass,
    pub layout: &'b Layout,
    pub origin: &'b Origin,
}

/// What became of a draft.
#[derive(Debug)]
pub struct Written {
    pub outcome: Outcome,
    pub record: Option<Uuid>,
    pub problems: Vec<Problem>,
    /// Slots whose related record was made, or left out.
    pub flaws: Vec<(FlawKind, usize, String)>,
}

impl Written {
    pub fn refused(problems: Vec<Problem>) -> Self {
        Self { outcome: Outcome::Refused, record: None, problems, flaws: Vec::new() }
    }
}

type Related = HashMap<usize, HashMap<String, Answer>>;

/// What a name of a related record comes to.
enum Answer {
    Is(Uuid),
    Made(Uuid),
    LeftOut,
    Refused(Problem),
}

impl Batch<'_> {
    /// Writes the drafts that can be. After an error the transaction is of no use.
    pub async fn write(
        &self,
        tx: &TenantTx,
        known: &mut Known,
        drafts: &[&Draft],
    ) -> Result<Vec<Written>, record::Error> {
        let related = self.relate(tx, known, drafts).await?;
        let mut written: Vec<Written> = Vec::with_capacity(drafts.len());
        let (mut inputs, mut places) = (Vec::with_capacity(drafts.len()), Vec::with_capacity(drafts.len()));
        for (at, draft) in drafts.iter().enumerate() {
            let mut row = Written::refused(Vec::new());
            let input = self.complete(draft, &related, &mut row);
            if row.problems.is_empty() {
                inputs.push(input);
                places.push(at);
            }
            written.push(row);
        }
        let results = if inputs.is_empty() {
            Vec::new()
        } else {
            let (object, match_on) = (&self.pass.object, self.pass.match_on());
            record::upsert(tx, self.view, object, &inputs, &match_on, Mode::Partial, self.origin).await?
        };
        for (place, result) in places.into_iter().zip(results) {
            self.settle(&mut written[place], result);
        }
        Ok(written)
    }

    fn settle(&self, row: &mut Written, result: RowResult) {
        row.outcome = result.outcome;
        row.record = result.id;
        row.problems = result.user_errors.into_iter().map(|error| self.explained(error)).collect();
    }

    /// A refusal of the record engine in the words of the file.
    fn explained(&self, error: record::UserError) -> Problem {
        let slot = error.field.first().and_then(|name| self.pass.slots.iter().position(|slot| slot.input == *name));
        let column =
            slot.map(|slot| self.layout.source_name(slot).unwrap_or(&self.pass.slots[slot].column.field).to_owned());
        column
            .or_else(|| error.field.first().cloned())
            .into_iter()
            .fold(Problem::new(error.code, error.message), Problem::in_column)
    }

    /// The draft's input with its relations.
    fn complete(&self, draft: &Draft, related: &Related, row: &mut Written) -> Map<String, Json> {
        let mut input = draft.input.clone();
        for (slot, name) in &draft.related {
            let answer = related.get(slot).and_then(|names| names.get(name));
            match answer {
                Some(Answer::Is(id)) => {
                    input.insert(self.pass.slots[*slot].input.clone(), Json::String(id.to_string()));
                }
                Some(Answer::Made(id)) => {
                    input.insert(self.pass.slots[*slot].input.clone(), Json::String(id.to_string()));
                    row.flaws.push((FlawKind::Created, *slot, name.clone()));
                }
                Some(Answer::LeftOut) => row.flaws.push((FlawKind::NotFound, *slot, name.clone())),
                Some(Answer::Refused(problem)) => row.problems.push(self.at(*slot, problem.clone())),
                None => {
                    row.problems.push(self.at(*slot, Problem::new(code::RELATED_NOT_FOUND, "Nothing is known of it.")));
                }
            }
        }
        input
    }

    fn at(&self, slot: usize, problem: Problem) -> Problem {
        problem.in_column(self.layout.source_name(slot).unwrap_or(&self.pass.slots[slot].column.field))
    }

    /// Looks up every name that the drafts give related records; makes what is missing and may be made.
    async fn relate(&self, tx: &TenantTx, known: &mut Known, drafts: &[&Draft]) -> Result<Related, record::Error> {
        let mut related = Related::new();
        for (slot, bound) in self.pass.slots.iter().enumerate() {
            let Some(target) = &bound.target else { continue };
            let given = drafts.iter().flat_map(|draft| &draft.related).filter(|(at, _)| *at == slot);
            let names: BTreeSet<&str> = given.map(|(_, name)| name.as_str()).collect();
            if names.is_empty() {
                continue;
            }
            let found = known.find(tx, self.view, slot, target, names).await?;
            let (missing, there): (Vec<_>, Vec<_>) = found.into_iter().partition(|(_, found)| *found == Found::None);
            let mut answers: HashMap<String, Answer> =
                there.into_iter().map(|(name, found)| (name.clone(), standing(target, &name, found))).collect();
            let mut missing: Vec<String> = missing.into_iter().map(|(name, _)| name).collect();
            missing.sort_unstable();
            answers.extend(self.supply(tx, known, slot, target, missing).await?);
            related.insert(slot, answers);
        }
        Ok(related)
    }

    async fn supply(
        &self,
        tx: &TenantTx,
        known: &mut Known,
        slot: usize,
        target: &Target,
        missing: Vec<String>,
    ) -> Result<Vec<(String, Answer)>, record::Error> {
        let label = target.object.label.to_lowercase();
        match target.missing {
            _ if missing.is_empty() => Ok(Vec::new()),
            Missing::Empty => Ok(missing.into_iter().map(|name| (name, Answer::LeftOut)).collect()),
            Missing::Error => {
                let message =
                    |name: &str| format!("There is no {label} whose {} is `{name}`.", target.by.label.to_lowercase());
                let refused = |name: String| {
                    let problem = Problem::new(code::RELATED_NOT_FOUND, message(&name));
                    (name, Answer::Refused(problem))
                };
                Ok(missing.into_iter().map(refused).collect())
            }
            Missing::Create => {
                let inputs: Vec<Map<String, Json>> = missing
                    .iter()
                    .map(|name| [(target.by.name.to_string(), Json::String(name.clone()))].into_iter().collect())
                    .collect();
                let results =
                    record::create(tx, self.view, &target.object, &inputs, Mode::Partial, self.origin).await?;
                let answer = |(name, result): (String, RowResult)| {
                    if let Some(id) = result.id {
                        known.remember(slot, &name, id);
                        (name, Answer::Made(id))
                    } else {
                        let message = result.user_errors.first().map_or("", |error| error.message.as_str());
                        let problem = Problem::new(
                            code::RELATED_NOT_FOUND,
                            format!("There is no {label} `{name}`, and it cannot be made: {message}"),
                        );
                        (name, Answer::Refused(problem))
                    }
                };
                Ok(missing.into_iter().zip(results).map(answer).collect())
            }
        }
    }
}

fn standing(target: &Target, name: &str, found: Found) -> Answer {
    if let Found::One(id) = found {
        return Answer::Is(id);
    }
    let (many, by) = (target.object.label_plural.to_lowercase(), target.by.label.to_lowercase());
    Answer::Refused(Problem::new(code::RELATED_AMBIGUOUS, format!("There are several {many} whose {by} is `{name}`.")))
}
