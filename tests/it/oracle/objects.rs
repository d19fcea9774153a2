//! The part of the graph that random tests speak about.

/// What values a field takes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    Id,
    Text,
    Int,
    Number,
    Decimal,
    Money,
    Flag,
    Date,
    Moment,
    /// One of some options.
    Choice(Options),
    /// Some of the options.
    Tags(Options),
    One(&'static str),
    Many {
        target: &'static str,
        /// The relation of the target that points back.
        via: &'static str,
    },
}

/// The options of a select in their order, and its type in the graph.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Options {
    pub ty: &'static str,
    pub values: &'static [&'static str],
}

#[derive(Debug, Clone, Copy)]
pub struct Field {
    pub name: &'static str,
    pub kind: Kind,
    pub required: bool,
}

#[derive(Debug)]
pub struct Object {
    pub name: &'static str,
    pub one: &'static str,
    pub many: &'static str,
    pub fields: &'static [Field],
}

impl Object {
    pub fn field(&self, name: &str) -> Field {
        *self.fields.iter().find(|field| field.name == name).unwrap_or_else(|| panic!("{}.{name}", self.name))
    }

    pub fn has(&self, name: &str) -> bool {
        self.fields.iter().any(|field| field.name == name)
    }
}

impl Kind {
    /// Has a place in an order.
    pub fn sorts(self) -> bool {
        !matches!(self, Self::Tags(_) | Self::Many { .. } | Self::One(_))
    }
}

pub fn object(name: &str) -> &'static Object {
    OBJECTS.iter().find(|object| object.name == name).unwrap_or_else(|| panic!("no object {name}"))
}

const fn field(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, required: false }
}

const fn required(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, required: true }
}

const INDUSTRY: Options = Options { ty: "CompanyIndustry", values: &["ENERGY", "FINANCE", "RETAIL", "OTHER"] };
const STATUS: Options =
    Options { ty: "ContactStatus", values: &["LEAD", "QUALIFIED", "CUSTOMER", "PARTNER", "CHURNED"] };
/// Not in the order of the alphabet: options sort in their own.
pub const LEVEL: Options = Options { ty: "ContactLevel", values: &["LOW", "MIDDLE", "HIGH"] };
pub const TOPICS: Options = Options { ty: "ContactTopics", values: &["TEA", "COFFEE", "CAKE"] };

pub const OBJECTS: &[Object] = &[
    Object {
        name: "Company",
        one: "company",
        many: "companies",
        fields: &[
            field("id", Kind::Id),
            required("name", Kind::Text),
            field("domain", Kind::Text),
            field("industry", Kind::Choice(INDUSTRY)),
            field("employeeCount", Kind::Int),
            field("annualRevenue", Kind::Money),
            field("description", Kind::Text),
            field("parent", Kind::One("Company")),
            field("contacts", Kind::Many { target: "Contact", via: "company" }),
            field("opportunities", Kind::Many { target: "Opportunity", via: "company" }),
            field("subsidiaries", Kind::Many { target: "Company", via: "parent" }),
        ],
    },
    Object {
        name: "Contact",
        one: "contact",
        many: "contacts",
        fields: &[
            field("id", Kind::Id),
            field("firstName", Kind::Text),
            field("lastName", Kind::Text),
            field("title", Kind::Text),
            field("status", Kind::Choice(STATUS)),
            field("company", Kind::One("Company")),
            field("opportunities", Kind::Many { target: "Opportunity", via: "contact" }),
            field("nickname", Kind::Text),
            field("score", Kind::Number),
            field("ratio", Kind::Decimal),
            field("budget", Kind::Money),
            field("vip", Kind::Flag),
            field("birthday", Kind::Date),
            field("seenAt", Kind::Moment),
            field("level", Kind::Choice(LEVEL)),
            field("topics", Kind::Tags(TOPICS)),
        ],
    },
    Object {
        name: "Opportunity",
        one: "opportunity",
        many: "opportunities",
        fields: &[
            field("id", Kind::Id),
            required("name", Kind::Text),
            field("company", Kind::One("Company")),
            field("contact", Kind::One("Contact")),
            field("amount", Kind::Money),
            field("probability", Kind::Int),
            field("expectedCloseDate", Kind::Date),
            field("openedAt", Kind::Moment),
            field("description", Kind::Text),
        ],
    },
];

/// The custom fields among them, all nine types: name and what `createField` is told besides.
pub const CUSTOM: &[(&str, &str)] = &[
    ("nickname", "type: TEXT"),
    ("score", "type: NUMBER"),
    ("ratio", "type: DECIMAL"),
    ("budget", "type: CURRENCY"),
    ("vip", "type: BOOLEAN"),
    ("birthday", "type: DATE"),
    ("seenAt", "type: DATE_TIME"),
    (
        "level",
        "type: SELECT, options: [{value: \"LOW\", label: \"Low\"}, {value: \"MIDDLE\", label: \"Middle\"}, {value: \"HIGH\", label: \"High\"}]",
    ),
    (
        "topics",
        "type: MULTI_SELECT, options: [{value: \"TEA\", label: \"Tea\"}, {value: \"COFFEE\", label: \"Coffee\"}, {value: \"CAKE\", label: \"Cake\"}]",
    ),
];
