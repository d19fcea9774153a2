//! Which part of a list is wanted: so many from the front or the back, beyond a cursor or an offset.

use serde_json::Value;

use super::{
    cursor::{Binding, Position},
    error::Error,
    operand,
    sort::{Order, Place},
};
use crate::query::{Arg, ListArgs, Variables};

/// The most records of one list in one answer.
pub const MAX_PAGE: usize = 1_000;
const DEFAULT_PAGE: usize = 50;
const MAX_OFFSET: usize = 100_000;

#[derive(Debug)]
pub(super) struct Window {
    pub limit: usize,
    /// From the back: read in reverse, answered in order.
    pub backward: bool,
    pub offset: usize,
    pub after: Option<Place>,
    pub before: Option<Place>,
}

impl Window {
    pub fn resolve(args: &ListArgs, variables: &Variables, binding: Binding, order: &Order) -> Result<Self, Error> {
        let count = |arg: &Arg, name: &str, most: usize| match arg.resolve(variables) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => {
                let number = operand::integer(&value, name)?;
                match usize::try_from(number) {
                    Ok(number) if number <= most => Ok(Some(number)),
                    _ => Err(Error::input(name, format!("must be between 0 and {most}, got {number}"))),
                }
            }
        };
        let cursor = |arg: &Arg, name: &str| match arg.resolve(variables) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => {
                let position = Position::decode(operand::string(&value, name)?, binding, order.len(), name)?;
                order.place(&position, name).map(Some)
            }
        };
        let (first, last) = (count(&args.first, "first", MAX_PAGE)?, count(&args.last, "last", MAX_PAGE)?);
        if first.is_some() && last.is_some() {
            return Err(Error::input("last", "cannot stand beside `first`"));
        }
        let offset = count(&args.offset, "offset", MAX_OFFSET)?.unwrap_or(0);
        if offset > 0 && last.is_some() {
            return Err(Error::input("offset", "cannot stand beside `last`"));
        }
        Ok(Self {
            limit: first.or(last).unwrap_or(DEFAULT_PAGE),
            backward: last.is_some(),
            offset,
            after: cursor(&args.after, "after")?,
            before: cursor(&args.before, "before")?,
        })
    }

    /// Whether records stand before or after the page, given that `more` were found beyond its limit.
    pub fn neighbours(&self, more: bool) -> (bool, bool) {
        let (before, after) = (self.after.is_some() || self.offset > 0, self.before.is_some());
        if self.backward { (more || before, after) } else { (before, more || after) }
    }
}
