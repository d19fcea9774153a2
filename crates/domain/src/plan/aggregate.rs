//! Counts, sums and their like, over all records that match or by group.
//!
//! What is grouped by may come with the request, so the statement is put together at run time; next to
//! the work of the database that costs nothing.

mod group;
mod measure;

use std::sync::Arc;

use serde_json::Value as Json;

use self::{group::Grouping, measure::Measures};
use super::{
    compile::Compiler,
    error::{Error, Path},
    json::Writer,
    load::{Records, Run, push_joins, push_matching},
    operand,
    record::{Reading, constant, key},
    sql::{Param, Sql},
    unreadable::{Step, Unreadable},
};
use crate::{
    catalog::Object,
    query::{AggregateArgs, AggregateField, AggregateSelection, Function, GroupField, Keyed, Measure, Selection},
};

/// The most groups in one answer.
const MAX_GROUPS: i64 = 10_000;

#[derive(Debug)]
pub(super) struct Aggregate {
    object: Arc<Object>,
    args: AggregateArgs,
    select: Vec<AggregateSelection>,
}

/// The groups of one answer.
struct Groups {
    reading: Reading,
    records: Records,
    /// Where the count, the total and the measures stand in a row.
    count: usize,
    measures: Measures,
    more: bool,
    total: i64,
}

impl Compiler<'_> {
    /// Names are looked up now, so that what a role may not see is refused before anything runs.
    pub fn aggregate(
        &self,
        object: &Arc<Object>,
        args: &AggregateArgs,
        select: &[AggregateSelection],
    ) -> Result<Aggregate, Error> {
        let aggregate = Aggregate { object: object.clone(), args: args.clone(), select: select.to_vec() };
        for (_, measure) in aggregate.total_measures().chain(aggregate.group_measures()) {
            Measures::check(object, measure)?;
        }
        self.group_key(object, aggregate.keys(), &|_| Some("g.k0".into()))?;
        Ok(aggregate)
    }
}

impl Aggregate {
    /// With the key of the groups that each is asked of.
    fn group_fields(&self) -> impl Iterator<Item = (&Arc<str>, &Keyed<GroupField>)> {
        self.select
            .iter()
            .filter_map(
                |item| if let AggregateField::Groups(fields) = &item.what { Some((item, fields)) } else { None },
            )
            .flat_map(|(item, fields)| fields.iter().map(|field| (&item.key, field)))
    }

    fn total_measures(&self) -> impl Iterator<Item = (Path, &Measure)> {
        self.select.iter().filter_map(|item| match &item.what {
            AggregateField::Measure(measure) => Some((vec![item.key.clone()], measure)),
            _ => None,
        })
    }

    fn group_measures(&self) -> impl Iterator<Item = (Path, &Measure)> {
        self.group_fields().filter_map(|(groups, field)| match &field.what {
            GroupField::Measure(measure) => Some((vec![groups.clone(), field.key.clone()], measure)),
            _ => None,
        })
    }

    /// What is asked of the keys of groups, in order.
    fn keys(&self) -> impl Iterator<Item = (Path, &Selection)> {
        self.group_fields()
            .filter_map(|(groups, field)| match &field.what {
                GroupField::Key(select) => Some((vec![groups.clone(), field.key.clone()], select)),
                _ => None,
            })
            .flat_map(|(path, select)| select.iter().map(move |selection| (path.clone(), selection)))
    }
}

