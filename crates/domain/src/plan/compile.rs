//! From a query and a role's catalog to what is run: every name is looked up here, once.

use std::sync::Arc;

use super::{
    error::{Error, Path},
    expression, filter,
    list::{EdgeItem, EdgeValue, List, ListItem, ListValue, PageItem, PageValue},
    record::{
        Custom, CustomForm, Edge, Form, Item, Join, Layout, MoneyPart, Reading, SealedForm, TextPart, Value, constant,
        key,
    },
    seen::{Sight, Touch, Way},
    sql::{literal, quoted},
};
use crate::{
    catalog::{self, Catalog, Kind, Object, Storage, types::Shape},
    query::{EdgeField, Field, Keyed, ListArgs, ListField, ListSelection, PageField, Part, Selection},
    rights::Action,
};

pub(super) struct Compiler<'c> {
    catalog: &'c Catalog,
}

/// A statement's columns and joins while it is put together.
struct Draft {
    columns: Vec<String>,
    joins: Vec<Join>,
    edges: Vec<Edge>,
    sights: Vec<Sight>,
}

/// Where selections stand: the row they read, the keys of the answer that lead there.
struct Place<'a> {
    object: &'a Object,
    alias: String,
    path: Path,
}

impl Place<'_> {
    fn below(&self, key: &Arc<str>) -> Path {
        below(&self.path, key)
    }
}

impl Draft {
    fn new() -> Self {
        Self { columns: Vec::new(), joins: Vec::new(), edges: Vec::new(), sights: Vec::new() }
    }

    fn column(&mut self, sql: String) -> usize {
        self.columns.iter().position(|known| *known == sql).unwrap_or_else(|| {
            self.columns.push(sql);
            self.columns.len() - 1
        })
    }

    fn join(&mut self, object: &Arc<Object>, on: String, with_bin: bool) -> String {
        if let Some(known) = self.joins.iter().find(|join| join.on == on && join.with_bin == with_bin) {
            return known.alias.clone();
        }
        let alias = format!("j{}", self.joins.len() + 1);
        self.joins.push(Join { object: object.clone(), alias: alias.clone(), on, with_bin });
        alias
    }

    /// Values of the field go out, if they are sensitive.
    fn show(&mut self, place: &Place, field: &catalog::Field) {
        let Some(touch) = Touch::of(place.object, field, Way::Shown) else { return };
        let id = self.column(format!("{}.id", place.alias));
        match self.sights.iter_mut().find(|sight| sight.id == id) {
            Some(sight) if sight.fields.contains(&touch) => {}
            Some(sight) => sight.fields.push(touch),
            None => self.sights.push(Sight { id, fields: vec![touch] }),
        }
    }

    fn reading(mut self, object: &Arc<Object>, layout: Layout) -> Reading {
        if self.columns.is_empty() {
            self.columns.push("NULL".into());
        }
        Reading {
            object: object.clone(),
            columns: self.columns,
            joins: self.joins,
            edges: self.edges,
            layout,
            sights: self.sights,
        }
    }
}

impl<'c> Compiler<'c> {
    pub fn new(catalog: &'c Catalog) -> Self {
        Self { catalog }
    }

