//! One request from document to answer. Record fields run as plans, the rest through async-graphql;
//! the answers are merged in the order asked, and a client never sees a seam.

use std::sync::Arc;

use async_graphql::{Data, parser::types::ExecutableDocument};
use bytes::Bytes;
use rapport_domain::{catalog::Catalog, query::Variables, record::Origin};
use rapport_tenancy::{TenantDb, TenantSession};
use serde_json::{Map, Value, json};

use super::{
    failure::{Failure, Refusal},
    graph::Key,
    lower::{Root, What},
    operations::Asked,
    prepared::Prepared,
    request::{Answer, Outcome, Request},
    rest, schema, write,
};
use crate::{app::App, auth::Caller, http::request_id::RequestIds};

/// Runs one request.
pub async fn execute(app: &Arc<App>, caller: &Caller, request: Request, ids: &RequestIds) -> Answer {
    match Execution::begin(app, caller, request, ids).await {
        Ok((execution, prepared)) => execution.run(&prepared).await,
        Err(refusal) => refused(refusal, ids),
    }
}

struct Execution<'a> {
    app: &'a Arc<App>,
    caller: &'a Caller,
    db: Option<TenantDb>,
    catalog: Arc<Catalog>,
    variables: Variables,
    from: crate::limits::ClientAddress,
    ids: &'a RequestIds,
}

/// The JSON of one key, or why there is none.
type Field = Result<Vec<u8>, Failure>;

impl<'a> Execution<'a> {
    async fn begin(
        app: &'a Arc<App>,
        caller: &'a Caller,
        request: Request,
        ids: &'a RequestIds,
    ) -> Result<(Self, Arc<Prepared>), Refusal> {
        let db = caller.member().map(|member| app.tenancy.open(&member.scope));
        let catalog = match &db {
            Some(db) => {
                let catalog = app.graph.catalogs.of(db).await.map_err(|error| unavailable(error.into()))?;
                if catalog.has_pending_indexes() {
                    app.indexing.wake(db);
                }
                catalog
            }
            None => app.graph.catalogs.base().clone(),
        };
        let Request { query, operation_name, variables, from, .. } = request;
        let key = Key::of(&catalog, &query, operation_name.as_deref());
        let prepared = if let Some(prepared) = app.graph.prepared(&key) {
            prepared
        } else {
            let schema = app.graph.schemas.of(&catalog).await.map_err(|error| {
                tracing::error!(%error, "A schema could not be built");
                Refusal::internal()
            })?;
            let prepared = Prepared::new(&query, operation_name.as_deref(), &variables, &catalog, &schema)?;
            let prepared = Arc::new(prepared);
            app.graph.keep(key, prepared.clone());
            prepared
        };
        let variables = prepared.coerce(variables)?;
        Ok((Self { app, caller, db, catalog, variables, from, ids }, prepared))
    }

    async fn run(&self, prepared: &Prepared) -> Answer {
        let wanted: Vec<&Root> = prepared.roots.iter().filter(|root| root.when.holds(&self.variables)).collect();
        let mut merge = Merge::default();
        if prepared.is_mutation {
            // One after another: each sees what the ones before it did.
            for root in wanted {
                let (field, errors) = self.mutate(root, prepared).await;
                merge.add(root, field, errors, self.ids);
            }
        } else {
            let (others, records) = futures::future::join(self.others(prepared), self.reads(&wanted)).await;
            let (mut others, mut errors) = others;
            for (root, field) in wanted.into_iter().zip(records) {
                let field = field.unwrap_or_else(|| Ok(bytes(&others.remove(&*root.key).unwrap_or_default())));
                merge.add(root, field, std::mem::take(&mut errors), self.ids);
            }
        }
        merge.answer(prepared.is_mutation)
    }

    /// The record fields of a query, side by side on one connection; `None` for fields of another kind.
    async fn reads(&self, wanted: &[&Root]) -> Vec<Option<Field>> {
        let mut session = None;
        if wanted.iter().any(|root| matches!(root.what, What::Read { .. })) {
            session = Some(self.session().await);
        }
        futures::future::join_all(wanted.iter().map(|root| self.read(root, session.as_ref()))).await
    }

    async fn session(&self) -> Result<TenantSession, Failure> {
        let db = self.db.as_ref().ok_or_else(Failure::unauthenticated)?;
        Ok(db.session().await?)
    }

    async fn read(&self, root: &Root, session: Option<&Result<TenantSession, Failure>>) -> Option<Field> {
        match &root.what {
            What::Typename(name) => Some(Ok(bytes(&Value::from(*name)))),
            What::Read { plan, .. } => Some(match session {
                Some(Ok(session)) => {
                    let mut out = Vec::with_capacity(4_096);
                    plan.run(session, &self.variables, &mut out).await.map(|()| out).map_err(Into::into)
                }
                Some(Err(failure)) => Err(failure.clone()),
                None => Err(Failure::unauthenticated()),
            }),
            What::Write(_) | What::Other => None,
        }
    }

