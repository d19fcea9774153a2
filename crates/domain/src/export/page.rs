use rapport_tenancy::TenantConn;
use serde_json::{Map, Value as Json};

use super::{Export, csv_line};
use crate::{plan::Error, query::Variables, record::Origin, rights::Viewer};

/// Records that are read together.
pub const PAGE: usize = 1_000;
/// The variable that says behind which record a page begins.
pub(super) const AFTER: &str = "after";

/// Some of the records, in their order.
#[derive(Debug)]
pub struct Page {
    nodes: Vec<Json>,
    /// How many there are in all.
    pub total: u64,
    /// Where the next page begins; `None` at the end.
    pub next: Option<String>,
}

impl Export {
    /// The page behind a cursor, or the first. What it reads of sensitive fields is in the audit log when it returns.
    pub async fn page(
        &self,
        conn: &TenantConn,
        viewer: &Viewer,
        after: Option<String>,
        origin: &Origin,
    ) -> Result<Page, Error> {
        let mut variables = Variables::new();
        if let Some(after) = after {
            variables.insert(AFTER.to_owned(), after.into());
        }
        let mut json = Vec::new();
        self.plan.run(conn, viewer, &variables, origin, &mut json).await?;
        let mut answer: Json = serde_json::from_slice(&json).unwrap_or_default();
        let nodes = match answer["nodes"].take() {
            Json::Array(nodes) => nodes,
            _ => Vec::new(),
        };
        let more = answer["info"]["more"] == Json::Bool(true);
        let next = answer["info"]["end"].as_str().filter(|_| more).map(str::to_owned);
        Ok(Page { nodes, total: answer["total"].as_u64().unwrap_or_default(), next })
    }

    /// The page as lines of a CSV file.
    pub fn csv(&self, page: &Page) -> String {
        let line = |node: &Json| {
            csv_line(self.columns.iter().enumerate().flat_map(|(at, column)| column.cells(column.value(at, node))))
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
