use serde_json::Value as Json;

use super::{
    FieldType, Place, Shape, ValueType,
    cell::{self, Cell},
    digits,
    input::{expected, whole},
};
use crate::{
    import::Problem,
    record::{Slot, Stored, UserError},
};

pub struct Type;

impl FieldType for Type {
    fn name(&self) -> &'static str {
        "RATING"
    }

    fn description(&self) -> &'static str {
        "One to five."
    }

    fn shape(&self) -> Shape {
        Shape::Integer
    }

    fn accept(&self, _: &Place<'_>, input: &Json) -> Result<Slot, UserError> {
        let rating = whole(input).filter(|n| (1..=5).contains(n));
        rating.map(|rating| Some(Stored::Integer(rating))).ok_or_else(|| expected(input, "a rating from 1 to 5"))
    }

    fn read(&self, cell: &Cell<'_>) -> Result<Json, Problem> {
        cell::whole(cell)
    }

    fn convert(&self, place: &Place<'_>, from: &ValueType, value: &Stored) -> Result<Slot, UserError> {
        self.convert_text(place, &digits::of(from, value))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{super::tests::taken, Type};

    #[test]
    fn a_rating_is_one_to_five() {
        assert_eq!(taken(&Type, json!(5)), 5);
        assert_eq!(taken(&Type, json!(1.0)), 1);
        for bad in [json!(0), json!(6), json!(2.5), json!("3")] {
            assert_eq!(taken(&Type, bad.clone()), "INVALID_VALUE", "{bad}");
        }
    }
}