impl Run<'_> {
    pub(super) async fn aggregate(&self, aggregate: &Aggregate, out: &mut Vec<u8>) -> Result<Vec<Unreadable>, Error> {
        let wants_groups = aggregate
            .select
            .iter()
            .any(|item| matches!(item.what, AggregateField::Groups(_) | AggregateField::HasMoreGroups));
        let groups = if wants_groups { Some(self.groups(aggregate).await?) } else { None };
        let wants_totals = aggregate.total_measures().next().is_some();
        let totals = if groups.is_none() || wants_totals { Some(self.totals(aggregate).await?) } else { None };
        let count = match (&totals, &groups) {
            (Some((records, _)), _) => records.rows.first().map_or(0, |row| row.get(0)),
            (None, Some(groups)) => groups.total,
            (None, None) => 0,
        };
        self.write(out, |writer| Self::write_aggregate(writer, aggregate, groups.as_ref(), totals.as_ref(), count))
            .await
    }

    fn write_aggregate(
        writer: &mut Writer,
        aggregate: &Aggregate,
        groups: Option<&Groups>,
        totals: Option<&(Records, Measures)>,
        count: i64,
    ) -> Result<(), Error> {
        writer.open(b'{');
        for item in &aggregate.select {
            writer.key(&key(&item.key));
            match &item.what {
                AggregateField::Constant(text) => writer.key(&constant(text)),
                AggregateField::TotalCount => writer.key(itoa::Buffer::new().format(count).as_bytes()),
                AggregateField::HasMoreGroups => writer.boolean(groups.is_some_and(|groups| groups.more)),
                AggregateField::Measure(measure) => match totals {
                    Some((records, measures)) => {
                        measures.write(writer, measure, &records.rows[0])?;
                    }
                    None => writer.null(),
                },
                AggregateField::Groups(fields) => {
                    writer.open(b'[');
                    if let Some(groups) = groups {
                        writer.below(
                            || Step::Key(item.key.clone()),
                            |writer| Self::write_groups(writer, aggregate, fields, groups),
                        )?;
                    }
                    writer.close(b']');
                }
            }
            writer.out.push(b',');
        }
        writer.close(b'}');
        Ok(())
    }

    fn write_groups(
        writer: &mut Writer,
        aggregate: &Aggregate,
        fields: &[Keyed<GroupField>],
        groups: &Groups,
    ) -> Result<(), Error> {
        // Several `key` selections share one reading: each takes its own items of the layout, in order.
        let offsets = key_offsets(aggregate, fields);
        for (at, row) in groups.records.rows.iter().enumerate() {
            writer.open(b'{');
            for (field, offset) in fields.iter().zip(&offsets) {
                writer.key(&key(&field.key));
                match &field.what {
                    GroupField::Constant(text) => writer.key(&constant(text)),
                    GroupField::Count => {
                        let count: i64 = row.get(groups.count);
                        writer.key(itoa::Buffer::new().format(count).as_bytes());
                    }
                    GroupField::Measure(measure) => groups.measures.write(writer, measure, row)?,
                    GroupField::Key(select) => {
                        let items = *offset..*offset + select.len();
                        writer.below(
                            || Step::Index(at),
                            |writer| {
                                writer.below(
                                    || Step::Key(field.key.clone()),
                                    |writer| writer.row_part(&groups.reading, &groups.records, at, items.clone()),
                                )
                            },
                        )?;
                    }
                }
                writer.out.push(b',');
            }
            writer.close(b'}');
            writer.out.push(b',');
        }
        Ok(())
    }

    async fn totals(&self, aggregate: &Aggregate) -> Result<(Records, Measures), Error> {
        let measures = Measures::of(&aggregate.object, aggregate.total_measures(), &[])?;
        let mut sql = self.sql();
        sql.push("SELECT count(*)");
        let measures = measures.push(&mut sql, 1);
        sql.push(" FROM ").table(&aggregate.object).push(" t WHERE ");
        self.push_aggregate_condition(&mut sql, aggregate)?;
        let rows = self.query(&sql).await?;
        measures.check_currencies(&rows)?;
        Ok((Records { rows, edges: Vec::new() }, measures))
    }

    async fn groups(&self, aggregate: &Aggregate) -> Result<Groups, Error> {
        let (object, args) = (&aggregate.object, &aggregate.args);
        let first = match args.first.resolve(self.variables) {
            None | Some(Json::Null) => MAX_GROUPS,
            Some(value) => match operand::integer(&value, "first")? {
                first if (0..=MAX_GROUPS).contains(&first) => first,
                first => return Err(Error::input("first", format!("must be between 0 and {MAX_GROUPS}, got {first}"))),
            },
        };
        let mut sql = self.sql();
        let grouping = Grouping::resolve(&mut sql, object, args.group_by.resolve(self.variables).as_ref())?;
        let ordered = Grouping::measures_of_order(object, args.order_by.resolve(self.variables).as_ref())?;
        let measures = Measures::of(object, aggregate.group_measures(), &ordered)?;
        let reading = Compiler::new(self.catalog).group_key(object, aggregate.keys(), &|name| grouping.column(name))?;

        sql.push("SELECT ");
        for column in &reading.columns {
            sql.push(column).push(", ");
        }
        sql.push("g.n, g.total");
        let width = reading.columns.len();
        let measures = measures.push_outer(&mut sql, width + 2);
        sql.push(" FROM (SELECT i.*, (sum(i.n) OVER ())::bigint AS total, row_number() OVER (");
        grouping.push_order(&mut sql, self.catalog, &measures, args.order_by.resolve(self.variables).as_ref())?;
        sql.push(") AS at FROM (SELECT count(*) AS n");
        grouping.push_keys(&mut sql);
        measures.push_inner(&mut sql);
        sql.push(" FROM ").table(object).push(" t WHERE ");
        self.push_aggregate_condition(&mut sql, aggregate)?;
        grouping.push_group_by(&mut sql);
        sql.push(") i) g");
        push_joins(&mut sql, &reading);
        sql.push(" WHERE g.at <= ").bind(Param::Int(first.max(0) + 1), "bigint").push(" ORDER BY g.at");
        let mut rows = self.query(&sql).await?;
        let total = rows.first().and_then(|row| row.get::<_, Option<i64>>(width + 1)).unwrap_or(0);
        let most = usize::try_from(first).unwrap_or(0);
        let more = rows.len() > most;
        rows.truncate(most);
        measures.check_currencies(&rows)?;
        let records = self.records(&reading, rows).await?;
        Ok(Groups { reading, records, count: width, measures, more, total })
    }

    fn push_aggregate_condition(&self, sql: &mut Sql, aggregate: &Aggregate) -> Result<(), Error> {
        let filter = aggregate.args.filter.resolve(self.variables).filter(|filter| !filter.is_null());
        push_matching(sql, self.catalog, &aggregate.object, filter.as_ref(), "filter", &self.keys)
    }
}

/// Where the items of each `key` selection start in the one layout that holds them all.
fn key_offsets(aggregate: &Aggregate, fields: &[Keyed<GroupField>]) -> Vec<usize> {
    let earlier = aggregate
        .group_fields()
        .map(|(_, field)| field)
        .take_while(|field| !fields.first().is_some_and(|first| std::ptr::eq(*field, first)));
    let mut offset =
        earlier.map(|field| if let GroupField::Key(select) = &field.what { select.len() } else { 0 }).sum();
    fields
        .iter()
        .map(|field| {
            let at = offset;
            if let GroupField::Key(select) = &field.what {
                offset += select.len();
            }
            at
        })
        .collect()
}

/// Keeps the functions a measure needs in one place.
pub(super) fn function_name(function: Function) -> &'static str {
    match function {
        Function::Sum => "sum",
        Function::Avg => "avg",
        Function::Min => "min",
        Function::Max => "max",
        Function::CountDistinct => "countDistinct",
    }
}
