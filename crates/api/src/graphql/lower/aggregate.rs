use rapport_domain::{
    catalog::{Kind, Object},
    query::{AggregateField, AggregateSelection, Field, Function, GroupField, Keyed, Measure, MeasureField, Selection},
};

use super::{Error, Lowering, collect::Asked};
use crate::graphql::names;

impl Lowering<'_> {
    /// What is asked of figures over `object`.
    pub(super) fn aggregate(&self, object: &Object, asked: &Asked<'_>) -> Result<Vec<AggregateSelection>, Error> {
        let item = |asked: &Asked<'_>| {
            Ok(asked.keyed(match asked.name() {
                "__typename" => AggregateField::Constant(names::aggregate(object).into()),
                "totalCount" => AggregateField::TotalCount,
                "hasMoreGroups" => AggregateField::HasMoreGroups,
                "groups" => AggregateField::Groups(self.groups(object, asked)?),
                _ => AggregateField::Measure(self.measure(object, asked)?),
            }))
        };
        self.collector.fields(&asked.sets).iter().map(item).collect()
    }

    fn groups(&self, object: &Object, asked: &Asked<'_>) -> Result<Vec<Keyed<GroupField>>, Error> {
        let item = |asked: &Asked<'_>| {
            Ok(asked.keyed(match asked.name() {
                "__typename" => GroupField::Constant(names::aggregate_group(object).into()),
                "count" => GroupField::Count,
                "key" => GroupField::Key(self.group_key(object, asked)?),
                _ => GroupField::Measure(self.measure(object, asked)?),
            }))
        };
        self.collector.fields(&asked.sets).iter().map(item).collect()
    }

    fn group_key(&self, object: &Object, asked: &Asked<'_>) -> Result<Vec<Selection>, Error> {
        let item = |asked: &Asked<'_>| {
            let name = asked.name();
            let what = match object.field(name) {
                _ if name == "__typename" => Field::Constant(names::group_key(object).into()),
                Some(field) if matches!(field.kind, Kind::One(_)) => {
                    Field::One { name: field.name.clone(), select: self.record(self.target(field)?, asked)? }
                }
                Some(field) => Field::Value { name: field.name.clone() },
                None => match object.field_by_id_name(name) {
                    Some(relation) => Field::RelationId { name: relation.name.clone() },
                    // `amountCurrency`: a key of its own, not a field.
                    None => Field::Value { name: name.into() },
                },
            };
            Ok(asked.keyed(what))
        };
        self.collector.fields(&asked.sets).iter().map(item).collect()
    }

    fn measure(&self, object: &Object, asked: &Asked<'_>) -> Result<Measure, Error> {
        let (function, type_name) = match asked.name() {
            "sum" => (Function::Sum, names::sum(object)),
            "avg" => (Function::Avg, names::avg(object)),
            "min" => (Function::Min, names::min(object)),
            "max" => (Function::Max, names::max(object)),
            "countDistinct" => (Function::CountDistinct, names::count_distinct(object)),
            other => return Err(Error::Unknown(other.into())),
        };
        let item = |asked: &Asked<'_>| {
            if asked.name() == "__typename" {
                return Ok(asked.keyed(MeasureField::Constant(type_name.as_str().into())));
            }
            let field = object.field(asked.name()).ok_or_else(|| Error::Unknown(asked.name().into()))?;
            let name = field.name.clone();
            Ok(asked.keyed(if field.kind.is_money() && function != Function::CountDistinct {
                MeasureField::Parts { name, parts: self.parts(names::MONEY, &asked.sets) }
            } else {
                MeasureField::Value { name }
            }))
        };
        let fields = self.collector.fields(&asked.sets).iter().map(item).collect::<Result<_, Error>>()?;
        Ok(Measure { function, fields })
    }
}
