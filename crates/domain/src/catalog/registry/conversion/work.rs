//! A conversion goes on: step by step, each a transaction that leaves everything as the next one wants it.

use std::time::Duration;

use rapport_tenancy::{DbError, TenantDb, TenantTx};
use uuid::Uuid;

use super::{
    super::{FieldRow, Registry, field_row::json, lock, log, raise_version, sweep::take_out},
    convert::Converter,
    copy,
    store::{self, Conversion, OnFailure, State},
};
use crate::{
    catalog::{Catalog, Object},
    event,
    record::Origin,
};

/// How soon to look again.
const SOON: Duration = Duration::from_millis(100);

/// Goes on with a tenant's conversions. Any number of nodes may do it, at any time.
pub struct Worker<'a> {
    pub db: &'a TenantDb,
    /// How long it takes until every node knows of a change of the metadata, with something to spare.
    pub settle: Duration,
}

/// What a step did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Nothing is left to do.
    Idle,
    /// There is more.
    More,
    /// The metadata is another one now.
    Changed,
    /// There is more, but not yet.
    Wait(Duration),
}

impl Worker<'_> {
    #[tracing::instrument(name = "conversion.step", skip_all, fields(tenant.id = %self.db.scope().tenant()))]
    pub async fn step(&self) -> Result<Step, DbError> {
        let Some(seen) = store::unfinished(&*self.db.session().await?).await? else { return Ok(Step::Idle) };
        let tx = self.db.begin().await?;
        // At the end of a pass the registry may change: its lock comes first, as with all who want both.
        let is_at_end = seen.cursor == Uuid::max();
        if is_at_end {
            lock(&tx).await?;
        }
        let Some(conversion) = store::hold(&tx, &seen).await? else {
            tx.rollback().await;
            return Ok(Step::Wait(SOON));
        };
        let held = Held::of(&tx, conversion).await?;
        let step = match (held.conversion.state, is_at_end) {
            (State::Preparing, _) => self.wait(&held, State::Copying).await?,
            (State::Settling, _) => self.wait(&held, State::CatchingUp).await?,
            (State::Copying, true) => held.decide().await?,
            (State::Copying | State::CatchingUp, false) => held.copy().await?,
            (State::CatchingUp, true) => held.enter(State::Cleaning, None).await?,
            (State::Cleaning, false) => held.take_out(&held.conversion.old_key).await?,
            (State::Failed | State::Cancelled, false) => held.take_out(&held.conversion.new_key).await?,
            (State::Cleaning | State::Failed | State::Cancelled | State::Done, _) => held.finish().await?,
        };
        tx.commit().await?;
        Ok(step)
    }

    /// Goes on when every node knows how things are, and every transaction of before that has ended.
    async fn wait(&self, held: &Held<'_>, next: State) -> Result<Step, DbError> {
        let sql = format!(
            "UPDATE {}.metadata_conversion SET barrier = coalesce(barrier, pg_current_xact_id()) \
             WHERE id = $1 AND since + make_interval(secs => $2) <= clock_timestamp() RETURNING pg_snapshot_xmin(pg_current_snapshot()) > barrier",
            held.tx.scope().schema()
        );
        let rows = held.tx.query(&sql, &[&held.conversion.id, &self.settle.as_secs_f64()]).await?;
        if rows.first().is_some_and(|row| row.get(0)) { held.enter(next, None).await } else { Ok(Step::Wait(SOON)) }
    }
}

/// A conversion during a step.
struct Held<'t> {
    tx: &'t TenantTx,
    conversion: Conversion,
    row: Option<FieldRow>,
    object: Option<Object>,
}

impl<'t> Held<'t> {
    async fn of(tx: &'t TenantTx, conversion: Conversion) -> Result<Self, DbError> {
        let registry = Registry::read_whole(tx).await?;
        let row = registry.fields.iter().find(|row| row.id == conversion.field).cloned();
        let catalog = Catalog::with(&registry);
        let object = registry.standing_object(&catalog, &conversion.object);
        Ok(Self { tx, conversion, row, object })
    }

    async fn enter(&self, state: State, problem: Option<&str>) -> Result<Step, DbError> {
        store::enter(self.tx, self.conversion.id, state, problem).await?;
        if let (State::Failed, Some(problem), Some(row)) = (state, problem, &self.row) {
            event::note(self.tx, &Origin::default(), log::conversion_failed(row, problem)).await?;
        }
        Ok(Step::More)
    }

