//! Random documents that pass the rules of the language.

use std::collections::HashMap;
use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{
    filter,
    literal::{Literal, Variables},
    objects::{Kind, OBJECTS, Object, object},
    order,
    world::World,
};
use crate::support::Tape;

#[derive(Debug, Default)]
pub struct Document {
    pub selections: Vec<Selection>,
    pub fragments: Vec<Fragment>,
    pub variables: Variables,
    /// Variables that directives look at.
    conditions: Vec<String>,
}

#[derive(Debug)]
pub struct Fragment {
    on: String,
    pub selections: Vec<Selection>,
}

#[derive(Debug)]
pub enum Selection {
    Field(Field),
    Inline { on: Option<String>, directives: Vec<Directive>, selections: Vec<Selection> },
    Spread { fragment: usize, directives: Vec<Directive> },
}

#[derive(Debug)]
pub struct Field {
    pub alias: Option<String>,
    pub name: String,
    pub arguments: Vec<(String, Literal)>,
    pub directives: Vec<Directive>,
    pub selections: Vec<Selection>,
}

/// `@include(if: …)`, or `@skip`.
#[derive(Debug)]
pub struct Directive {
    pub include: bool,
    pub condition: Literal,
}

/// What a selection set stands on.
#[derive(Clone, Copy)]
enum On {
    Query,
    Record(&'static Object),
    Connection(&'static Object),
    Edge(&'static Object),
    PageInfo,
    Money,
}

impl On {
    fn name(self) -> String {
        match self {
            Self::Query => "Query".into(),
            Self::Record(of) => of.name.into(),
            Self::Connection(of) => format!("{}Connection", of.name),
            Self::Edge(of) => format!("{}Edge", of.name),
            Self::PageInfo => "PageInfo".into(),
            Self::Money => "Money".into(),
        }
    }
}

/// Arguments that no list takes, with their place.
const WRONG: &[(&str, &str, &str)] = &[
    ("first", "-1", "first"),
    ("first", "1001", "first"),
    ("last", "-1", "last"),
    ("offset", "100001", "offset"),
    ("after", "\"nowhere\"", "after"),
    ("filter", "{id: {eq: \"7\"}}", "filter.id.eq"),
    ("filter", "{and: [{}, {not: {id: {in: [\"7\"]}}}]}", "filter.and.1.not.id.in.0"),
];

/// The place of the field's argument that is wrong.
pub fn wrong(field: &Field) -> Option<&'static str> {
    let [(name, value)] = &*field.arguments else { return None };
    let value = value.write();
    WRONG.iter().find(|wrong| (wrong.0, wrong.1) == (name, &value)).map(|wrong| wrong.2)
}

struct Writer<'w> {
    world: &'w World,
    document: Document,
    /// The same key on the same type always has the same arguments, or fields would not merge.
    arguments: HashMap<String, Vec<(String, Literal)>>,
    /// Fields that may still be written.
    budget: usize,
    /// So many of a hundred lists get a wrong argument.
    wrong: usize,
}

pub fn random(tape: &mut Tape, world: &World) -> Document {
    with_wrong_arguments(tape, world, 0)
}

/// The same, where some lists have an argument that they do not take, and no others.
pub fn with_wrong_arguments(tape: &mut Tape, world: &World, percent: usize) -> Document {
    let (document, arguments) = (Document::default(), HashMap::new());
    let mut writer = Writer { world, document, arguments, budget: 45, wrong: percent };
    writer.document.selections = writer.set(tape, On::Query, 4);
    writer.document
}

impl Writer<'_> {
    fn set(&mut self, tape: &mut Tape, on: On, depth: usize) -> Vec<Selection> {
        let count = 1 + tape.below(if matches!(on, On::Query) { 3 } else { 5 });
        (0..count).map(|_| self.selection(tape, on, depth)).collect()
    }

    fn selection(&mut self, tape: &mut Tape, on: On, depth: usize) -> Selection {
        if depth > 0 && self.budget > 0 {
            match tape.below(12) {
                9 => {
                    let selections = self.set(tape, on, depth - 1);
                    let on = tape.chance(50).then(|| on.name());
                    return Selection::Inline { on, directives: self.directives(tape), selections };
                }
                10 => {
                    let selections = self.set(tape, on, depth - 1);
                    self.document.fragments.push(Fragment { on: on.name(), selections });
                    let fragment = self.document.fragments.len() - 1;
                    return Selection::Spread { fragment, directives: self.directives(tape) };
                }
                11 => {
                    let known: Vec<_> = (0..self.document.fragments.len())
                        .filter(|at| self.document.fragments[*at].on == on.name())
                        .collect();
                    if !known.is_empty() {
                        let fragment = tape.pick(&known);
                        return Selection::Spread { fragment, directives: self.directives(tape) };
                    }
                }
                _ => {}
            }
        }
        Selection::Field(self.field(tape, on, depth))
    }

