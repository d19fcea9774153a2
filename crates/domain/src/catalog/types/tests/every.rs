//! What all types promise, each tried with values of every form.

use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::*;

/// Text in the forms that some type or other takes.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        ".{0,12}",
        "[-+0-9.eE:TZ]{0,20}",
        "-?[0-9]{1,30}(\\.[0-9]{1,20})?",
        "[a-zA-Z.]{1,8}@[a-zäß]{1,8}\\.(COM|de|xn--p1ai)",
        "\\+(1|49|39|7|44|800)[ ()0-9/-]{4,14}( ext\\. ?[0-9]{1,4})?",
        "(https?://|HTTPS://)?[a-z]{1,8}\\.(com|de)(:[0-9]{2,4})?(/[a-z?=&#]{0,8})?",
        "[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9])",
        "[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9])T[012][0-9]:[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,9})?(Z|[+-]0[0-9]:30)",
        Just("A".into()),
        Just("B".into()),
    ]
}

fn value() -> impl Strategy<Value = Json> {
    let number = || {
        prop_oneof![any::<i64>().prop_map(Json::from), any::<f64>().prop_map(Json::from), (-9..9).prop_map(Json::from)]
    };
    let leaf = prop_oneof![Just(Json::Null), any::<bool>().prop_map(Json::from), number(), text().prop_map(Json::from)];
    let nested = leaf.prop_recursive(2, 12, 4, |inner| {
        let key = prop_oneof![Just("value".to_owned()), Just("currency".into()), Just("city".into()), ".{0,4}"];
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            proptest::collection::vec((key, inner), 0..4)
                .prop_map(|members| Json::Object(members.into_iter().collect())),
        ]
    });
    let amount = (any::<i64>(), 0..99, proptest::sample::select(vec!["EUR", "JPY", "KWD"])).prop_map(
        |(whole, rest, currency)| json!({ "value": format!("{}.{rest}", whole / 1_000), "currency": currency }),
    );
    let country = proptest::sample::select(vec!["DE", "usa", "United Kingdom", "Ivory Coast"]);
    let address = (".{0,9}", ".{0,9}", proptest::option::of(country))
        .prop_map(|(street, city, country)| json!({ "street": street, "city": city, "country": country }));
    prop_oneof![4 => nested, 1 => amount, 1 => address]
}

fn place(field: &Field) -> Place<'_> {
    Place { object: BASE.object("Company").unwrap(), field }
}

/// What a file holds of the value, read and taken again.
fn through_a_cell(field: &Field, stored: &Stored) -> Slot {
    let value = field.kind.value().unwrap();
    let options = field.kind.choices().map(|choices| cell::OptionNames::of(choices)).unwrap_or_default();
    let text = value.write(stored);
    let cell = Cell { text: &text, format: &cell::Format::default(), options: &options, currency: None };
    let input = value.read(&cell).unwrap_or_else(|problem| panic!("{}: {text:?}: {}", value.name(), problem.message));
    accept(place(field).object, field, &input).unwrap_or_else(|error| panic!("{}: {text:?}: {error:?}", value.name()))
}

#[test]
fn every_type_takes_some_value_and_has_a_name_of_its_own() {
    let samples = [
        json!("A"),
        json!(3),
        json!(true),
        json!("12.5"),
        json!({ "value": "1", "currency": "EUR" }),
        json!("2026-01-31"),
        json!("2026-01-31T09:00:00Z"),
        json!("ana@example.com"),
        json!("+49 30 1234567"),
        json!("https://example.com"),
        json!({ "city": "Bonn" }),
    ];
    let mut seen = Vec::new();
    for ty in ALL.iter().copied() {
        assert!(samples.iter().any(|sample| matches!(take(ty, sample), Ok(Some(_)))), "{}", ty.name());
        assert!(!ty.description().is_empty());
        if ty.is_custom() {
            assert!(!seen.contains(&ty.name()), "{} is there twice", ty.name());
            seen.push(ty.name());
        }
    }
}

