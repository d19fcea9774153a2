//! Records as a file: one line each, page after page, so that however many there are only one page is in memory.
//!
//! An export is a list like any other, made for the one who asks: fields that are not in view cannot be named, records
//! beyond the reach of EXPORT are not there. Values go out as the graph writes them, and come in again by an import.

mod column;
mod page;
mod redacted;

use std::{io, sync::Arc};

use serde_json::Value as Json;

use self::column::Column;
pub use self::{
    page::{First, PAGE, Page},
    redacted::redacted,
};
use crate::{
    catalog::{Catalog, Object},
    csv,
    plan::{Error, Plan},
    query::{Arg, Keyed, ListArgs, ListField, PageField, Query},
};

/// What is asked for.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Fields in the order of the columns: `name`, `companyId`, `company.name`. Empty: all of the object's own.
    pub fields: Vec<String>,
    pub filter: Option<Json>,
    pub order_by: Option<Json>,
}

/// A file of records, ready to be read.
#[derive(Debug)]
pub struct Export {
    /// Counts all records besides.
    first: Plan,
    next: Plan,
    columns: Vec<Column>,
}

/// Why there is no such file.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    #[error("{object} has no field `{field}` to export")]
    UnknownField { object: String, field: String },
    #[error("name each field once")]
    Twice,
    #[error("a file has {MOST_COLUMNS} columns at most")]
    TooMany,
    #[error(transparent)]
    Plan(#[from] Error),
}

const MOST_COLUMNS: usize = 500;

impl Export {
    /// Of an object of the catalog, which is the view of the one who asks.
    pub fn of(catalog: &Arc<Catalog>, object: &Object, wanted: &Wanted) -> Result<Self, ExportError> {
        let columns = if wanted.fields.is_empty() {
            Column::all(object)
        } else {
            let column = |field: &String| {
                Column::named(catalog, object, field).ok_or_else(|| ExportError::UnknownField {
                    object: object.name.to_string(),
                    field: field.chars().take(100).collect(),
                })
            };
            wanted.fields.iter().map(column).collect::<Result<_, _>>()?
        };
        if columns.len() > MOST_COLUMNS {
            return Err(ExportError::TooMany);
        }
        let is_twice = |(at, column): (usize, &Column)| columns[..at].iter().any(|other| other.name == column.name);
        if columns.iter().enumerate().any(is_twice) {
            return Err(ExportError::Twice);
        }
        let plan = |is_first: bool| Plan::compile(&query(object, wanted, &columns, is_first), catalog.clone());
        Ok(Self { first: plan(true)?, next: plan(false)?, columns })
    }

    /// Names of the fields, for the log.
    pub fn fields(&self) -> Vec<&str> {
        self.columns.iter().map(|column| &*column.name).collect()
    }

    /// The first line of a CSV file.
    pub fn csv_head(&self) -> io::Result<String> {
        csv::line(self.columns.iter().flat_map(Column::headers))
    }
}

/// One page of the records; the first one with how many there are in all.
fn query(object: &Object, wanted: &Wanted, columns: &[Column], is_first: bool) -> Query {
    let given = |value: &Option<Json>| value.clone().map_or(Arg::Absent, Arg::Value);
    let args = ListArgs {
        filter: given(&wanted.filter),
        order_by: given(&wanted.order_by),
        first: Arg::Value(PAGE.into()),
        after: if is_first { Arg::Absent } else { Arg::Variable(page::AFTER.into()) },
        exported: true,
        ..ListArgs::default()
    };
    let keyed = |key: &str, what| Keyed { key: key.into(), what };
    let nodes = columns.iter().enumerate().map(|(at, column)| column.selection(at)).collect();
    let info = vec![
        Keyed { key: "end".into(), what: PageField::EndCursor },
        Keyed { key: "more".into(), what: PageField::HasNextPage },
    ];
    let mut select = vec![keyed("info", ListField::PageInfo(info)), keyed("nodes", ListField::Nodes(nodes))];
    if is_first {
        select.push(keyed("total", ListField::TotalCount));
    }
    Query::List { object: object.name.clone(), args, select }
}