    fn field(&mut self, tape: &mut Tape, on: On, depth: usize) -> Field {
        let deep = depth > 0 && self.budget > 0;
        self.budget = self.budget.saturating_sub(1);
        if tape.chance(6) || (!deep && !matches!(on, On::Record(_) | On::PageInfo | On::Money)) {
            return self.leaf(tape, "__typename");
        }
        match on {
            On::Query => self.root(tape, depth),
            On::Money => {
                let name = tape.pick(&["value", "currency"]);
                self.leaf(tape, name)
            }
            On::PageInfo => match tape.below(4) {
                0 => self.leaf(tape, "hasNextPage"),
                1 => self.leaf(tape, "hasPreviousPage"),
                2 => self.cursor(tape, "startCursor"),
                _ => self.cursor(tape, "endCursor"),
            },
            On::Edge(of) => {
                if tape.chance(30) {
                    self.cursor(tape, "cursor")
                } else {
                    self.composite(tape, "node", On::Record(of), depth - 1)
                }
            }
            On::Connection(of) => match tape.below(6) {
                0..=2 => self.composite(tape, "nodes", On::Record(of), depth - 1),
                3 => self.composite(tape, "edges", On::Edge(of), depth),
                4 => self.composite(tape, "pageInfo", On::PageInfo, depth),
                _ => self.leaf(tape, "totalCount"),
            },
            On::Record(of) => self.of_record(tape, of, deep, depth),
        }
    }

    fn root(&mut self, tape: &mut Tape, depth: usize) -> Field {
        let of = &OBJECTS[tape.below(OBJECTS.len())];
        let variant = tape.below(3);
        if tape.chance(25) {
            let arguments = self.arguments_of(&format!("{}{variant}", of.one), |writer| {
                let all = writer.world.all(of);
                let id = match tape.below(10) {
                    9 => json!("00000000-0000-7000-8000-000000000000"),
                    _ => all[tape.below(all.len())].value("id").clone(),
                };
                let id = match tape.below(3) {
                    2 => writer.document.variables.add("ID!", None, Some(id)),
                    _ => Literal::Plain(id),
                };
                vec![("id".into(), id)]
            });
            let field = self.composite(tape, of.one, On::Record(of), depth - 1);
            return Field { alias: Some(format!("{}{variant}", of.one)), arguments, ..field };
        }
        self.list(tape, of.many, of, depth, variant, "Query")
    }

    fn list(
        &mut self,
        tape: &mut Tape,
        name: &str,
        of: &'static Object,
        depth: usize,
        variant: usize,
        on: &str,
    ) -> Field {
        let arguments = self.arguments_of(&format!("{on}.{name}{variant}"), |writer| {
            if writer.wrong > 0 && tape.chance(writer.wrong) {
                let (argument, value, _) = tape.pick(WRONG);
                return vec![(argument.to_owned(), Literal::Enum(value.to_owned()))];
            }
            writer.window(tape, of)
        });
        let field = self.composite(tape, name, On::Connection(of), depth);
        Field { alias: Some(format!("{name}{variant}")), arguments, ..field }
    }

    fn arguments_of(
        &mut self,
        key: &str,
        make: impl FnOnce(&mut Self) -> Vec<(String, Literal)>,
    ) -> Vec<(String, Literal)> {
        if let Some(known) = self.arguments.get(key) {
            return known.clone();
        }
        let arguments = make(self);
        self.arguments.insert(key.to_owned(), arguments.clone());
        arguments
    }

    /// Filter, order and window of a list: written out, as variables, left out, or null.
    fn window(&mut self, tape: &mut Tape, of: &Object) -> Vec<(String, Literal)> {
        let mut arguments = Vec::new();
        if tape.chance(50) {
            let filter = filter::random(tape, self.world, of, 2, &mut self.document.variables);
            arguments.push(("filter".into(), filter));
        }
        if tape.chance(60) {
            let order = order::random(tape, of);
            let ty = format!("[{}Order!]", of.name);
            let variables = &mut self.document.variables;
            let order = match tape.below(6) {
                3 => variables.add(ty, None, Some(order::plain(&order))),
                4 => variables.add(ty, Some(order), None),
                5 => variables.add(ty, Some(order), Some(Value::Null)),
                _ => order,
            };
            arguments.push(("orderBy".into(), order));
        }
        let mut number = |tape: &mut Tape, name: &str, most: usize| {
            let value = json!(tape.below(most));
            let value = match tape.below(7) {
                4 => self.document.variables.add("Int", None, Some(value)),
                5 => self.document.variables.add("Int", Some(Literal::Plain(value)), None),
                6 => self.document.variables.add("Int", None, tape.chance(50).then_some(Value::Null)),
                _ => Literal::Plain(value),
            };
            arguments.push((name.to_owned(), value));
        };
        match tape.below(6) {
            0..=2 => number(tape, "first", 6),
            3 => number(tape, "last", 6),
            4 => {
                number(tape, "first", 6);
                number(tape, "offset", 9);
            }
            _ => {}
        }
        arguments
    }