    async fn mutate(&self, root: &Root, prepared: &Prepared) -> (Field, Vec<Value>) {
        match &root.what {
            What::Typename(name) => (Ok(bytes(&Value::from(*name))), Vec::new()),
            What::Write(write) => {
                let field = match &self.db {
                    Some(db) => write::run(write, db, &self.catalog, &self.variables, &self.origin()).await,
                    None => Err(Failure::unauthenticated()),
                };
                (field, Vec::new())
            }
            What::Read { .. } => (Err(Failure::unauthenticated()), Vec::new()),
            What::Other => {
                let document = prepared.others.as_ref().and_then(|document| {
                    let operation = schema::choose(document, None).ok()?;
                    Some(rest::only(document, operation, &|key| *key == *root.key))
                });
                let (mut data, errors) = self.execute_others(document).await;
                (Ok(bytes(&data.remove(&*root.key).unwrap_or_default())), errors)
            }
        }
    }

    async fn others(&self, prepared: &Prepared) -> (Map<String, Value>, Vec<Value>) {
        self.execute_others(prepared.others.clone()).await
    }

    /// What async-graphql answers for the fields that are its own.
    async fn execute_others(&self, document: Option<ExecutableDocument>) -> (Map<String, Value>, Vec<Value>) {
        let Some(document) = document else { return Default::default() };
        let schema = match self.app.graph.schemas.of(&self.catalog).await {
            Ok(schema) => schema,
            Err(error) => return (Map::new(), vec![Failure::internal(&*error).json("data", self.ids.request_id())]),
        };
        let variables = async_graphql::Variables::from_json(Value::Object(self.variables.clone()));
        let mut request = async_graphql::Request::new("").variables(variables);
        request.set_parsed_query(document);
        let mut data = Data::default();
        data.insert(Asked::new(self.app.clone(), self.caller.clone(), self.from, self.catalog.clone()));
        let response = schema::execute_rest(&schema, request, data).await;
        let errors = response.errors.iter().map(|error| serde_json::to_value(error).unwrap_or_default()).collect();
        match response.data.into_json() {
            Ok(Value::Object(data)) => (data, errors),
            _ => (Map::new(), errors),
        }
    }

    fn origin(&self) -> Origin {
        let (request_id, trace_id) = (self.ids.request_id(), self.ids.trace_id());
        Origin { request_id: Some(request_id.to_owned()), trace_id: trace_id.map(str::to_owned), import: None }
    }
}

/// The answer while it is put together.
#[derive(Default)]
struct Merge {
    data: Vec<u8>,
    errors: Vec<Value>,
    /// A field that cannot be null failed: the language wants no data at all.
    is_null: bool,
    http: Option<u16>,
}

impl Merge {
    fn add(&mut self, root: &Root, field: Field, errors: Vec<Value>, ids: &RequestIds) {
        self.errors.extend(errors);
        self.data.push(if self.data.is_empty() { b'{' } else { b',' });
        serde_json::to_writer(&mut self.data, &*root.key).expect("writing to a vector cannot fail");
        self.data.push(b':');
        match field {
            Ok(json) => {
                let nullable = matches!(root.what, What::Other | What::Read { nullable: true, .. });
                self.is_null |= json == b"null" && !nullable;
                self.data.extend(json);
            }
            Err(failure) => {
                self.is_null |= !matches!(root.what, What::Read { nullable: true, .. });
                self.http = self.http.or(failure.http);
                self.errors.push(failure.json(&root.key, ids.request_id()));
                self.data.extend(b"null");
            }
        }
    }

    fn answer(mut self, mutation: bool) -> Answer {
        if self.data.is_empty() {
            self.data.push(b'{');
        }
        self.data.push(b'}');
        let mut body = Vec::with_capacity(self.data.len() + 16);
        body.extend(b"{\"data\":");
        body.extend(if self.is_null { b"null".as_slice() } else { &self.data });
        let outcome = if self.errors.is_empty() { Outcome::Complete } else { Outcome::Partial };
        if !self.errors.is_empty() {
            body.extend(b",\"errors\":");
            body.extend(bytes(&Value::Array(self.errors)));
        }
        body.push(b'}');
        Answer { body: Bytes::from(body), outcome, http: self.http, mutation }
    }
}

fn refused(refusal: Refusal, ids: &RequestIds) -> Answer {
    let mut errors = refusal.errors;
    for error in &mut errors {
        error["extensions"]["requestId"] = ids.request_id().into();
    }
    let body = Bytes::from(json!({ "errors": errors }).to_string());
    Answer { body, outcome: Outcome::RequestError { code: refusal.code }, http: None, mutation: false }
}

fn unavailable(failure: Failure) -> Refusal {
    Refusal::new(failure.code, failure.message)
}

fn bytes(value: &Value) -> Vec<u8> {
    serde_json::to_vec(value).expect("a value is JSON")
}
