use serde::{Deserialize, Serialize};

/// Something in a file that was not as it should be, and what was made of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Flaw {
    pub kind: FlawKind,
    pub column: String,
    /// The value in the file, where it is about one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub value: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub read_as: Option<String>,
    pub rows: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum FlawKind {
    /// A value was read as another one.
    ReadAs,
    /// Cells without a value.
    Empty,
    /// A value that cannot be read was left out.
    LeftOut,
    /// A related record that is not there was left out.
    NotFound,
    /// A related record that was not there was made.
    Created,
}

impl Flaw {
    fn new(kind: FlawKind, column: &str, rows: u64) -> Self {
        Self { kind, column: column.into(), value: None, read_as: None, rows }
    }

    pub fn read_as(column: &str, value: &str, read_as: &str, rows: u64) -> Self {
        Self { value: Some(value.into()), read_as: Some(read_as.into()), ..Self::new(FlawKind::ReadAs, column, rows) }
    }

    pub fn empty(column: &str, rows: u64) -> Self {
        Self::new(FlawKind::Empty, column, rows)
    }

    pub fn left_out(column: &str, value: &str, rows: u64) -> Self {
        Self { value: Some(value.into()), ..Self::new(FlawKind::LeftOut, column, rows) }
    }

    pub fn not_found(column: &str, value: &str, rows: u64) -> Self {
        Self { value: Some(value.into()), ..Self::new(FlawKind::NotFound, column, rows) }
    }

    pub fn created(column: &str, value: &str, rows: u64) -> Self {
        Self { value: Some(value.into()), ..Self::new(FlawKind::Created, column, rows) }
    }
}
