//! One request from document to answer. Record fields run as plans, the rest through async-graphql;
//! the answers are merged in the order asked, and a client never sees a seam.

use std::sync::Arc;

use async_graphql::{Data, dynamic::SchemaError, parser::types::ExecutableDocument};
use bytes::Bytes;
use rapport_domain::{
    catalog::Current,
    plan::{Ran, Unreadable, Written},
    query::Variables,
    record::Origin,
    rights::Administration,
};
use rapport_tenancy::{TenantDb, TenantSession};
use serde_json::{Value, json};

use super::{
    failure::{Failure, Refusal},
    graph::Key,
    lower::{Root, What},
    operations::Asked,
    prepared::Prepared,
    request::{Answer, Outcome, Request},
    schema, unreadable, write,
};
use crate::{
    app::App,
    auth::Caller,
    http::{
        Client,
        request_id::{self, RequestIds},
    },
};

/// Runs one request.
pub async fn execute(app: &Arc<App>, caller: &Caller, request: Request, ids: &RequestIds) -> Answer {
    match Execution::begin(app, caller, request, ids).await {
        Ok(execution) => execution.run().await,
        Err(refusal) => refused(refusal, ids),
    }
}

struct Execution<'a> {
    app: &'a Arc<App>,
    caller: &'a Caller,
    db: Option<TenantDb>,
    current: Current,
    is_mutation: bool,
    roots: Arc<[Root]>,
    variables: Variables,
    from: Client,
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
    ) -> Result<Self, Refusal> {
        let db = caller.member().map(|member| app.tenancy.open(&member.scope));
        let current = match &db {
            Some(db) => {
                let current = app.graph.catalogs.of(db).await.map_err(|error| unavailable(error.into()))?;
                if current.catalog.has_pending_indexes() || current.has_leftovers {
                    app.indexing.wake(db);
                }
                if current.catalog.has_conversions() {
                    app.converting.wake(db);
                }
                current
            }
            None => app.graph.catalogs.base(),
        };
        let catalog = current.catalog.clone();
        let Request { query, operation_name, variables, from, .. } = request;
        let key = Key::of(&catalog, &query, operation_name.as_deref());
        let schemas = &app.graph.schemas;
        let prepared = if let Some(prepared) = app.graph.prepared(&key) {
            prepared
        } else {
            let schema = schemas.of(&catalog).await.map_err(|error| unbuilt(&error))?;
            let inputs = schemas.inputs(&catalog).await.map_err(|error| unbuilt(&error))?;
            let prepared = Arc::new(Prepared::new(&query, operation_name.as_deref(), &schema, &inputs)?);
            // Whatever its variables are given now.
            app.graph.keep(key.clone(), prepared.clone());
            prepared
        };
        let inputs = match prepared.leaves() {
            Some(leaves) => leaves,
            None => schemas.inputs(&catalog).await.map_err(|error| unbuilt(&error))?,
        };
        let variables = prepared.coerce(variables, &inputs)?;
        let settled = prepared.settle(&variables)?;
        let roots = if let Some(roots) = prepared.known(&settled) {
            roots
        } else {
            let roots = prepared.lower(&settled, &catalog)?;
            if let Some(prepared) = prepared.with(settled, roots.clone()) {
                app.graph.keep(key, Arc::new(prepared));
            }
            roots
        };
        let is_mutation = prepared.is_mutation;
        Ok(Self { app, caller, db, current, is_mutation, roots, variables, from, ids })
    }

    async fn run(&self) -> Answer {
        let mut merge = Merge::default();
        if self.is_mutation {
            // One after another: each sees what the ones before it did.
            for root in &*self.roots {
                let (field, errors) = self.mutate(root).await;
                merge.add(root, field, errors, self.ids);
            }
        } else {
            let (reads, others) = futures::future::join(self.reads(), self.others()).await;
            for (root, (read, other)) in self.roots.iter().zip(reads.into_iter().zip(others)) {
                if let Some((field, errors)) = read.or(other) {
                    merge.add(root, field, errors, self.ids);
                }
            }
        }
        Answer { metadata_version: self.version_now().await, ..merge.answer(self.is_mutation) }
    }

    /// The version of the metadata after the operation. Of a workspace only: all others are at the first for ever.
    async fn version_now(&self) -> Option<i64> {
        let db = self.db.as_ref()?;
        if !self.is_mutation {
            return Some(self.current.version);
        }
        // Asks the database only where this operation changed it.
        let current = self.app.graph.catalogs.of(db).await;
        Some(current.map_or(self.current.version, |current| current.version))
    }

    /// The record fields of a query, side by side on one connection; `None` for fields of another kind.
    async fn reads(&self) -> Vec<Option<(Field, Vec<Value>)>> {
        let mut session = None;
        if self.roots.iter().any(|root| matches!(root.what, What::Read { .. })) {
            session = Some(self.session().await);
        }
        futures::future::join_all(self.roots.iter().map(|root| self.read(root, session.as_ref()))).await
    }

    async fn session(&self) -> Result<TenantSession, Failure> {
        let db = self.db.as_ref().ok_or_else(Failure::unauthenticated)?;
        Ok(db.session().await?)
    }

    async fn read(&self, root: &Root, session: Option<&Result<TenantSession, Failure>>) -> Option<(Field, Vec<Value>)> {
        let field = match &root.what {
            What::Typename(name) => Ok(bytes(&Value::from(*name))),
            What::Read { plan, .. } => match session {
                Some(Ok(session)) => {
                    let mut out = Vec::with_capacity(4_096);
                    match plan.run(session, &self.current.viewer, &self.variables, &self.origin(), &mut out).await {
                        Ok(Ran { unreadable, noted }) => {
                            if let (true, Some(db)) = (noted, &self.db) {
                                self.app.auditing.wake(db);
                            }
                            return Some((Ok(out), unreadable_at(root, &unreadable)));
                        }
                        Err(error) => Err(error.into()),
                    }
                }
                Some(Err(failure)) => Err(failure.clone()),
                None => Err(Failure::unauthenticated()),
            },
            What::Write(_) | What::Other(_) => return None,
        };
        Some((field, Vec::new()))
    }

    async fn mutate(&self, root: &Root) -> (Field, Vec<Value>) {
        let field = match &root.what {
            What::Typename(name) => Ok(bytes(&Value::from(*name))),
            What::Write(write) => match &self.db {
                Some(db) => {
                    let written = write::run(write, db, self.current.view(), &self.variables, &self.origin()).await;
                    if write.object.administered_by == Some(Administration::Members) {
                        // Who is in which team decides what people may see.
                        self.app.graph.catalogs.forget(db.scope().tenant());
                    }
                    self.app.wrote(db);
                    match written {
                        Ok(Written { json, unreadable }) => return (Ok(json), unreadable_at(root, &unreadable)),
                        Err(failure) => Err(failure),
                    }
                }
                None => Err(Failure::unauthenticated()),
            },
            What::Read { .. } => Err(Failure::unauthenticated()),
            What::Other(document) => return self.other(root, document).await,
        };
        (field, Vec::new())
    }

    /// The other fields of a query, side by side; `None` for those about records.
    async fn others(&self) -> Vec<Option<(Field, Vec<Value>)>> {
        let others = self.roots.iter().map(|root| async move {
            let What::Other(document) = &root.what else { return None };
            Some(self.other(root, document).await)
        });
        futures::future::join_all(others).await
    }

    /// What async-graphql answers for a field that is its own.
    async fn other(&self, root: &Root, document: &ExecutableDocument) -> (Field, Vec<Value>) {
        let schema = match self.app.graph.schemas.of(&self.current.catalog).await {
            Ok(schema) => schema,
            Err(error) => return (Err(Failure::internal(&*error)), Vec::new()),
        };
        let variables = async_graphql::Variables::from_json(Value::Object(self.variables.clone()));
        let mut request = async_graphql::Request::new("").variables(variables);
        request.set_parsed_query(document.clone());
        let mut data = Data::default();
        data.insert(Asked::new(
            self.app.clone(),
            self.caller.clone(),
            self.from.clone(),
            self.current.clone(),
            self.origin(),
        ));
        let response = schema::execute_rest(&schema, request, data).await;
        let errors = response.errors.iter().map(|error| serde_json::to_value(error).unwrap_or_default()).collect();
        let value = match response.data.into_json() {
            Ok(Value::Object(mut data)) => data.remove(&*root.key).unwrap_or_default(),
            _ => Value::Null,
        };
        (Ok(bytes(&value)), errors)
    }

    fn origin(&self) -> Origin {
        request_id::origin(&self.from)
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
        let nullable = matches!(root.what, What::Other(_) | What::Read { nullable: true, .. });
        match field {
            Ok(json) => {
                self.is_null |= json == b"null" && !nullable;
                self.data.extend(json);
            }
            Err(failure) => {
                self.is_null |= !nullable;
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
        Answer { body: Bytes::from(body), outcome, http: self.http, mutation, metadata_version: None }
    }
}

fn unreadable_at(root: &Root, values: &[Unreadable]) -> Vec<Value> {
    values.iter().map(|value| unreadable::error(&root.key, value)).collect()
}

fn refused(refusal: Refusal, ids: &RequestIds) -> Answer {
    let mut errors = refusal.errors;
    for error in &mut errors {
        error["extensions"]["requestId"] = ids.request_id().into();
    }
    let body = Bytes::from(json!({ "errors": errors }).to_string());
    Answer {
        body,
        outcome: Outcome::RequestError { code: refusal.code },
        http: None,
        mutation: false,
        metadata_version: None,
    }
}

fn unbuilt(error: &SchemaError) -> Refusal {
    tracing::error!(%error, "A schema could not be built");
    Refusal::internal()
}

fn unavailable(failure: Failure) -> Refusal {
    Refusal::new(failure.code, failure.message)
}

fn bytes(value: &Value) -> Vec<u8> {
    serde_json::to_vec(value).expect("a value is JSON")
}
