use std::collections::{HashMap, HashSet};

use encoding_rs::Encoding;

use super::{
    Column, File, Format, From, NewField, Options, Rows, Rule, Source, Step, column,
    document::{Entry, Section},
};

pub(super) fn new_field(section: &Section) -> NewField {
    let name = section.needs("name", "the field's name in the graph");
    let field = NewField {
        line: section.line(),
        object: section.needs("object", "the object that gets the field"),
        label: section.text("label").unwrap_or_else(|| name.clone()),
        type_name: section.needs("type", "the field's type, such as `TEXT` or `SELECT`"),
        options: options(section),
        name,
    };
    section.done();
    field
}

fn options(section: &Section) -> Options {
    match section.get("options").and_then(|entry| entry.list()) {
        None => Options::None,
        Some(said) if said == ["from-values"] => Options::FromValues,
        Some(listed) => Options::Listed(listed),
    }
}

pub(super) fn read(section: &Section) -> Step {
    let object = section.needs("object", "the object that the rows become");
    let from = source(section);
    let format = Format::default().refined(section);
    let columns = columns(section, &from, &format);
    let name = section.text("name").unwrap_or_else(|| match &from {
        From::File(file) => file.name.clone(),
        From::Rows(_) => object.clone(),
    });
    let step = Step {
        name,
        line: section.line(),
        object,
        from,
        match_on: match_on(section, &columns),
        distinct: section.flag("distinct"),
        clean: section.section("clean").map(|table| clean(&table)).unwrap_or_default(),
        keep: rules(section),
        columns,
    };
    section.done();
    step
}

fn source(section: &Section) -> From {
    let rows = section.get("rows");
    let name = section.get("file");
    let charset = section.get("charset").and_then(|entry| charset(&entry));
    let delimiter = section.get("delimiter").and_then(|entry| delimiter(&entry));
    match (name, rows) {
        (Some(entry), None) => From::File(File { name: entry.text().unwrap_or_default(), charset, delimiter }),
        (None, Some(entry)) => From::Rows(inline(&entry)),
        (name, _) => {
            section.refuse(if name.is_some() {
                "a step has either `file` or `rows`, not both"
            } else {
                "a step needs a `file` or `rows`"
            });
            From::Rows(Rows { header: Vec::new(), rows: Vec::new() })
        }
    }
}

fn charset(entry: &Entry) -> Option<&'static Encoding> {
    let label = entry.text()?;
    let found = Encoding::for_label(label.trim().as_bytes());
    if found.is_none() {
        entry.refuse(&format!(
            "`{label}` is no charset; expected one such as `utf-8`, `windows-1252`, `latin1` or `utf-16le`"
        ));
    }
    found
}

fn delimiter(entry: &Entry) -> Option<u8> {
    let said = entry.text()?;
    match said.as_bytes() {
        b"auto" => None,
        b"tab" => Some(b'\t'),
        &[byte] if byte.is_ascii() && !byte.is_ascii_alphanumeric() && !matches!(byte, b'"' | b'\n' | b'\r') => {
            Some(byte)
        }
        _ => {
            entry.refuse(&format!("expected one sign, `tab` or `auto`, found `{said}`"));
            None
        }
    }
}

fn inline(entry: &Entry) -> Rows {
    let tables: Vec<_> =
        entry.items().iter().filter_map(Entry::section).map(|table| (table.line(), table.entries())).collect();
    if tables.is_empty() {
        entry.refuse("expected a list of tables: [{ name = \"…\" }]");
    }
    let mut header: Vec<String> = Vec::new();
    for cell in tables.iter().flat_map(|(_, cells)| cells) {
        if !header.contains(&cell.key) {
            header.push(cell.key.clone());
        }
    }
    let value = |cells: &[Entry], key: &str| {
        cells.iter().find(|cell| cell.key == key).and_then(Entry::scalar).unwrap_or_default()
    };
    let rows =
        tables.iter().map(|(line, cells)| (*line, header.iter().map(|key| value(cells, key)).collect())).collect();
    Rows { header, rows }
}

/// Rows in the mapping need no `columns`: their keys are fields.
fn columns(section: &Section, from: &From, format: &Format) -> Vec<Column> {
    let mut columns: Vec<Column> = match section.section("columns") {
        Some(table) => table.entries().iter().filter_map(|entry| column::read(entry, format)).collect(),
        None => Vec::new(),
    };
    match from {
        From::Rows(rows) => {
            let read: HashSet<String> =
                columns.iter().flat_map(|column| column.source.columns()).map(str::to_owned).collect();
            let said: HashSet<String> = columns.iter().map(|column| column.field.clone()).collect();
            let plain = rows.header.iter().filter(|key| !read.contains(*key) && !said.contains(*key));
            columns.extend(plain.map(|key| column::plain(key, Source::Column(key.clone()), section.line(), format)));
        }
        From::File(_) if columns.is_empty() => {
            section.refuse("a step over a file needs `columns`: field = \"column of the file\"");
        }
        From::File(_) => {}
    }
    columns
}

fn match_on(section: &Section, columns: &[Column]) -> Vec<String> {
    let Some(entry) = section.get("match_on") else {
        section.refuse("`match_on` is missing: the fields that tell whether a row's record is there already, so that the import can run again without making duplicates");
        return Vec::new();
    };
    let fields = entry.list().unwrap_or_default();
    if fields.is_empty() {
        entry.refuse("expected at least one field");
    }
    for field in &fields {
        if !columns.iter().any(|column| column.field == *field) {
            entry.refuse(&format!("no column of the step fills `{field}`"));
        }
    }
    fields
}

fn clean(table: &Section) -> HashMap<String, HashMap<String, String>> {
    table
        .entries()
        .iter()
        .filter_map(|entry| Some((entry.key.clone(), column::translations(&entry.section()?))))
        .collect()
}

fn rules(section: &Section) -> Vec<Rule> {
    let mut rules: Vec<_> = section.list("skip_blank").into_iter().map(Rule::NotBlank).collect();
    for (key, rule) in [("where", Rule::OneOf as fn(String, Vec<String>) -> Rule), ("where_not", Rule::NoneOf)] {
        if let Some(table) = section.section(key) {
            rules.extend(table.entries().iter().map(|entry| rule(entry.key.clone(), entry.list().unwrap_or_default())));
        }
    }
    rules
}
