use std::collections::HashMap;

use toml::de::DeValue;

use super::{
    Column, Empty, Format, Invalid, Missing, Relation, Source, Template, Unmatched,
    document::{Entry, Section},
};

/// `field = "column of the file"`, or a table that says more.
pub(super) fn read(entry: &Entry, format: &Format) -> Option<Column> {
    match entry.value {
        DeValue::String(column) => Some(plain(&entry.key, Source::Column(column.to_string()), entry.line, format)),
        DeValue::Table(_) => Some(detailed(entry, &entry.section()?, format)),
        _ => {
            entry.refuse("expected the name of a column in quotes, or a table such as { constant = true }");
            None
        }
    }
}

pub(super) fn plain(field: &str, source: Source, line: u64, format: &Format) -> Column {
    Column {
        line,
        field: field.into(),
        source,
        values: HashMap::new(),
        default: None,
        unmatched: Unmatched::Error,
        invalid: Invalid::Error,
        empty: Empty::Keep,
        relation: Relation::default(),
        format: format.clone(),
    }
}

fn detailed(entry: &Entry, section: &Section, format: &Format) -> Column {
    let column = Column {
        values: section.section("values").map(|table| translations(&table)).unwrap_or_default(),
        default: section.get("default").and_then(|default| default.scalar()),
        unmatched: section.one_of(
            "unmatched",
            &[
                ("error", Unmatched::Error),
                ("empty", Unmatched::Empty),
                ("default", Unmatched::Default),
                ("create", Unmatched::Create),
            ],
        ),
        invalid: section.one_of("invalid", &[("error", Invalid::Error), ("empty", Invalid::Empty)]),
        empty: section.one_of("empty", &[("keep", Empty::Keep), ("clear", Empty::Clear)]),
        relation: relation(section),
        ..plain(&entry.key, source(section), entry.line, &format.refined(section))
    };
    if column.unmatched == Unmatched::Default && column.default.is_none() {
        section.refuse("`unmatched = \"default\"` needs a `default`");
    }
    section.done();
    column
}

fn source(section: &Section) -> Source {
    let column = section.text("column").map(Source::Column);
    let constant = section.get("constant").and_then(|entry| entry.scalar()).map(Source::Constant);
    let template = section.get("template").map(|entry| {
        let said = entry.list().unwrap_or_default();
        let read = said.iter().map(|text| Template::parse(text));
        Source::Template(read.filter_map(|template| template.map_err(|wrong| entry.refuse(&wrong)).ok()).collect())
    });
    let mut said: Vec<_> = [column, constant, template].into_iter().flatten().collect();
    if let (Some(source), true) = (said.pop(), said.is_empty()) {
        return source;
    }
    section.refuse("expected exactly one of `column`, `constant` and `template`");
    Source::Constant(String::new())
}

fn relation(section: &Section) -> Relation {
    Relation {
        by: section.text("match"),
        missing: section
            .one_of("missing", &[("error", Missing::Error), ("empty", Missing::Empty), ("create", Missing::Create)]),
        within: section.section("within").map(|table| pairs(&table)).unwrap_or_default(),
    }
}

fn pairs(table: &Section) -> Vec<(String, String)> {
    table.entries().iter().filter_map(|entry| Some((entry.key.clone(), entry.scalar()?))).collect()
}

pub(super) fn translations(table: &Section) -> HashMap<String, String> {
    pairs(table).into_iter().collect()
}
