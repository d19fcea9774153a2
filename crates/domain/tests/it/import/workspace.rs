use std::sync::Arc;

use bytes::Bytes;
use rapport_domain::record::Origin;
use rapport_domain::{
    catalog::Catalogs,
    import::{self, Done, Error, Files, Observer, Problem, Report, Request, State},
};
use rapport_tenancy::{
    Settings, Tenancy, TenantDb,
    testing::{self, TestDatabase},
};

use super::lossy::Lossy;

/// An empty workspace, and the command line's way into it.
pub struct Workspace {
    pub db: TenantDb,
    pub catalogs: Arc<Catalogs>,
    _tenancy: Tenancy,
    database: TestDatabase,
}

impl Workspace {
    pub async fn new() -> Self {
        let database = TestDatabase::create().await;
        let tenancy = database.tenancy().await;
        let (tenant, _) = testing::workspace(&tenancy, "imports").await;
        let scope = tenancy.system_scope(&tenant.slug).await.unwrap().expect("the new workspace");
        let db = tenancy.open(&scope);
        Self { db, catalogs: Arc::default(), _tenancy: tenancy, database }
    }

    /// The same workspace by another way.
    pub async fn by(&self, way: &Lossy) -> Self {
        let url = self.database.url();
        let server = url.split_once('@').map_or(url.as_str(), |(_, rest)| rest).trim_start_matches("postgres://");
        let server = server.split('/').next().unwrap_or_default().to_owned();
        let address = way.to(server.clone()).await.to_string();
        let tenancy = Tenancy::connect(Settings::new(url.replace(&server, &address))).await.unwrap();
        let scope = tenancy.system_scope("imports").await.unwrap().expect("the workspace");
        let db = tenancy.open(&scope);
        Self { db, catalogs: Arc::default(), _tenancy: tenancy, database: self.database.clone() }
    }

    pub async fn try_import(&self, request: Request) -> Result<Done, Vec<Problem>> {
        self.watched(request, &mut ()).await
    }

    pub async fn watched(&self, request: Request, observer: &mut dyn Observer) -> Result<Done, Vec<Problem>> {
        match import::run(&self.db, &self.catalogs, request, observer).await {
            Ok(done) => Ok(done),
            Err(Error::Refused(problems)) => Err(problems),
            Err(error) => panic!("{error:?}"),
        }
    }

    /// An import that has to come to its end.
    pub async fn import(&self, request: Request) -> Done {
        let done = self.try_import(request).await.unwrap_or_else(|problems| panic!("{problems:#?}"));
        assert_eq!(done.state, State::Succeeded, "{}", done.report);
        done
    }

    /// One value as text; `{t}` is the schema.
    pub async fn one(&self, sql: &str) -> String {
        self.all(sql).await.into_iter().next().unwrap_or_default()
    }

    /// Rows of one column as text.
    pub async fn all(&self, sql: &str) -> Vec<String> {
        let sql = sql.replace("{t}", self.db.scope().schema());
        let rows = self.db.session().await.unwrap().query(&format!("SELECT q::text FROM ({sql}) AS s(q)"), &[]).await;
        let rows = rows.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
        rows.iter().map(|row| row.try_get::<_, Option<String>>(0).unwrap().unwrap_or_else(|| "-".into())).collect()
    }

    /// What all records hold, whatever their ids and times.
    pub async fn contents(&self) -> Vec<String> {
        let mut all = Vec::new();
        for (table, columns) in [
            ("users", "name, (SELECT name FROM {t}.team WHERE id = x.team_id)"),
            ("team", "name, region, (SELECT name FROM {t}.users WHERE id = x.manager_id)"),
            (
                "company",
                "name, industry, annual_revenue_minor, address, (SELECT name FROM {t}.company WHERE id = x.parent_id)",
            ),
            ("product", "name, family, price_minor"),
            ("stage", "name, type, position, (SELECT name FROM {t}.pipeline WHERE id = x.pipeline_id)"),
            (
                "opportunity",
                "external_id, name, status, amount_minor, opened_at, closed_at, \
                 (SELECT name FROM {t}.stage WHERE id = x.stage_id), (SELECT name FROM {t}.company WHERE id = x.company_id), \
                 (SELECT name FROM {t}.users WHERE id = x.owner_id)",
            ),
            (
                "line_item",
                "external_id, quantity, unit_price_minor, (SELECT external_id FROM {t}.opportunity WHERE id = x.opportunity_id)",
            ),
        ] {
            let sql = format!(
                "SELECT ('{table}', {columns})::text FROM {{t}}.{table} AS x WHERE deleted_at IS NULL ORDER BY 1"
            );
            all.extend(self.all(&sql).await);
        }
        all
    }
}

pub fn request(mapping: &str, files: &[(&str, &[u8])]) -> Request {
    let files = files.iter().map(|(name, content)| ((*name).to_owned(), Bytes::copy_from_slice(content)));
    Request {
        name: "mapping.toml".into(),
        mapping: mapping.into(),
        files: Files::given(files),
        dry_run: false,
        origin: Origin::default(),
    }
}

/// The demo's data set, as it is in the repository.
pub fn demo() -> Request {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../demo/crm-sales");
    let mapping = std::fs::read_to_string(format!("{folder}/mapping.toml")).unwrap();
    Request {
        name: "mapping.toml".into(),
        mapping,
        files: Files::Folder(folder.into()),
        dry_run: false,
        origin: Origin::default(),
    }
}

/// Rows of a step by outcome: created, updated, unchanged, refused.
pub fn counts(report: &Report, step: &str) -> (u64, u64, u64, u64) {
    let step =
        report.steps.iter().find(|one| one.name == step).unwrap_or_else(|| panic!("no step {step} in\n{report}"));
    (step.counts.created, step.counts.updated, step.counts.unchanged, step.counts.refused)
}

/// `code line column` of each.
pub fn places(problems: &[Problem]) -> Vec<String> {
    let place = |problem: &Problem| {
        let line = problem.line.map(|line| line.to_string()).unwrap_or_default();
        format!("{} {line} {}", problem.code, problem.column.clone().unwrap_or_default()).trim().to_owned()
    };
    problems.iter().map(place).collect()
}
