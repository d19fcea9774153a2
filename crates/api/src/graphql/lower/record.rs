use rapport_domain::{
    catalog::{Kind, Object},
    query::{EdgeField, Field, Keyed, ListField, PageField, Part, Selection},
};

use super::{
    Error, Lowering, arguments,
    collect::{Asked, Sets},
};
use crate::graphql::{names, schema::kinds};

impl Lowering<'_> {
    /// What is asked of a record of `object`.
    pub(super) fn record(&self, object: &Object, asked: &Asked<'_>) -> Result<Vec<Selection>, Error> {
        self.collector.fields(&asked.sets).iter().map(|asked| Ok(asked.keyed(self.field(object, asked)?))).collect()
    }

    fn field(&self, object: &Object, asked: &Asked<'_>) -> Result<Field, Error> {
        let name = asked.name();
        if name == "__typename" {
            return Ok(Field::Constant(object.name.clone()));
        }
        let Some(field) = object.field(name) else {
            let relation = object.field_by_id_name(name).ok_or_else(|| Error::Unknown(name.into()))?;
            return Ok(Field::RelationId { name: relation.name.clone() });
        };
        let name = field.name.clone();
        Ok(match &field.kind {
            Kind::One(_) => Field::One { name, select: self.record(self.target(field)?, asked)? },
            Kind::Many { .. } => {
                Field::Many { name, args: arguments::list(asked), select: self.list(self.target(field)?, asked)? }
            }
            kind => match kinds::in_parts(kind) {
                Some(type_name) => Field::Parts { name, parts: self.parts(type_name, &asked.sets) },
                None => Field::Value { name },
            },
        })
    }

    /// What is asked of a value with parts.
    pub(super) fn parts(&self, type_name: &str, sets: &Sets<'_>) -> Vec<Keyed<Part>> {
        let part = |asked: &Asked<'_>| {
            asked.keyed(match asked.name() {
                "__typename" => Part::Constant(type_name.into()),
                name => Part::Named(name.into()),
            })
        };
        self.collector.fields(sets).iter().map(part).collect()
    }

    /// What is asked of a list of `object`.
    pub(super) fn list(&self, object: &Object, asked: &Asked<'_>) -> Result<Vec<Keyed<ListField>>, Error> {
        let item = |asked: &Asked<'_>| {
            Ok(asked.keyed(match asked.name() {
                "__typename" => ListField::Constant(names::connection(object).into()),
                "nodes" => ListField::Nodes(self.record(object, asked)?),
                "edges" => ListField::Edges(self.edges(object, asked)?),
                "pageInfo" => ListField::PageInfo(self.page_info(asked)?),
                "totalCount" => ListField::TotalCount,
                other => return Err(Error::Unknown(other.into())),
            }))
        };
        self.collector.fields(&asked.sets).iter().map(item).collect()
    }

    fn edges(&self, object: &Object, asked: &Asked<'_>) -> Result<Vec<Keyed<EdgeField>>, Error> {
        let item = |asked: &Asked<'_>| {
            Ok(asked.keyed(match asked.name() {
                "__typename" => EdgeField::Constant(names::edge(object).into()),
                "cursor" => EdgeField::Cursor,
                "node" => EdgeField::Node(self.record(object, asked)?),
                other => return Err(Error::Unknown(other.into())),
            }))
        };
        self.collector.fields(&asked.sets).iter().map(item).collect()
    }

    fn page_info(&self, asked: &Asked<'_>) -> Result<Vec<Keyed<PageField>>, Error> {
        let item = |asked: &Asked<'_>| {
            Ok(asked.keyed(match asked.name() {
                "__typename" => PageField::Constant(names::PAGE_INFO.into()),
                "hasNextPage" => PageField::HasNextPage,
                "hasPreviousPage" => PageField::HasPreviousPage,
                "startCursor" => PageField::StartCursor,
                "endCursor" => PageField::EndCursor,
                other => return Err(Error::Unknown(other.into())),
            }))
        };
        self.collector.fields(&asked.sets).iter().map(item).collect()
    }
}
