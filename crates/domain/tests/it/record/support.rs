use std::sync::Arc;

use rapport_domain::{
    catalog::{Catalog, Object, registry},
    record::{self, Error, Input, Mode, Origin, Outcome, RowResult},
    rights::{Rights, RoleRights, View},
};
use rapport_tenancy::{
    Tenancy, TenantDb, TenantTx,
    testing::{TestDatabase, workspace},
};
use serde_json::{Value as Json, json};
use uuid::Uuid;

/// A workspace of its own for each test, as its owner sees it.
pub struct Workspace {
    pub db: TenantDb,
    pub catalog: Arc<Catalog>,
    database: TestDatabase,
}

impl Workspace {
    pub async fn new() -> Self {
        let database = TestDatabase::create().await;
        let tenancy = database.tenancy().await;
        let (tenant, owner) = workspace(&tenancy, "acme").await;
        let scope = tenancy.scope(owner.id, tenant.id).await.unwrap().unwrap();
        Self { db: tenancy.open(&scope), catalog: Arc::new(Catalog::base()), database }
    }

    /// The same database as a process sees it that remembers nothing.
    pub async fn other_process(&self) -> Tenancy {
        self.database.tenancy().await
    }

    /// Statements of the database's owner, whom no grant stops.
    pub async fn by_hand(&self, sql: &str) {
        let sql = sql.replace("{t}", self.db.scope().schema());
        self.database.owner().await.batch_execute(&sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    }

    pub async fn begin(&self) -> TenantTx {
        self.db.begin().await.unwrap()
    }

    pub fn object(&self, name: &str) -> &Arc<Object> {
        self.catalog.object(name).unwrap()
    }

    /// The same workspace as a member sees it.
    pub fn as_member(&self) -> Self {
        let catalog = self.catalog.visible_to(&Rights::of_roles([RoleRights::of_member()]));
        Self { db: self.db.clone(), catalog, database: self.database.clone() }
    }

    /// Creates one record that must be taken, and answers its id.
    pub async fn made(&self, object: &str, input: Json) -> Uuid {
        let result = self.create(object, input).await;
        assert_eq!(result.outcome, Outcome::Created, "{:?}", result.user_errors);
        result.id.unwrap()
    }

    pub async fn create(&self, object: &str, input: Json) -> RowResult {
        self.create_all(object, &[input], Mode::Atomic).await.remove(0)
    }

    /// Commits, or rolls back an atomic batch with a refusal, as callers of the engine do.
    pub async fn create_all(&self, object: &str, inputs: &[Json], mode: Mode) -> Vec<RowResult> {
        let tx = self.begin().await;
        let results =
            record::create(&tx, View::of_system(&self.catalog), self.object(object), &maps(inputs), mode, &origin())
                .await
                .unwrap();
        end(tx, &results, mode).await;
        results
    }

    pub async fn update(&self, object: &str, id: Uuid, input: Json) -> RowResult {
        self.update_if(object, id, input, None).await.unwrap()
    }

    pub async fn update_if(
        &self,
        object: &str,
        id: Uuid,
        input: Json,
        version: Option<i32>,
    ) -> Result<RowResult, Error> {
        let tx = self.begin().await;
        let result = record::update(
            &tx,
            View::of_system(&self.catalog),
            self.object(object),
            id,
            &map(&input),
            version,
            &origin(),
        )
        .await?;
        tx.commit().await.unwrap();
        Ok(result)
    }

    pub async fn upsert(&self, object: &str, inputs: &[Json], match_on: &[&str], mode: Mode) -> Vec<RowResult> {
        let tx = self.begin().await;
        let object = self.object(object);
        let results =
            record::upsert(&tx, View::of_system(&self.catalog), object, &maps(inputs), match_on, mode, &origin())
                .await
                .unwrap();
        end(tx, &results, mode).await;
        results
    }

    pub async fn delete(&self, object: &str, id: Uuid) -> RowResult {
        let tx = self.begin().await;
        let results =
            record::delete(&tx, View::of_system(&self.catalog), self.object(object), &[id], &origin()).await.unwrap();
        end(tx, &results, Mode::Partial).await;
        results.into_iter().next().unwrap()
    }

    pub async fn restore(&self, object: &str, id: Uuid) -> RowResult {
        let tx = self.begin().await;
        let results =
            record::restore(&tx, View::of_system(&self.catalog), self.object(object), &[id], &origin()).await.unwrap();
        end(tx, &results, Mode::Partial).await;
        results.into_iter().next().unwrap()
    }

    pub async fn destroy(&self, object: &str, id: Uuid) -> RowResult {
        let tx = self.begin().await;
        let results =
            record::destroy(&tx, View::of_system(&self.catalog), self.object(object), &[id], &origin()).await.unwrap();
        end(tx, &results, Mode::Partial).await;
        results.into_iter().next().unwrap()
    }

    /// Defines a custom field that must be taken, and sees it.
    pub async fn define(&mut self, object: &str, input: Json) {
        let tx = self.begin().await;
        let answer = registry::create_field(&tx, &Origin::default(), object, &map(&input)).await.unwrap();
        assert_eq!(answer.user_errors, [], "{input}");
        tx.commit().await.unwrap();
        self.look().await;
    }

    /// Reads the catalog again.
    pub async fn look(&mut self) {
        let session = self.db.session().await.unwrap();
        self.catalog = Arc::new(Catalog::with(&registry::Registry::read(&session).await.unwrap()));
    }

    /// A row as the database has it.
    pub async fn row(&self, object: &str, id: Uuid) -> Json {
        let session = self.db.session().await.unwrap();
        let table = &self.object(object).table;
        let sql = format!("SELECT to_jsonb(t) FROM {}.\"{table}\" AS t WHERE id = $1", session.scope().schema());
        session.query(&sql, &[&id]).await.unwrap().first().map_or(Json::Null, |row| row.get(0))
    }

    pub async fn count(&self, what: &str) -> i64 {
        let session = self.db.session().await.unwrap();
        let sql = format!("SELECT count(*) FROM {}.{what}", session.scope().schema());
        session.query(&sql, &[]).await.unwrap()[0].get(0)
    }

    /// Every event of a record, in order: type, version, changed, before, after.
    pub async fn events(&self, id: Uuid) -> Vec<Logged> {
        let session = self.db.session().await.unwrap();
        let sql = format!(
            "SELECT type, version, changed, before, after, actor, request_id, trace_id, import_id FROM {}.event WHERE record_id = $1 ORDER BY id",
            session.scope().schema()
        );
        let rows = session.query(&sql, &[&id]).await.unwrap();
        let event = |row: &rapport_tenancy::Row| Logged {
            kind: row.get(0),
            version: row.get(1),
            changed: row.get(2),
            before: row.get::<_, Option<Json>>(3).unwrap_or_default(),
            after: row.get::<_, Option<Json>>(4).unwrap_or_default(),
            actor: row.get(5),
            request_id: row.get(6),
            import: row.get(8),
        };
        rows.iter().map(event).collect()
    }

    pub async fn kinds(&self, id: Uuid) -> Vec<String> {
        self.events(id).await.into_iter().map(|event| event.kind).collect()
    }
}

/// An event as the log has it.
#[derive(Debug)]
pub struct Logged {
    pub kind: String,
    pub version: i32,
    pub changed: Vec<String>,
    pub before: Json,
    pub after: Json,
    pub actor: Option<Uuid>,
    pub request_id: Option<String>,
    pub import: Option<Uuid>,
}

async fn end(tx: TenantTx, results: &[RowResult], mode: Mode) {
    match mode {
        Mode::Atomic if results.iter().any(|row| row.outcome == Outcome::Refused) => tx.rollback().await,
        _ => tx.commit().await.unwrap(),
    }
}

pub fn origin() -> Origin {
    Origin { request_id: Some("req-1".into()), ..Origin::default() }
}

pub fn map(input: &Json) -> Input {
    input.as_object().unwrap().clone()
}

pub fn maps(inputs: &[Json]) -> Vec<Input> {
    inputs.iter().map(map).collect()
}

/// Refusals as `CODE path.in.input`.
pub fn refusals(result: &RowResult) -> Vec<String> {
    result.user_errors.iter().map(|error| format!("{} {}", error.code, error.field.join("."))).collect()
}

/// A pipeline with three stages: open, won, lost.
pub struct Funnel {
    pub pipeline: Uuid,
    pub open: Uuid,
    pub won: Uuid,
    pub lost: Uuid,
}

pub async fn funnel(workspace: &Workspace) -> Funnel {
    let pipeline = workspace.made("Pipeline", json!({ "name": "Sales" })).await;
    let stage = async |name: &str, kind: &str| {
        workspace.made("Stage", json!({ "name": name, "pipelineId": pipeline, "type": kind })).await
    };
    Funnel {
        pipeline,
        open: stage("Engaging", "OPEN").await,
        won: stage("Won", "WON").await,
        lost: stage("Lost", "LOST").await,
    }
}