    pub fn object(&self, name: &str) -> Result<&'c Arc<Object>, Error> {
        self.catalog.object(name).ok_or_else(|| Error::Unknown(format!("object `{name}`")))
    }

    /// Reads records of `object`, each laid out as `select` asks.
    pub fn reading(&self, object: &Arc<Object>, select: &[Selection]) -> Result<Reading, Error> {
        let mut draft = Draft::new();
        let layout = self.layout(&mut draft, &Place { object, alias: "t".into(), path: Path::new() }, select)?;
        Ok(draft.reading(object, layout))
    }

    /// Lays out groups: `keys` says which column holds what a group has in common. Each selection comes with the path of
    /// the `key` that it is asked of.
    pub fn group_key<'s>(
        &self,
        object: &Arc<Object>,
        select: impl Iterator<Item = (Path, &'s Selection)>,
        keys: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Reading, Error> {
        let mut draft = Draft::new();
        let mut layout = Layout::default();
        for (path, Keyed { key: name, what }) in select {
            let missing = Value::Constant((*b"null").into());
            let value = match what {
                Field::Constant(text) => Value::Constant(constant(text)),
                Field::Value { name } | Field::RelationId { name } => match keys(name) {
                    Some(column) => Value::Column { at: draft.column(format!("to_jsonb({column})")), form: Form::Json },
                    None => missing,
                },
                Field::One { name: relation, select } => match keys(relation) {
                    Some(column) => {
                        let target = self.target(known(object, relation)?)?;
                        let alias = draft.join(target, column, false);
                        let place = Place { object: target, alias, path: below(&path, name) };
                        self.present(&mut draft, &place, select)?
                    }
                    None => missing,
                },
                Field::Parts { name, .. } | Field::Many { name, .. } => {
                    return Err(Error::Unknown(format!("group key `{name}`")));
                }
            };
            layout.items.push(Item { key: key(name), value });
        }
        Ok(draft.reading(object, layout))
    }

    fn layout(&self, draft: &mut Draft, place: &Place, select: &[Selection]) -> Result<Layout, Error> {
        let (mut items, mut customs) = (Vec::with_capacity(select.len()), Vec::new());
        for selection in select {
            let value = self.value(draft, &mut customs, place, selection)?;
            items.push(Item { key: key(&selection.key), value });
        }
        Ok(Layout { items, custom: custom(draft, place, customs) })
    }

    fn value(
        &self,
        draft: &mut Draft,
        customs: &mut Vec<Arc<str>>,
        place: &Place,
        Keyed { key, what }: &Selection,
    ) -> Result<Value, Error> {
        if let Field::Value { name }
        | Field::RelationId { name }
        | Field::Parts { name, .. }
        | Field::One { name, .. }
        | Field::Many { name, .. } = what
        {
            draft.show(place, known(place.object, name)?);
        }
        Ok(match what {
            Field::Constant(text) => Value::Constant(constant(text)),
            Field::Value { name } => {
                let field = known(place.object, name)?;
                match &field.storage {
                    Storage::Column(column) => Value::Column {
                        at: draft.column(format!("{}.{}", place.alias, quoted(column))),
                        form: form(field),
                    },
                    Storage::Custom(custom) if field.encrypted => {
                        sealed(draft, customs, place, custom, SealedForm::Value(custom_form(field)))
                    }
                    Storage::Custom(custom) => Value::Custom { slot: slot(customs, custom), form: custom_form(field) },
                    Storage::Money { .. } | Storage::Elsewhere => {
                        return Err(Error::Unknown(format!("plain value of {name}")));
                    }
                }
            }
            Field::RelationId { name } => {
                let field = known(place.object, name)?;
                let held = relation(field, &place.alias)?;
                let target = self.target(field)?;
                // The id of a record beyond reach is not told either.
                let id = if self.catalog.granted(target).reach(Action::Read).is_all() {
                    held
                } else {
                    format!("{}.id", draft.join(target, held, true))
                };
                Value::Column { at: draft.column(id), form: Form::Uuid }
            }
            Field::Parts { name, parts } => Self::parts(draft, customs, place, name, parts)?,
            Field::One { name, select } => {
                let field = known(place.object, name)?;
                let target = self.target(field)?;
                let alias = draft.join(target, relation(field, &place.alias)?, false);
                self.present(draft, &Place { object: target, alias, path: place.below(key) }, select)?
            }
            Field::Many { name, args, select } => {
                let field = known(place.object, name)?;
                let Kind::Many { via, .. } = &field.kind else { return Err(Error::Unknown(format!("list {name}"))) };
                let target = self.target(field)?;
                let mut list = self.list(target, args, select, place.below(key))?;
                list.name = format!("{}.{name}", place.object.name).into();
                let parent = draft.column(format!("{}.id", place.alias));
                draft.edges.push(Edge { parent, via: filter::via(target, via, "t")?, list });
                Value::Edge(draft.edges.len() - 1)
            }
        })
    }

    /// A record that may be missing: its id tells.
    fn present(&self, draft: &mut Draft, place: &Place, select: &[Selection]) -> Result<Value, Error> {
        let present = draft.column(format!("{}.id", place.alias));
        Ok(Value::Record { present, layout: self.layout(draft, place, select)? })
    }

    fn parts(
        draft: &mut Draft,
        customs: &mut Vec<Arc<str>>,
        place: &Place,
        name: &str,
        parts: &[Keyed<Part>],
    ) -> Result<Value, Error> {
        let field = known(place.object, name)?;
        Ok(match (field.kind.shape(), &field.storage) {
            (Shape::Money, Storage::Custom(custom)) if field.encrypted => {
                sealed(draft, customs, place, custom, SealedForm::Money(money_parts(parts)?))
            }
            (Shape::Document, Storage::Custom(custom)) if field.encrypted => {
                sealed(draft, customs, place, custom, SealedForm::Parts(text_parts(parts)))
            }
            (Shape::Money, Storage::Money { minor, currency }) => Value::Money {
                minor: draft.column(format!("{}.{}", place.alias, quoted(minor))),
                currency: draft.column(format!("{}.{}", place.alias, quoted(currency))),
                parts: money_parts(parts)?,
            },
            (Shape::Money, Storage::Custom(custom)) => {
                Value::CustomMoney { slot: slot(customs, custom), parts: money_parts(parts)? }
            }
            (Shape::Document, Storage::Column(column)) => Value::Parts {
                at: draft.column(format!("{}.{}", place.alias, quoted(column))),
                parts: text_parts(parts),
            },
            (Shape::Document, Storage::Custom(custom)) => {
                Value::CustomParts { slot: slot(customs, custom), parts: text_parts(parts) }
            }
            _ => return Err(Error::Unknown(format!("part of {name}"))),
        })
    }

    pub fn list(
        &self,
        object: &Arc<Object>,
        args: &ListArgs,
        select: &[ListSelection],
        path: Path,
    ) -> Result<List, Error> {
        let mut draft = Draft::new();
        let place = |path: Path| Place { object, alias: "t".into(), path };
        let mut list = List {
            args: args.clone(),
            reading: Draft::new().reading(object, Layout::default()),
            items: Vec::new(),
            wants_cursors: false,
            wants_more: false,
            wants_count: false,
            wants_rows: false,
            path,
            name: object.name.clone(),
        };
        for Keyed { key: name, what } in select {
            let value = match what {
                ListField::Constant(text) => ListValue::Constant(constant(text)),
                ListField::Nodes(select) => {
                    list.wants_rows = true;
                    ListValue::Nodes(self.layout(&mut draft, &place(below(&list.path, name)), select)?)
                }
                ListField::Edges(select) => {
                    list.wants_rows = true;
                    list.wants_cursors |= select.iter().any(|item| matches!(item.what, EdgeField::Cursor));
                    ListValue::Edges(self.edges(&mut draft, &place(below(&list.path, name)), select)?)
                }
                ListField::PageInfo(select) => {
                    list.wants_rows = true;
                    list.wants_more = true;
                    list.wants_cursors |=
                        select.iter().any(|item| matches!(item.what, PageField::StartCursor | PageField::EndCursor));
                    ListValue::PageInfo(select.iter().map(page_item).collect())
                }
                ListField::TotalCount => {
                    list.wants_count = true;
                    ListValue::TotalCount
                }
            };
            list.items.push(ListItem { key: key(name), value });
        }
        list.reading = draft.reading(object, Layout::default());
        Ok(list)
    }

    fn edges(&self, draft: &mut Draft, place: &Place, select: &[Keyed<EdgeField>]) -> Result<Vec<EdgeItem>, Error> {
        let item = |Keyed { key: name, what }: &Keyed<EdgeField>| {
            let value = match what {
                EdgeField::Constant(text) => EdgeValue::Constant(constant(text)),
                EdgeField::Cursor => EdgeValue::Cursor,
                EdgeField::Node(select) => {
                    let node = Place { object: place.object, alias: place.alias.clone(), path: place.below(name) };
                    EdgeValue::Node(self.layout(draft, &node, select)?)
                }
            };
            Ok(EdgeItem { key: key(name), value })
        };
        select.iter().map(item).collect()
    }

    fn target(&self, field: &catalog::Field) -> Result<&'c Arc<Object>, Error> {
        self.catalog.target(field).ok_or_else(|| Error::Unknown(format!("relation `{}`", field.name)))
    }
}

