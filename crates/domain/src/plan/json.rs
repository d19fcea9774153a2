//! Writes answers as JSON, straight from the binary rows.

mod binary;
mod custom;
mod sealed;

use std::ops::Range;

use rapport_tenancy::Row;
use uuid::Uuid;

use self::{
    binary::{Raw, major_units},
    custom::CustomValues,
};
use super::{
    cursor::Position,
    error::Error,
    keys::Keys,
    list::{EdgeItem, EdgeValue, List, ListValue, PageItem, PageValue},
    load::{Lists, Page, Records, undecoded},
    record::{Item, Layout, MoneyPart, Reading, TextPart, Value},
    unreadable::{Step, Unreadable},
};
use crate::{catalog::Object, query::Keyed};

pub(super) struct Writer<'w> {
    pub out: &'w mut Vec<u8>,
    keys: &'w Keys,
    /// Values that could not be read, in the order of the answer.
    pub unreadable: Vec<Unreadable>,
}

/// A row and what hangs on it.
#[derive(Clone, Copy)]
struct At<'r> {
    object: &'r Object,
    edges: &'r [super::record::Edge],
    records: &'r Records,
    row: &'r Row,
}

impl<'w> Writer<'w> {
    pub fn new(out: &'w mut Vec<u8>, keys: &'w Keys) -> Self {
        Self { out, keys, unreadable: Vec::new() }
    }

    /// Writes what stands one step further from the root.
    pub fn below(
        &mut self,
        step: impl Fn() -> Step,
        write: impl FnOnce(&mut Self) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let before = self.unreadable.len();
        write(self)?;
        for unreadable in &mut self.unreadable[before..] {
            unreadable.path.insert(0, step());
        }
        Ok(())
    }

    /// One of the records.
    pub fn record(&mut self, reading: &Reading, records: &Records, at: usize) -> Result<(), Error> {
        let row = &records.rows[at];
        self.laid_out(&reading.layout, At { object: &reading.object, edges: &reading.edges, records, row })
    }

    /// Some items of the layout of one row, as an object.
    pub fn row_part(
        &mut self,
        reading: &Reading,
        records: &Records,
        at: usize,
        items: Range<usize>,
    ) -> Result<(), Error> {
        let at = At { object: &reading.object, edges: &reading.edges, records, row: &records.rows[at] };
        self.items(&reading.layout.items[items], &CustomValues::default(), at)
    }

    pub fn list(&mut self, list: &List, page: &Page<'_>) -> Result<(), Error> {
        let mut rows: Vec<usize> = page.rows.clone().collect();
        if page.lists.window.backward {
            rows.reverse();
        }
        let at = |row: usize| At {
            object: &list.reading.object,
            edges: &list.reading.edges,
            records: &page.lists.records,
            row: &page.lists.records.rows[row],
        };
        self.open(b'{');
        for item in &list.items {
            self.key(&item.key);
            match &item.value {
                ListValue::Constant(json) => self.out.extend_from_slice(json),
                ListValue::TotalCount => self.out.extend_from_slice(itoa::Buffer::new().format(page.count).as_bytes()),
                ListValue::PageInfo(items) => self.page_info(items, &rows, page)?,
                ListValue::Nodes(layout) => self.below(
                    || Step::written(&item.key),
                    |writer| writer.each(&rows, |writer, row| writer.laid_out(layout, at(row))),
                )?,
                ListValue::Edges(items) => self.below(
                    || Step::written(&item.key),
                    |writer| writer.each(&rows, |writer, row| writer.edge(items, page.lists, at(row))),
                )?,
            }
            self.out.push(b',');
        }
        self.close(b'}');
        Ok(())
    }

    fn each(&mut self, rows: &[usize], write: impl Fn(&mut Self, usize) -> Result<(), Error>) -> Result<(), Error> {
        self.open(b'[');
        for (place, &row) in rows.iter().enumerate() {
            self.below(|| Step::Index(place), |writer| write(writer, row))?;
            self.out.push(b',');
        }
        self.close(b']');
        Ok(())
    }

    fn edge(&mut self, items: &[EdgeItem], lists: &Lists, at: At<'_>) -> Result<(), Error> {
        self.open(b'{');
        for item in items {
            self.key(&item.key);
            match &item.value {
                EdgeValue::Constant(json) => self.out.extend_from_slice(json),
                EdgeValue::Cursor => self.cursor(lists, at.row)?,
                EdgeValue::Node(layout) => {
                    self.below(|| Step::written(&item.key), |writer| writer.laid_out(layout, at))?;
                }
            }
            self.out.push(b',');
        }
        self.close(b'}');
        Ok(())
    }

    fn page_info(&mut self, items: &[PageItem], rows: &[usize], page: &Page<'_>) -> Result<(), Error> {
        self.open(b'{');
        for item in items {
            self.key(&item.key);
            match &item.value {
                PageValue::Constant(json) => self.out.extend_from_slice(json),
                PageValue::HasNext => self.boolean(page.has_next),
                PageValue::HasPrevious => self.boolean(page.has_previous),
                PageValue::Start | PageValue::End => {
                    let row = if matches!(item.value, PageValue::Start) { rows.first() } else { rows.last() };
                    match row {
                        Some(&row) => self.cursor(page.lists, &page.lists.records.rows[row])?,
                        None => self.null(),
                    }
                }
            }
            self.out.push(b',');
        }
        self.close(b'}');
        Ok(())
    }

