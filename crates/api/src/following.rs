//! User records follow their people: whoever changes their e-mail address has it changed in every workspace they are in,
//! with an event in the log of each.
//!
//! The address is the control plane's and the records are the tenants', and no transaction holds both. So a change leaves a
//! note at each membership; the records are written at once and, where that is cut off, within a minute by any node.

use std::sync::Arc;

use rapport_domain::{
    catalog::Catalogs,
    record::{self, Input, Origin},
    rights::View,
};
use rapport_tenancy::{DbError, Outdated, Tenancy};

use crate::{app::App, http::request_id};

/// Begins the work and does not wait for it.
pub fn start(app: &Arc<App>) {
    let (node, origin) = (Arc::clone(app), Origin { request_id: request_id::current(), ..Origin::default() });
    app.background.spawn(async move { follow(&node, &origin).await });
}

/// Brings all records that are behind up to date. One that fails does not keep the others waiting.
pub async fn follow(app: &App, origin: &Origin) {
    let outdated = match app.tenancy.outdated_members().await {
        Ok(outdated) => outdated,
        Err(error) => {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "User records that are behind could not be looked for"
            );
            return;
        }
    };
    for member in outdated {
        let tenant = member.tenant;
        match bring_up(&app.tenancy, &app.graph.catalogs, &member, origin).await {
            Ok(()) => {
                if let Ok(Some(scope)) = app.tenancy.system_scope(&tenant.to_string()).await {
                    app.wrote(&app.tenancy.open(&scope));
                }
                continue;
            }
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::error!(tenant.id = %tenant, person.id = %member.person, error, "A user record does not say what its person does yet");
            }
        }
        if let Err(error) = app.tenancy.put_off(&member).await {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(tenant.id = %tenant, error, "A user record that is behind stays first in line");
        }
    }
}

#[derive(Debug, thiserror::Error)]
enum Behind {
    #[error("the control plane failed")]
    Control(#[from] rapport_tenancy::Error),
    #[error("the workspace could not be reached")]
    Database(#[from] DbError),
    #[error("the record could not be written")]
    Record(#[from] record::Error),
    #[error("the record was refused: {0}")]
    Refused(String),
}

async fn bring_up(tenancy: &Tenancy, catalogs: &Catalogs, member: &Outdated, origin: &Origin) -> Result<(), Behind> {
    // A workspace that is not served just now is brought up when it is.
    let Some(scope) = tenancy.system_scope(&member.tenant.to_string()).await? else { return Ok(()) };
    let db = tenancy.open(&scope);
    let catalog = catalogs.whole(&db).await?;
    if let Some(user) = catalog.object("User") {
        let input = Input::from_iter([("email".to_owned(), member.email.as_str().into())]);
        let tx = db.begin().await?;
        let written =
            record::update(&tx, View::of_system(&catalog), user, member.user.uuid(), &input, None, origin).await?;
        if let Some(error) = written.user_errors.into_iter().find(|error| error.code != record::code::NOT_FOUND) {
            return Err(Behind::Refused(error.message));
        }
        tx.commit().await?;
    }
    Ok(tenancy.member_is_current(member).await?)
}
