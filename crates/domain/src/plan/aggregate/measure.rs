//! Sums, averages, extremes and distinct counts as columns of a statement.

use std::sync::Arc;

use rapport_tenancy::Row;

use super::{
    super::{
        compile::money_parts,
        error::{Error, Path},
        expression,
        json::Writer,
        load::undecoded,
        record::{constant, key},
        seen::{Touch, Way},
        sql::Sql,
    },
    function_name,
};
use crate::{
    catalog::{Field, Object, types::Shape},
    query::{Function, Measure, MeasureField},
};

/// The measures of one statement, each computed once however often it is asked for.
pub(super) struct Measures {
    object: Arc<Object>,
    asked: Vec<Asked>,
    /// The column of the first measure; each takes three.
    start: usize,
}

/// One function over one field.
#[derive(Clone)]
pub(super) struct Asked {
    function: Function,
    field: Arc<Field>,
    /// Where the answer shows it first; empty where only the order of groups needs it.
    path: Path,
}

impl Asked {
    pub fn new(object: &Object, function: Function, name: &str) -> Result<Self, Error> {
        let field = object.field(name).ok_or_else(|| Error::Unknown(format!("field `{name}` of {}", object.name)))?;
        let fits = match function {
            Function::Sum | Function::Avg => field.kind.is_summable(),
            Function::Min | Function::Max => field.kind.is_comparable(),
            Function::CountDistinct => field.kind.is_countable(),
        };
        if fits && !field.encrypted && field.is_comparable() {
            Ok(Self { function, field: field.clone(), path: Path::new() })
        } else {
            Err(Error::Unknown(format!("{} of `{name}`", function_name(function))))
        }
    }

    fn is_money(&self) -> bool {
        self.field.kind.is_money() && self.function != Function::CountDistinct
    }

    /// The value, and for money the lowest and the highest currency code.
    fn sql(&self, sql: &mut Sql) -> [Option<String>; 3] {
        if self.is_money() {
            let (minor, currency) = expression::money(&self.field, "t");
            let value = match self.function {
                Function::Sum => format!("sum({minor})::numeric"),
                Function::Avg => format!("round(avg({minor}))"),
                Function::Min => format!("min({minor})::numeric"),
                Function::Max | Function::CountDistinct => format!("max({minor})::numeric"),
            };
            return [
                Some(value),
                Some(format!("min({currency} COLLATE \"C\")")),
                Some(format!("max({currency} COLLATE \"C\")")),
            ];
        }
        let value = sql.value(&self.field, "t").sql;
        let sql = match (self.function, self.field.kind.shape()) {
            (Function::CountDistinct, _) => format!("count(DISTINCT {value})"),
            (Function::Sum, _) => format!("sum({value})"),
            (Function::Avg, Shape::Decimal) => format!("avg({value})"),
            (Function::Avg, _) => format!("avg({value})::float8"),
            (Function::Min, _) => format!("min({value})"),
            (Function::Max, _) => format!("max({value})"),
        };
        [Some(sql), None, None]
    }

    /// Exact decimals travel as text.
    fn json(&self, column: &str) -> String {
        if self.is_money() {
            format!("to_jsonb({column}::text)")
        } else if self.field.kind.shape() == Shape::Decimal && self.function != Function::CountDistinct {
            format!("to_jsonb(trim_scale({column})::text)")
        } else if self.field.kind.shape() == Shape::DateTime && self.function != Function::CountDistinct {
            // As RFC 3339 in UTC without zeros at the end, like all instants.
            let text = format!("to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US')");
            format!("to_jsonb(rtrim(rtrim({text}, '0'), '.') || 'Z')")
        } else {
            format!("to_jsonb({column})")
        }
    }

    fn is(&self, function: Function, name: &str) -> bool {
        self.function == function && *self.field.name == *name
    }
}

impl Measures {
    pub fn check(object: &Object, measure: &Measure) -> Result<(), Error> {
        names(measure).try_for_each(|(_, name)| Asked::new(object, measure.function, name).map(drop))
    }

    pub fn of<'m>(
        object: &Arc<Object>,
        measures: impl Iterator<Item = (Path, &'m Measure)>,
        more: &[Asked],
    ) -> Result<Self, Error> {
        let mut asked: Vec<Asked> = Vec::new();
        for (path, measure) in measures {
            for (key, name) in names(measure) {
                if !asked.iter().any(|known| known.is(measure.function, name)) {
                    let path = path.iter().chain([key]).cloned().collect();
                    asked.push(Asked { path, ..Asked::new(object, measure.function, name)? });
                }
            }
        }
        for one in more {
            if !asked.iter().any(|known| known.is(one.function, &one.field.name)) {
                asked.push(one.clone());
            }
        }
        Ok(Self { object: object.clone(), asked, start: 0 })
    }