fn below(path: &[Arc<str>], key: &Arc<str>) -> Path {
    path.iter().chain([key]).cloned().collect()
}

fn known<'o>(object: &'o Object, name: &str) -> Result<&'o Arc<catalog::Field>, Error> {
    object.field(name).ok_or_else(|| Error::Unknown(format!("field `{name}` of {}", object.name)))
}

fn page_item(Keyed { key: name, what }: &Keyed<PageField>) -> PageItem {
    let value = match what {
        PageField::Constant(text) => PageValue::Constant(constant(text)),
        PageField::HasNextPage => PageValue::HasNext,
        PageField::HasPreviousPage => PageValue::HasPrevious,
        PageField::StartCursor => PageValue::Start,
        PageField::EndCursor => PageValue::End,
    };
    PageItem { key: key(name), value }
}

fn slot(customs: &mut Vec<Arc<str>>, custom: &Arc<str>) -> usize {
    customs.iter().position(|known| known == custom).unwrap_or_else(|| {
        customs.push(custom.clone());
        customs.len() - 1
    })
}

fn sealed(draft: &mut Draft, customs: &mut Vec<Arc<str>>, place: &Place, custom: &Arc<str>, form: SealedForm) -> Value {
    let record = draft.column(format!("{}.id", place.alias));
    let object = place.object.key();
    Value::Sealed { slot: slot(customs, custom), record, object, field: custom.clone(), form }
}

