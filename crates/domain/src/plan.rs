//! Reads of records: a [`Query`](crate::query::Query) compiled for a role, and run.
//!
//! [`Plan::compile`] takes the query and a [`Catalog`] as a role sees it; there is no other way to a
//! plan, and nothing else reads records, so rights cannot be forgotten. A plan holds all that does not
//! change from request to request: columns, joins, edges, and how the answer is laid out. Running it
//! takes the request's variables: it binds filters, sorts and windows (`filter`, `sort`, `window`),
//! loads level by level, one statement an edge (`load`), and writes JSON from the binary rows (`json`).

mod aggregate;
mod compile;
mod cursor;
mod error;
mod expression;
mod filter;
mod guard;
mod json;
mod keys;
mod list;
mod load;
mod operand;
mod record;
mod sealed;
mod seen;
mod sort;
mod sql;
mod unreadable;
mod window;

use std::{collections::HashMap, sync::Arc};

use rapport_tenancy::TenantConn;
use uuid::Uuid;

use self::keys::Keys;
pub use self::{
    error::{Error, Path},
    seen::{Told, note_told},
    unreadable::{Reason, Step, Unreadable},
    window::MAX_PAGE,
};
pub(crate) use self::{
    expression::{comparable, relation as pointer},
    filter::escaped,
    seen::Seen,
    sql::Sql,
};
use crate::{
    catalog::{Catalog, Object},
    query::{Arg, Query, Selection, Variables},
    record::Origin,
    rights::{View, Viewer},
};

/// A query compiled for somebody's rights. Cheap to share; holds no tenant's name or data.
#[derive(Debug)]
pub struct Plan {
    catalog: Arc<Catalog>,
    root: Root,
}

#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "one for each plan, behind its Arc")]
enum Root {
    Record { id: Arg, record: record::Reading },
    List(list::List),
    Aggregate(aggregate::Aggregate),
}

impl Plan {
    /// # Errors
    /// [`Error::Unknown`] where the query names what is not in the catalog.
    pub fn compile(query: &Query, catalog: Arc<Catalog>) -> Result<Self, Error> {
        let compiler = compile::Compiler::new(&catalog);
        let root = match query {
            Query::Record { object, id, select } => {
                Root::Record { id: id.clone(), record: compiler.reading(compiler.object(object)?, select)? }
            }
            Query::List { object, args, select } => {
                Root::List(compiler.list(compiler.object(object)?, args, select, Path::new())?)
            }
            Query::Aggregate { object, args, select } => {
                Root::Aggregate(compiler.aggregate(compiler.object(object)?, args, select)?)
            }
        };
        Ok(Self { catalog, root })
    }

    /// The plan that reads one record of `object` by an id known only at run time.
    pub fn of_record(object: &Arc<Object>, select: &[Selection], catalog: Arc<Catalog>) -> Result<Self, Error> {
        let record = compile::Compiler::new(&catalog).reading(object, select)?;
        Ok(Self { root: Root::Record { id: Arg::Absent, record }, catalog })
    }

    /// Runs the plan and appends its answer, as JSON, to `out`. On an error `out` may hold half an answer. When it
    /// returns, the audit log has an entry, with the origin, about the sensitive fields that were read.
    pub async fn run(
        &self,
        conn: &TenantConn,
        viewer: &Viewer,
        variables: &Variables,
        origin: &Origin,
        out: &mut Vec<u8>,
    ) -> Result<Ran, Error> {
        let keys = Keys::of(conn, &self.catalog).await?;
        let run = load::Run { conn, catalog: &self.catalog, viewer, variables, keys, seen: Seen::default() };
        let unreadable = match &self.root {
            Root::Record { id, record } => {
                let id = operand::id(id.resolve(variables).as_ref(), "id")?;
                run.record(record, id, out).await
            }
            Root::List(list) => run.root_list(list, out).await,
            Root::Aggregate(aggregate) => run.aggregate(aggregate, out).await,
        }?;
        let noted = run.seen.note(conn, &self.catalog, origin).await?;
        Ok(Ran { unreadable, noted })
    }

    /// Runs a plan made by [`Plan::of_record`] for these ids, in the bin or not. Answers with each that is there.
    pub async fn run_for(
        &self,
        conn: &TenantConn,
        viewer: &Viewer,
        ids: &[Uuid],
        variables: &Variables,
        origin: &Origin,
    ) -> Result<HashMap<Uuid, Written>, Error> {
        let Root::Record { record, .. } = &self.root else { return Err(Error::Unknown("a record".into())) };
        let keys = Keys::of(conn, &self.catalog).await?;
        let run = load::Run { conn, catalog: &self.catalog, viewer, variables, keys, seen: Seen::default() };
        let written = run.records_of(record, ids).await?;
        run.seen.note(conn, &self.catalog, origin).await?;
        Ok(written)
    }
}

/// What there is to tell of a run beside its answer.
#[derive(Debug)]
pub struct Ran {
    /// The values in the answer that could not be read.
    pub unreadable: Vec<Unreadable>,
    /// Something entered the audit log.
    pub noted: bool,
}

/// A record as JSON, with the values in it that could not be read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Written {
    pub json: Vec<u8>,
    pub unreadable: Vec<Unreadable>,
}

/// The ids of the records that `filter` matches, oldest first.
///
/// # Errors
/// [`Error::TooMany`] where more than `most` match: nothing is cut off in silence.
pub async fn matching_ids(
    conn: &TenantConn,
    view: View<'_>,
    object: &Object,
    filter: &serde_json::Value,
    most: usize,
    origin: &Origin,
) -> Result<Vec<Uuid>, Error> {
    load::matching_ids(conn, view, object, filter, most, origin).await
}

/// Enters into the audit log that somebody looked for records by this filter, where it names sensitive fields.
pub async fn note_filter(
    conn: &TenantConn,
    view: View<'_>,
    object: &Object,
    filter: &serde_json::Value,
    origin: &Origin,
) -> Result<(), Error> {
    let mut sql = Sql::new(conn.scope().schema(), view);
    let keys = Keys::of(conn, view.catalog).await?;
    // One that does not compile looked for nothing.
    if filter::compile(&mut sql, view.catalog, object, "t", filter, "filter", &keys).is_ok() {
        let seen = Seen::default();
        seen.touch(&sql.touched);
        seen.note(conn, view.catalog, origin).await?;
    }
    Ok(())
}

/// Whether a filter is one of the object's, whatever it matches.
pub(crate) fn check_filter(catalog: &Catalog, object: &Object, filter: &serde_json::Value) -> Result<(), Error> {
    let viewer = Viewer::default();
    let mut sql = Sql::new("", View { catalog, viewer: &viewer });
    filter::compile(&mut sql, catalog, object, "t", filter, "rule", &Keys::None)
}