    /// What groups sort by, of a statement's inner rows: amounts by their value, like records.
    pub fn column(&self, function: Function, name: &str) -> Option<String> {
        let at = self.asked.iter().position(|known| known.is(function, name))?;
        let column = format!("i.m{at}a");
        Some(if self.asked[at].is_money() { expression::major(&column, &format!("i.m{at}b")) } else { column })
    }

    /// Appends the measures as columns of an ungrouped statement; `start` columns come before them.
    pub fn push(mut self, sql: &mut Sql, start: usize) -> Self {
        self.start = start;
        for asked in &self.asked {
            sql.touch(Touch::of(&self.object, &asked.field, Way::Shown));
            let [value, low, high] = asked.sql(sql);
            let value = asked.json(&value.unwrap_or_default());
            sql.push(&format!(
                ", {value}, {}, {}",
                low.as_deref().unwrap_or("NULL::text"),
                high.as_deref().unwrap_or("NULL::text")
            ));
        }
        self
    }

    pub fn push_inner(&self, sql: &mut Sql) {
        for (at, asked) in self.asked.iter().enumerate() {
            sql.touch(Touch::of(&self.object, &asked.field, Way::Shown));
            for (letter, column) in ["a", "b", "c"].iter().zip(asked.sql(sql)) {
                if let Some(column) = column {
                    sql.push(&format!(", {column} AS m{at}{letter}"));
                }
            }
        }
    }

    pub fn push_outer(mut self, sql: &mut Sql, start: usize) -> Self {
        self.start = start;
        for (at, asked) in self.asked.iter().enumerate() {
            let value = asked.json(&format!("g.m{at}a"));
            if asked.is_money() {
                sql.push(&format!(", {value}, g.m{at}b, g.m{at}c"));
            } else {
                sql.push(&format!(", {value}, NULL::text, NULL::text"));
            }
        }
        self
    }

    /// # Errors
    /// [`Error::MixedCurrencies`] where amounts of several currencies would be added or compared.
    pub fn check_currencies(&self, rows: &[Row]) -> Result<(), Error> {
        for (at, asked) in self.asked.iter().enumerate().filter(|(_, asked)| asked.is_money()) {
            let column = self.start + at * 3;
            for row in rows {
                let (low, high): (Option<&str>, Option<&str>) = (row.get(column + 1), row.get(column + 2));
                if low != high {
                    return Err(Error::MixedCurrencies {
                        path: asked.path.clone(),
                        field: asked.field.name.to_string(),
                    });
                }
            }
        }
        Ok(())
    }

    pub fn write(&self, writer: &mut Writer, measure: &Measure, row: &Row) -> Result<(), Error> {
        writer.open(b'{');
        for item in &measure.fields {
            writer.key(&key(&item.key));
            match &item.what {
                MeasureField::Constant(text) => writer.key(&constant(text)),
                MeasureField::Value { name } => match self.value(measure.function, name, row)? {
                    Some((value, _)) => writer.key(value.to_string().as_bytes()),
                    None => writer.null(),
                },
                MeasureField::Parts { name, parts } => match self.value(measure.function, name, row)? {
                    Some((value, Some(currency))) => {
                        let minor = value
                            .as_str()
                            .and_then(|minor| minor.parse().ok())
                            .ok_or_else(|| undecoded(&self.object, self.start))?;
                        writer.money(minor, &currency, &money_parts(parts)?);
                    }
                    _ => writer.null(),
                },
            }
            writer.out.push(b',');
        }
        writer.close(b'}');
        Ok(())
    }

    fn value(
        &self,
        function: Function,
        name: &str,
        row: &Row,
    ) -> Result<Option<(serde_json::Value, Option<String>)>, Error> {
        let at = self.asked.iter().position(|known| known.is(function, name));
        let at = at.ok_or_else(|| Error::Unknown(format!("measure of `{name}`")))?;
        let column = self.start + at * 3;
        let value: Option<serde_json::Value> = row.try_get(column).map_err(|_| undecoded(&self.object, column))?;
        Ok(value.map(|value| (value, row.get(column + 1))))
    }
}

/// The fields that it measures, with their keys.
fn names(measure: &Measure) -> impl Iterator<Item = (&Arc<str>, &str)> {
    measure.fields.iter().filter_map(|item| match &item.what {
        MeasureField::Value { name } | MeasureField::Parts { name, .. } => Some((&item.key, &**name)),
        MeasureField::Constant(_) => None,
    })
}
