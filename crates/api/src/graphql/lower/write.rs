use std::sync::Arc;

use rapport_domain::{
    catalog::Object,
    plan::Plan,
    query::{Arg, Keyed},
};

use super::{
    Error, Lowering,
    arguments::arg,
    collect::{Asked, Sets},
};
use crate::graphql::names::{self, Verb};

/// A mutation of records: what to do, and what to tell of it.
#[derive(Debug)]
pub struct Write {
    pub verb: Verb,
    pub object: Arc<Object>,
    pub args: WriteArgs,
    /// Of the payload; for batches, of each of its results.
    pub payload: Vec<Keyed<PayloadPart>>,
    /// For batches: the keys of the payload itself.
    pub batch: Vec<Keyed<BatchPart>>,
}

#[derive(Debug)]
pub struct WriteArgs {
    pub id: Arg,
    pub input: Arg,
    pub inputs: Arg,
    pub filter: Arg,
    pub match_on: Arg,
    pub if_version: Arg,
    pub atomic: Arg,
}

#[derive(Debug)]
pub enum BatchPart {
    Constant(Arc<str>),
    Results(Vec<Keyed<PayloadPart>>),
}

#[expect(clippy::large_enum_variant, reason = "prepared once, read often: a box would be one more place to look")]
#[derive(Debug)]
pub enum PayloadPart {
    Constant(Arc<str>),
    Id,
    Outcome,
    Record(Plan),
    UserErrors(Vec<Keyed<ErrorPart>>),
}

#[derive(Debug, Clone)]
pub enum ErrorPart {
    Constant(Arc<str>),
    Code,
    Field,
    Message,
}

impl Lowering<'_> {
    pub(super) fn write(&self, verb: Verb, object: &Arc<Object>, asked: &Asked<'_>) -> Result<Write, Error> {
        let args = WriteArgs {
            id: arg(asked, "id"),
            input: arg(asked, "input"),
            inputs: arg(asked, "inputs"),
            filter: arg(asked, "filter"),
            match_on: arg(asked, "matchOn"),
            if_version: arg(asked, "ifVersion"),
            atomic: arg(asked, "atomic"),
        };
        let (mut payload, mut batch) = (Vec::new(), Vec::new());
        if verb.is_batch() {
            for asked in self.collector.fields(&asked.sets) {
                batch.push(match asked.name() {
                    "__typename" => asked.keyed(BatchPart::Constant(names::batch_payload(object).into())),
                    _ => asked.keyed(BatchPart::Results(self.payload(
                        object,
                        &asked.sets,
                        &names::batch_result(object),
                    )?)),
                });
            }
        } else {
            payload = self.payload(object, &asked.sets, &names::payload(object))?;
        }
        Ok(Write { verb, object: object.clone(), args, payload, batch })
    }

    fn payload(
        &self,
        object: &Arc<Object>,
        sets: &Sets<'_>,
        type_name: &str,
    ) -> Result<Vec<Keyed<PayloadPart>>, Error> {
        let item = |asked: &Asked<'_>| {
            Ok(asked.keyed(match asked.name() {
                "__typename" => PayloadPart::Constant(type_name.into()),
                "id" => PayloadPart::Id,
                "outcome" => PayloadPart::Outcome,
                "userErrors" => PayloadPart::UserErrors(self.user_errors(asked)?),
                _ => {
                    let select = self.record(object, asked)?;
                    PayloadPart::Record(Plan::of_record(object, &select, self.catalog.clone())?)
                }
            }))
        };
        self.collector.fields(sets).iter().map(item).collect()
    }

    fn user_errors(&self, asked: &Asked<'_>) -> Result<Vec<Keyed<ErrorPart>>, Error> {
        let item = |asked: &Asked<'_>| {
            Ok(asked.keyed(match asked.name() {
                "__typename" => ErrorPart::Constant(names::USER_ERROR.into()),
                "code" => ErrorPart::Code,
                "field" => ErrorPart::Field,
                "message" => ErrorPart::Message,
                other => return Err(Error::Unknown(other.into())),
            }))
        };
        self.collector.fields(&asked.sets).iter().map(item).collect()
    }
}