    fn converter(&self) -> Option<Converter<'_>> {
        let Conversion { before, after, .. } = &self.conversion;
        Converter::new(self.object.as_ref()?, self.row.as_ref()?, before, after)
    }

    async fn copy(&self) -> Result<Step, DbError> {
        let Some(converter) = self.converter() else { return self.unknown().await };
        copy::page(self.tx, &self.conversion, &converter, self.conversion.cursor).await?;
        Ok(Step::More)
    }

    /// The release that runs knows the types no more, or the object is gone: then so be it.
    async fn unknown(&self) -> Result<Step, DbError> {
        if self.conversion.state.is_before_the_flip() {
            self.enter(State::Failed, Some("Its object or one of the types is not there any more.")).await
        } else {
            self.enter(State::Cleaning, None).await
        }
    }

    /// All records were seen once. Those written since are few: they are done now, and then the field changes over, or not.
    async fn decide(&self) -> Result<Step, DbError> {
        let Some(converter) = self.converter() else { return self.unknown().await };
        if copy::page(self.tx, &self.conversion, &converter, Uuid::nil()).await?.is_some() {
            return Ok(Step::More);
        }
        let failed = copy::settle(self.tx, &self.conversion, converter.object).await?;
        if failed > 0 && self.conversion.on_failure == OnFailure::Refuse {
            let what = if failed == 1 {
                "1 record has a value that does"
            } else {
                &format!("{failed} records have values that do")
            };
            return self.enter(State::Failed, Some(&format!("{what} not convert."))).await;
        }
        self.flip(converter.object).await?;
        self.enter(State::Settling, None).await?;
        Ok(Step::Changed)
    }

    /// Gives the field its new type and key, and the spare row the old key.
    async fn flip(&self, object: &Object) -> Result<(), DbError> {
        let Some(row) = &self.row else { return Ok(()) };
        let (tx, schema) = (self.tx, self.tx.scope().schema());
        let Conversion { spare, old_key, new_key, after, .. } = &self.conversion;
        let version = raise_version(tx).await?;
        let set_key = format!("UPDATE {schema}.metadata_field SET key = $2 WHERE id = $1");
        // Two rows never have the same key, not even in between.
        tx.execute(&set_key, &[spare, &format!("{spare}")]).await?;
        let sql = format!(
            "UPDATE {schema}.metadata_field SET key = $2, shadow = $3, type = $4, options = $5, settings = $6, index_state = 'NONE', \
                index_error = NULL, index_progress = NULL, index_clashes = NULL, changed_in = $7, updated_at = now() WHERE id = $1"
        );
        let converted = after.put(row, new_key);
        event::note(tx, &Origin::default(), log::converted(row, &converted)).await?;
        let FieldRow { id, key, type_name, choices, settings, .. } = converted;
        tx.execute(&sql, &[&id, &key, old_key, &type_name, &json(&choices), &json(&settings), &version]).await?;
        tx.execute(&set_key, &[spare, old_key]).await?;
        if let Some(of_object) = &object.custom {
            let sql = format!(
                "UPDATE {schema}.metadata_object SET name_field = $3 WHERE key = $1 AND name_field = $2 AND NOT standard"
            );
            tx.execute(&sql, &[&&**of_object, old_key, new_key]).await?;
        }
        Ok(())
    }

    async fn take_out(&self, key: &str) -> Result<Step, DbError> {
        let last = match &self.object {
            Some(object) => take_out(self.tx, object, key, self.conversion.cursor).await?,
            None => None,
        };
        store::advance(self.tx, self.conversion.id, last.unwrap_or(Uuid::max()), 0).await?;
        Ok(Step::More)
    }

    /// The field has one form again.
    async fn finish(&self) -> Result<Step, DbError> {
        let (tx, schema) = (self.tx, self.tx.scope().schema());
        tx.execute(
            &format!("UPDATE {schema}.metadata_field SET shadow = NULL WHERE id = $1"),
            &[&self.conversion.field],
        )
        .await?;
        let sql = format!(
            "UPDATE {schema}.metadata_conversion SET state = CASE state WHEN 'CLEANING' THEN 'DONE' ELSE state END, finished_at = now() WHERE id = $1"
        );
        tx.execute(&sql, &[&self.conversion.id]).await?;
        raise_version(tx).await?;
        Ok(Step::Changed)
    }
}