    fn of_record(&mut self, tape: &mut Tape, of: &'static Object, deep: bool, depth: usize) -> Field {
        let field = tape.pick(of.fields);
        match field.kind {
            Kind::One(target) if deep && tape.chance(70) => {
                self.composite(tape, field.name, On::Record(object(target)), depth - 1)
            }
            Kind::One(_) => self.leaf(tape, &format!("{}Id", field.name)),
            Kind::Many { target, .. } if deep => {
                let variant = tape.below(2);
                self.list(tape, field.name, object(target), depth - 1, variant, of.name)
            }
            Kind::Many { .. } => self.leaf(tape, "id"),
            Kind::Money => self.composite(tape, field.name, On::Money, 0),
            _ => self.leaf(tape, field.name),
        }
    }

    fn leaf(&mut self, tape: &mut Tape, name: &str) -> Field {
        let alias = tape.chance(20).then(|| format!("z_{name}"));
        Field {
            alias,
            name: name.to_owned(),
            arguments: Vec::new(),
            directives: self.directives(tape),
            selections: Vec::new(),
        }
    }

    /// Opaque: always under a name by which it is found in the answer.
    fn cursor(&mut self, tape: &mut Tape, name: &str) -> Field {
        Field { alias: Some(format!("cursor_{name}")), ..self.leaf(tape, name) }
    }

    fn composite(&mut self, tape: &mut Tape, name: &str, on: On, depth: usize) -> Field {
        let selections = self.set(tape, on, depth);
        Field { selections, ..self.leaf(tape, name) }
    }

    fn directives(&mut self, tape: &mut Tape) -> Vec<Directive> {
        let mut directives = Vec::new();
        for include in [true, false] {
            if tape.chance(10) {
                // Mostly wanted, or documents would be empty.
                let holds = !tape.chance(25);
                let value = json!(holds == include);
                let known = self.document.conditions.len();
                let condition = match tape.below(6) {
                    2 | 3 => self.condition("Boolean!", None, Some(value)),
                    4 => self.condition("Boolean", Some(Literal::Plain(value)), None),
                    5 if known > 0 => Literal::Variable(self.document.conditions[tape.below(known)].clone()),
                    _ => Literal::Plain(value),
                };
                directives.push(Directive { include, condition });
            }
        }
        directives
    }

    fn condition(&mut self, ty: &str, default: Option<Literal>, given: Option<Value>) -> Literal {
        let variable = self.document.variables.add(ty, default, given);
        self.document.conditions.extend(self.document.variables.0.last().map(|last| last.name.clone()));
        variable
    }
}

impl Document {
    /// Gives the variables of conditions other values. False where there are none.
    pub fn reconsider(&mut self, tape: &mut Tape) -> bool {
        for name in &self.conditions {
            let variable = self.variables.0.iter_mut().find(|variable| variable.name == *name).expect("declared");
            let leaves_out = variable.default.is_some() && tape.chance(30);
            variable.given = (!leaves_out).then(|| json!(tape.chance(60)));
        }
        !self.conditions.is_empty()
    }

    pub fn write(&self) -> String {
        let mut text = written(&self.selections);
        for (at, fragment) in self.fragments.iter().enumerate() {
            let _ = write!(text, "\nfragment F{at} on {} {}", fragment.on, written(&fragment.selections));
        }
        format!("query{} {text}", self.variables.declare(&text))
    }
}

fn written(selections: &[Selection]) -> String {
    let directives = |directives: &[Directive]| {
        let write = |directive: &Directive| {
            let name = if directive.include { "include" } else { "skip" };
            format!(" @{name}(if: {})", directive.condition.write())
        };
        directives.iter().map(write).collect::<String>()
    };
    let write = |selection: &Selection| match selection {
        Selection::Field(field) => {
            let alias = field.alias.as_ref().map(|alias| format!("{alias}: ")).unwrap_or_default();
            let arguments = field.arguments.iter().map(|(name, value)| format!("{name}: {}", value.write()));
            let arguments = arguments.collect::<Vec<_>>().join(", ");
            let arguments = if arguments.is_empty() { arguments } else { format!("({arguments})") };
            let inner =
                if field.selections.is_empty() { String::new() } else { format!(" {}", written(&field.selections)) };
            format!("{alias}{}{arguments}{}{inner}", field.name, directives(&field.directives))
        }
        Selection::Inline { on, directives: wanted, selections } => {
            let on = on.as_ref().map(|on| format!(" on {on}")).unwrap_or_default();
            format!("...{on}{} {}", directives(wanted), written(selections))
        }
        Selection::Spread { fragment, directives: wanted } => format!("...F{fragment}{}", directives(wanted)),
    };
    format!("{{ {} }}", selections.iter().map(write).collect::<Vec<_>>().join(" "))
}