proptest! {
    /// Whatever comes in is taken or refused; what is taken, kept, read, shown and given again is the same.
    #[test]
    fn what_is_taken_is_taken_again(input in value()) {
        for ty in ALL.iter().copied() {
            if let Ok(Some(stored)) = take(ty, &input) {
                let kept = Stored::from_custom(&field(ty).kind, &stored.to_custom());
                prop_assert_eq!(kept.as_ref(), Some(&stored), "{}", ty.name());
                prop_assert_eq!(take(ty, &stored.to_graph()).unwrap(), Some(stored), "{}", ty.name());
            }
        }
        for kind in [Kind::Id, Kind::One("User".into())] {
            let field = Field::new("probe", kind);
            if let Ok(Some(stored)) = accept(place(&field).object, &field, &input) {
                prop_assert_eq!(Stored::from_custom(&field.kind, &stored.to_custom()), Some(stored));
            }
        }
    }

    #[test]
    fn what_is_written_to_a_file_is_read_back(input in value()) {
        for ty in ALL.iter().copied() {
            let field = field(ty);
            if let Ok(Some(stored)) = take(ty, &input) {
                prop_assert_eq!(through_a_cell(&field, &stored), Some(stored), "{}", ty.name());
            }
        }
    }

    /// A value of one type becomes one of another, or is refused; the same type changes nothing.
    #[test]
    fn values_of_one_type_become_values_of_another(input in value()) {
        for from in ALL.iter().copied() {
            let Ok(Some(stored)) = take(from, &input) else { continue };
            let source = field(from);
            for to in ALL.iter().copied() {
                let target = field(to);
                let converted = to.convert(&place(&target), source.kind.value().unwrap(), &stored);
                if let Ok(Some(converted)) = &converted {
                    let again = take(to, &converted.to_graph()).unwrap();
                    prop_assert_eq!(again.as_ref(), Some(converted), "{} to {}", from.name(), to.name());
                }
                if from.name() == to.name() && from.shape() == to.shape() && !from.has_options() {
                    prop_assert_eq!(converted.unwrap(), Some(stored.clone()), "{}", from.name());
                }
            }
        }
    }
}

#[test]
fn conversions_keep_what_the_value_means() {
    #[expect(clippy::needless_pass_by_value, reason = "inputs are literals")]
    fn become_one(from: &'static dyn FieldType, input: Json, to: &'static dyn FieldType) -> Json {
        let (source, target) = (field(from), field(to));
        let stored = take(from, &input).unwrap().unwrap();
        match to.convert(&place(&target), source.kind.value().unwrap(), &stored) {
            Ok(slot) => slot.map_or(Json::Null, |stored| stored.to_graph()),
            Err(error) => json!(error.code),
        }
    }
    let money = json!({ "value": "12.50", "currency": "EUR" });
    assert_eq!(become_one(&currency::Type, money.clone(), &decimal::Type), "12.5");
    assert_eq!(become_one(&currency::Type, money.clone(), &text::Type), "12.50 EUR");
    assert_eq!(become_one(&text::Type, json!("12.50 EUR"), &currency::Type), money);
    assert_eq!(become_one(&number::Type, json!(12.5), &currency::Type), "INVALID_VALUE");
    assert_eq!(become_one(&select::Type, json!("A"), &text::Type), "First");
    assert_eq!(become_one(&text::Type, json!("second"), &select::Type), "B");
    assert_eq!(become_one(&select::Type, json!("A"), &multi_select::Type), json!(["A"]));
    assert_eq!(become_one(&multi_select::Type, json!(["A", "B"]), &text::Type), "First, Second");
    assert_eq!(become_one(&multi_select::Type, json!(["A", "B"]), &select::Type), "INVALID_VALUE");
    assert_eq!(become_one(&date_time::Type, json!("2026-03-31T23:30:00-05:00"), &date::Type), "2026-04-01");
    assert_eq!(become_one(&date::Type, json!("2026-03-31"), &date_time::Type), "2026-03-31T00:00:00.000000Z");
    assert_eq!(become_one(&text::Type, json!("+49 30 1234567"), &phone::Type), "+49301234567");
    assert_eq!(become_one(&address::Type, json!({ "city": "Bonn", "country": "Germany" }), &text::Type), "Bonn, DE");
    assert_eq!(become_one(&text::Type, json!("Rue 1, Paris"), &address::Type), json!({ "street": "Rue 1, Paris" }));
    assert_eq!(become_one(&number::Type, json!(3), &json::Type), json!(3.0));
}