/// A few values are cheaper one by one than the whole column, which would be sent and read through. More are not, where
/// the column is long and must be unpacked for each.
fn custom(draft: &mut Draft, place: &Place, customs: Vec<Arc<str>>) -> Custom {
    const FEW: usize = 3;
    let alias = &place.alias;
    match customs.len() {
        0 => Custom::None,
        1..=FEW => {
            let column = |key: &Arc<str>| draft.column(format!("{alias}.custom->{}", literal(key)));
            Custom::Apart(customs.iter().map(column).collect())
        }
        _ => Custom::Whole { at: draft.column(format!("{alias}.custom")), keys: customs },
    }
}

fn relation(field: &catalog::Field, alias: &str) -> Result<String, Error> {
    expression::relation(field, alias).ok_or_else(|| Error::Unknown(format!("relation `{}`", field.name)))
}

pub(super) fn money_parts(parts: &[Keyed<Part>]) -> Result<Vec<Keyed<MoneyPart>>, Error> {
    let part = |part: &Keyed<Part>| {
        let what = match &part.what {
            Part::Constant(text) => MoneyPart::Constant(text.clone()),
            Part::Named(name) => match &**name {
                "value" => MoneyPart::Value,
                "currency" => MoneyPart::Currency,
                other => return Err(Error::Unknown(format!("part `{other}` of money"))),
            },
        };
        Ok(Keyed { key: part.key.clone(), what })
    };
    parts.iter().map(part).collect()
}

fn text_parts(parts: &[Keyed<Part>]) -> Vec<Keyed<TextPart>> {
    let part = |part: &Keyed<Part>| Keyed {
        key: part.key.clone(),
        what: match &part.what {
            Part::Constant(text) => TextPart::Constant(text.clone()),
            Part::Named(name) => TextPart::Named(name.clone()),
        },
    };
    parts.iter().map(part).collect()
}

fn form(field: &catalog::Field) -> Form {
    if !field.is_comparable() {
        return Form::Masked;
    }
    match field.kind.shape() {
        Shape::Id => Form::Uuid,
        Shape::Integer => Form::Int4,
        Shape::Number => Form::Float8,
        Shape::Decimal => Form::Numeric,
        Shape::Boolean => Form::Boolean,
        Shape::Date => Form::Date,
        Shape::DateTime => Form::Timestamp,
        Shape::Options | Shape::Document | Shape::Money => Form::Json,
        Shape::Text => Form::Text,
    }
}

fn custom_form(field: &catalog::Field) -> CustomForm {
    if !field.is_comparable() {
        CustomForm::Masked
    } else if field.kind.shape() == Shape::DateTime {
        CustomForm::Timestamp
    } else {
        CustomForm::AsIs
    }
}
