//! A look at every file before anything is written: it is whole, its columns are there, these are its values.

use std::collections::{BTreeMap, HashMap};

use super::{
    bind::Pass,
    fill::Layout,
    mapping::{File, From},
    problem::Problem,
    reader::{Files, Reader, Record},
};
use crate::catalog::types::Shape;

/// What the files hold.
#[derive(Debug, Default)]
pub struct Survey {
    /// By pass.
    pub layouts: Vec<Layout>,
    /// Rows that all passes together will read.
    pub rows: u64,
    /// Values by object and field, in the order met: the options of selects that are made from them.
    pub values: HashMap<(String, String), Vec<String>>,
}

/// More different values than this are no options.
pub const MOST_OPTIONS: usize = 200;

/// Reads every file once. `collect` tells the slots whose values become options.
pub fn survey(passes: &[Pass], files: &Files, collect: impl Fn(&Pass, usize) -> bool) -> Result<Survey, Vec<Problem>> {
    let mut survey = Survey::default();
    let mut problems = Vec::new();
    let mut layouts: BTreeMap<usize, Layout> = BTreeMap::new();
    for (at, pass) in passes.iter().enumerate() {
        if layouts.contains_key(&at) {
            continue;
        }
        let result = match &pass.step.from {
            From::File(file) => read_file(passes, at, file, files, &collect, &mut survey, &mut layouts),
            From::Rows(rows) => Layout::of(pass, &rows.header).map(|layout| {
                survey.rows += rows.rows.len() as u64;
                for (line, cells) in &rows.rows {
                    gather(pass, &layout, &Record::of(*line, cells), &collect, &mut survey.values);
                }
                layouts.insert(at, layout);
            }),
        };
        if let Err(found) = result {
            problems.extend(found.into_iter().filter(|problem| !problems.contains(problem)).collect::<Vec<_>>());
        }
    }
    survey.layouts = layouts.into_values().collect();
    if problems.is_empty() { Ok(survey) } else { Err(problems) }
}

/// Reads a file for the pass at `first` and for all later ones that read it in the same way.
fn read_file(
    passes: &[Pass],
    first: usize,
    file: &File,
    files: &Files,
    collect: &impl Fn(&Pass, usize) -> bool,
    survey: &mut Survey,
    layouts: &mut BTreeMap<usize, Layout>,
) -> Result<(), Vec<Problem>> {
    let mut reader =
        Reader::open(files, file, &Layout::wanted(&passes[first].step)).map_err(|problem| vec![problem])?;
    let same = |pass: &&(usize, &Pass)| matches!(&pass.1.step.from, From::File(other) if other == file);
    let numbered: Vec<(usize, &Pass)> = passes.iter().enumerate().collect();
    let mut problems: Vec<Problem> = Vec::new();
    let mut found = Vec::new();
    for (at, pass) in numbered.iter().filter(same) {
        match Layout::of(pass, reader.header()) {
            Ok(layout) => found.push((*at, *pass, layout)),
            Err(wrong) => problems.extend(wrong.into_iter().map(|problem| problem.in_file(&file.name))),
        }
    }
    problems.dedup();
    let mut rows = 0;
    while problems.is_empty() {
        match reader.next() {
            Ok(None) => break,
            Err(problem) => problems.push(problem),
            Ok(Some(record)) => {
                rows += 1;
                for (_, pass, layout) in &found {
                    gather(pass, layout, &record, collect, &mut survey.values);
                }
            }
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    survey.rows += rows * found.len() as u64;
    layouts.extend(found.into_iter().map(|(at, _, layout)| (at, layout)));
    Ok(())
}

fn gather(
    pass: &Pass,
    layout: &Layout,
    record: &Record,
    collect: &impl Fn(&Pass, usize) -> bool,
    values: &mut HashMap<(String, String), Vec<String>>,
) {
    for slot in (0..pass.slots.len()).filter(|&slot| collect(pass, slot)) {
        let text = layout.text(pass, record, slot);
        let field = (pass.object.name.to_string(), pass.slots[slot].field.name.to_string());
        let known = values.entry(field).or_default();
        let separator = pass.slots[slot].column.format.separator;
        let several = pass.slots[slot].field.kind.shape() == Shape::Options;
        let parts: Vec<&str> = if several { text.split(separator).map(str::trim).collect() } else { vec![&text] };
        for part in parts {
            if !part.is_empty() && known.len() <= MOST_OPTIONS && !known.iter().any(|one| one == part) {
                known.push(part.to_owned());
            }
        }
    }
}
