//! Which sensitive values a run of a plan shows or looks into. The audit log gets to know of it before the answer leaves.

use std::{
    collections::{BTreeMap, BTreeSet},
    slice,
    sync::{Arc, Mutex, PoisonError},
};

use rapport_tenancy::{DbError, Row, TenantConn};
use serde_json::Value as Json;
use uuid::Uuid;

use super::{error::Error, record::Reading};
use crate::{
    catalog::{Catalog, Field, Object},
    event::{self, Event},
    record::{Origin, input_name, now},
};

/// Records that one event names. Of more there are several events, so that none is left out.
const NAMED: usize = 1_000;

/// A sensitive field that a statement has to do with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Touch {
    object: Arc<str>,
    field: Arc<str>,
    way: Way,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// Its values go out, or what was computed from them.
    Shown,
    /// Records are filtered, sorted or grouped by it.
    Asked,
}

/// The fields of one row of a reading whose values go out, and the column with the id of their record.
#[derive(Debug)]
pub(super) struct Sight {
    pub id: usize,
    pub fields: Vec<Touch>,
}

/// What one run has seen.
#[derive(Debug, Default)]
pub(crate) struct Seen(Mutex<BTreeMap<Arc<str>, Touched>>);

#[derive(Debug, Default)]
struct Touched {
    shown: BTreeSet<Arc<str>>,
    asked: BTreeSet<Arc<str>>,
    records: BTreeSet<Uuid>,
}

impl Touch {
    /// None for a field that nobody minds being read.
    pub fn of(object: &Object, field: &Field, way: Way) -> Option<Self> {
        field.is_sensitive().then(|| Self { object: object.name.clone(), field: field.name.clone(), way })
    }
}

impl Seen {
    pub(super) fn touch(&self, touches: &[Touch]) {
        if touches.is_empty() {
            return;
        }
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for Touch { object, field, way } in touches {
            let of_object = seen.entry(object.clone()).or_default();
            let fields = if *way == Way::Shown { &mut of_object.shown } else { &mut of_object.asked };
            fields.insert(field.clone());
        }
    }

    /// A record's value goes out by another way than a reading.
    pub fn value(&self, object: &Object, field: &Field, record: Uuid) {
        let Some(touch) = Touch::of(object, field, Way::Shown) else { return };
        self.touch(slice::from_ref(&touch));
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.entry(touch.object).or_default().records.insert(record);
    }

    /// Rows whose values go out.
    pub(super) fn show<'r>(
        &self,
        reading: &Reading,
        rows: &(impl Iterator<Item = &'r Row> + Clone),
    ) -> Result<(), Error> {
        for Sight { id, fields } in &reading.sights {
            let mut ids = Vec::new();
            for row in rows.clone() {
                let id: Option<Uuid> = row.try_get(*id).map_err(|_| super::load::undecoded(&reading.object, *id))?;
                ids.extend(id);
            }
            if !ids.is_empty() {
                self.touch(fields);
                let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(touched) = fields.first().and_then(|field| seen.get_mut(&field.object)) {
                    touched.records.extend(ids);
                }
            }
        }
        Ok(())
    }

    /// Enters what was seen; whether anything was.
    pub async fn note(self, conn: &TenantConn, catalog: &Catalog, origin: &Origin) -> Result<bool, DbError> {
        let seen = self.0.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut events = Vec::new();
        for (name, Touched { shown, asked, records }) in seen {
            let Some(object) = catalog.object(&name) else { continue };
            let records: Vec<Uuid> = records.into_iter().collect();
            let event = |records: &[Uuid]| {
                let named = records.iter().map(|id| Json::from(id.to_string())).collect::<Vec<_>>();
                let fields =
                    |fields: &BTreeSet<Arc<str>>| fields.iter().map(|field| Json::from(&**field)).collect::<Vec<_>>();
                Event::about(object, "viewed")
                    .with("fields", fields(&shown))
                    .with("conditions", fields(&asked))
                    .with("records", named)
            };
            if records.is_empty() {
                events.push(event(&[]));
            }
            events.extend(records.chunks(NAMED).map(event));
        }
        event::enter(conn, now(), origin, &events).await?;
        Ok(!events.is_empty())
    }
}

/// A value of a field, as it went out by another way than a plan.
#[derive(Debug, Clone, Copy)]
pub struct Told<'t> {
    pub object: &'t str,
    pub field: &'t str,
    pub record: Uuid,
}

/// Enters those of them in the audit log that are sensitive; whether there were any.
pub async fn note_told(
    conn: &TenantConn,
    catalog: &Catalog,
    told: &[Told<'_>],
    origin: &Origin,
) -> Result<bool, DbError> {
    let seen = Seen::default();
    for &Told { object, field, record } in told {
        let Some(object) = catalog.object(object) else { continue };
        if let Some(field) = object.fields().iter().find(|it| *it.name == *field || input_name(it) == field) {
            seen.value(object, field, record);
        }
    }
    seen.note(conn, catalog, origin).await
}
