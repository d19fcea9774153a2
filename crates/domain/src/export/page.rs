use std::io;

use rapport_tenancy::TenantConn;
use serde::Deserialize;
use serde_json::{Map, Value as Json};

use super::Export;
use crate::{
    csv,
    plan::{Error, Plan},
    query::Variables,
    record::Origin,
    rights::Viewer,
};

/// Records that are read together.
pub const PAGE: usize = 1_000;
/// The variable that says behind which record a page begins.
pub(super) const AFTER: &str = "after";

/// Some of the records, in their order.
#[derive(Debug)]
pub struct Page {
    nodes: Vec<Json>,
    /// Where the next page begins; `None` at the end.
    pub next: Option<String>,
}

#[derive(Debug)]
pub struct First {
    pub page: Page,
    /// How many records there are in all.
    pub total: u64,
}

/// What the plans of an export answer.
#[derive(Deserialize)]
struct Answer {
    nodes: Vec<Json>,
    info: Info,
    #[serde(default)]
    total: u64,
}

#[derive(Deserialize)]
struct Info {
    end: Option<String>,
    more: bool,
}

impl Export {
    /// The first page. What it reads of sensitive fields is in the audit log when it returns.
    pub async fn first(&self, conn: &TenantConn, viewer: &Viewer, origin: &Origin) -> Result<First, Error> {
        let answer = run(&self.first, conn, viewer, &Variables::new(), origin).await?;
        Ok(First { total: answer.total, page: answer.into() })
    }

    /// The page behind a cursor.
    pub async fn next(
        &self,
        conn: &TenantConn,
        viewer: &Viewer,
        after: String,
        origin: &Origin,
    ) -> Result<Page, Error> {
        let variables = Variables::from_iter([(AFTER.to_owned(), after.into())]);
        Ok(run(&self.next, conn, viewer, &variables, origin).await?.into())
    }

    /// The page as lines of a CSV file.
    pub fn csv(&self, page: &Page) -> io::Result<String> {
        let line = |node: &Json| {
            csv::line(self.columns.iter().enumerate().flat_map(|(at, column)| column.cells(column.value(at, node))))
        };
        page.nodes.iter().map(line).collect()
    }

    /// The page as lines of JSON, an object each.
    pub fn json_lines(&self, page: &Page) -> String {
        let line = |node: &Json| {
            let values = self.columns.iter().enumerate();
            let object: Map<String, Json> =
                values.map(|(at, column)| (column.name.to_string(), column.value(at, node).clone())).collect();
            Json::Object(object).to_string() + "\n"
        };
        page.nodes.iter().map(line).collect()
    }
}

async fn run(
    plan: &Plan,
    conn: &TenantConn,
    viewer: &Viewer,
    variables: &Variables,
    origin: &Origin,
) -> Result<Answer, Error> {
    let mut json = Vec::new();
    plan.run(conn, viewer, variables, origin, &mut json).await?;
    serde_json::from_slice(&json).map_err(Error::Answer)
}

impl From<Answer> for Page {
    fn from(Answer { nodes, info, .. }: Answer) -> Self {
        Self { nodes, next: info.end.filter(|_| info.more) }
    }
}