    fn cursor(&mut self, lists: &Lists, row: &Row) -> Result<(), Error> {
        let key = |at: usize| row.try_get(at).map_err(|_| Error::Decode { object: "cursor".into(), column: at });
        let position = Position { values: lists.keys.clone().map(key).collect::<Result<_, _>>()? };
        self.out.push(b'"');
        self.out.extend_from_slice(position.encode(lists.binding).as_bytes());
        self.out.push(b'"');
        Ok(())
    }

    fn laid_out(&mut self, layout: &Layout, at: At<'_>) -> Result<(), Error> {
        let custom = CustomValues::read(at.row, &layout.custom).map_err(|column| undecoded(at.object, column))?;
        self.items(&layout.items, &custom, at)
    }

    fn items(&mut self, items: &[Item], custom: &CustomValues<'_>, at: At<'_>) -> Result<(), Error> {
        self.open(b'{');
        for item in items {
            self.key(&item.key);
            self.below(|| Step::written(&item.key), |writer| writer.value(&item.value, custom, at))?;
            self.out.push(b',');
        }
        self.close(b'}');
        Ok(())
    }

    fn value(&mut self, value: &Value, custom: &CustomValues<'_>, at: At<'_>) -> Result<(), Error> {
        match value {
            Value::Constant(json) => self.out.extend_from_slice(json),
            Value::Column { at: column, form } => {
                let raw = raw(at, *column)?;
                binary::write(self.out, *form, raw).ok_or_else(|| undecoded(at.object, *column))?;
            }
            Value::Custom { slot, form } => custom.write(self.out, *slot, *form),
            Value::Money { minor, currency, parts } => {
                let (minor, currency) = (raw(at, *minor)?, raw(at, *currency)?);
                match (minor.and_then(binary::int8), currency.and_then(|raw| std::str::from_utf8(raw.0).ok())) {
                    (Some(minor), Some(currency)) => self.money(i128::from(minor), currency, parts),
                    _ => self.null(),
                }
            }
            Value::CustomMoney { slot, parts } => match custom.money(*slot) {
                Some((minor, currency)) => self.money(i128::from(minor), &currency, parts),
                None => self.null(),
            },
            Value::Parts { at: column, parts } => {
                self.text_parts(raw(at, *column)?.and_then(|raw| raw.0.get(1..)), parts);
            }
            Value::CustomParts { slot, parts } => self.text_parts(custom.json(*slot), parts),
            Value::Sealed { slot, record, object, field, form } => {
                let record: Option<Uuid> = at.row.try_get(*record).map_err(|_| undecoded(at.object, *record))?;
                match (custom.json(*slot), record) {
                    (Some(kept), Some(record)) => self.sealed(kept, (object, field, record), form),
                    _ => self.null(),
                }
            }
            Value::Record { present, layout } => match raw(at, *present)? {
                Some(_) => self.laid_out(layout, at)?,
                None => self.null(),
            },
            Value::Edge(edge) => {
                let parent: Option<Uuid> =
                    at.row.try_get(at.edges[*edge].parent).map_err(|_| undecoded(at.object, at.edges[*edge].parent))?;
                match parent {
                    Some(parent) => {
                        self.list(&at.edges[*edge].list, &at.records.edges[*edge].page(Some(parent)))?;
                    }
                    None => self.null(),
                }
            }
        }
        Ok(())
    }

    pub fn money(&mut self, minor: i128, currency: &str, parts: &[Keyed<MoneyPart>]) {
        self.open(b'{');
        for part in parts {
            self.text(&part.key);
            self.out.push(b':');
            match &part.what {
                MoneyPart::Constant(text) => self.text(text),
                MoneyPart::Currency => self.text(currency),
                MoneyPart::Value => {
                    let value = major_units(minor, currency);
                    self.text(&value);
                }
            }
            self.out.push(b',');
        }
        self.close(b'}');
    }

    fn text_parts(&mut self, document: Option<&[u8]>, parts: &[Keyed<TextPart>]) {
        let stored =
            document.and_then(|json| serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(json).ok());
        let Some(stored) = stored else {
            self.null();
            return;
        };
        self.open(b'{');
        for part in parts {
            self.text(&part.key);
            self.out.push(b':');
            match &part.what {
                TextPart::Constant(text) => self.text(text),
                TextPart::Named(name) => match stored.get(&**name).and_then(serde_json::Value::as_str) {
                    Some(line) => self.text(line),
                    None => self.null(),
                },
            }
            self.out.push(b',');
        }
        self.close(b'}');
    }

    pub fn null(&mut self) {
        self.out.extend_from_slice(b"null");
    }

    pub fn text(&mut self, text: &str) {
        binary::text(self.out, text);
    }

    pub fn boolean(&mut self, value: bool) {
        self.out.extend_from_slice(if value { b"true" } else { b"false" });
    }

    pub fn key(&mut self, key: &[u8]) {
        self.out.extend_from_slice(key);
    }

    pub fn open(&mut self, bracket: u8) {
        self.out.push(bracket);
    }

    /// Every member before ends in a comma: the last one gives way.
    pub fn close(&mut self, bracket: u8) {
        match self.out.last_mut() {
            Some(last) if *last == b',' => *last = bracket,
            _ => self.out.push(bracket),
        }
    }
}

fn raw(at: At<'_>, column: usize) -> Result<Option<Raw<'_>>, Error> {
    at.row.try_get(column).map_err(|_| undecoded(at.object, column))
}
