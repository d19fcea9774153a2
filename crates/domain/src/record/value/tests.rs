//! What is taken, what is refused, and that nothing panics on either.

use std::sync::{Arc, LazyLock};

use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::{Stored, accept};
use crate::{
    catalog::{Catalog, Choice, Choices, Field, Kind, currency::minor_digits},
    record::UserError,
};

fn take(kind: Kind, input: &Json) -> Result<Option<Stored>, UserError> {
    static BASE: LazyLock<Catalog> = LazyLock::new(Catalog::base);
    accept(BASE.object("Company").unwrap(), &Field::new("probe", kind), input)
}

/// The value as the graph shows it, or the refusal as `CODE path`.
#[expect(clippy::needless_pass_by_value, reason = "inputs are literals")]
fn taken(kind: Kind, input: Json) -> Json {
    match take(kind, &input) {
        Ok(stored) => stored.map_or(Json::Null, |stored| stored.to_graph()),
        Err(error) => json!(format!("{} {}", error.code, error.field.join(".")).trim()),
    }
}

fn choices() -> Arc<Choices> {
    Arc::new(Choices(
        ["A", "B"].iter().map(|&value| Choice { value: value.into(), label: value.into(), color: None }).collect(),
    ))
}

#[test]
fn texts() {
    assert_eq!(taken(Kind::Text, json!("  kept as it is ")), "  kept as it is ");
    assert_eq!(taken(Kind::Text, json!("")), "");
    assert_eq!(taken(Kind::Text, json!("a\u{0}b")), "INVALID_VALUE");
    assert_eq!(taken(Kind::Text, json!(5)), "INVALID_VALUE");
    assert_eq!(taken(Kind::Text, json!("ä".repeat(10_000))), "ä".repeat(10_000));
    assert_eq!(taken(Kind::Text, json!("ä".repeat(10_001))), "TOO_LONG");
    assert_eq!(taken(Kind::LongText, json!("a".repeat(100_001))), "TOO_LONG");
    let catalog = Catalog::base();
    let company = catalog.object("Company").unwrap();
    let name = company.field("name").unwrap();
    assert_eq!(accept(company, name, &json!("a".repeat(501))).unwrap_err().code, "TOO_LONG");
    assert_eq!(accept(company, name, &json!(" \t")).unwrap_err().code, "REQUIRED");
    assert_eq!(accept(company, company.field("externalId").unwrap(), &json!("")).unwrap_err().code, "INVALID_VALUE");
}

#[test]
fn contact_points() {
    for good in ["a@b.co", "Ana.Ortiz+crm@sub.example.com", "o'neil@exämple.de", "日本@例え.jp"] {
        assert_eq!(taken(Kind::Email, json!(good)), good);
    }
    for bad in [
        "",
        "a",
        "a@b",
        "@b.co",
        "a@",
        "a b@c.de",
        "a@b..co",
        "a@-b.co",
        "a@b.co, c@d.co",
        "<a@b.co>",
        "a@b.co\u{0}",
        "a@b .co",
    ] {
        assert_eq!(taken(Kind::Email, json!(bad)), "INVALID_VALUE", "{bad:?}");
    }
    for good in ["+49 30 1234567", "(555) 010-9999 ext. 12", "1-800-FLOWERS", "110"] {
        assert_eq!(taken(Kind::Phone, json!(good)), good);
    }
    for bad in ["", "12", "call me", "<b>123</b>", "123456789012345678901"] {
        assert_eq!(taken(Kind::Phone, json!(bad)), "INVALID_VALUE", "{bad:?}");
    }
    for (given, kept) in [
        ("https://example.com/a?b=c#d", "https://example.com/a?b=c#d"),
        ("HTTP://Example.com", "HTTP://Example.com"),
        (" www.example.com/x ", "https://www.example.com/x"),
        ("http://intranet:8080/", "http://intranet:8080/"),
        ("https://[::1]:80/", "https://[::1]:80/"),
        ("https://bücher.de", "https://bücher.de"),
    ] {
        assert_eq!(taken(Kind::Url, json!(given)), kept);
    }
    for bad in [
        "",
        "acme",
        "javascript:alert(1)",
        "JaVaScRiPt://example.com/%0aalert(1)",
        "ftp://example.com",
        "https://",
        "https://user:secret@example.com",
        "https://a b.com",
        "https://example.com/<script>",
        "https://example.com:99999",
        "//example.com",
        "mailto:a@b.co",
    ] {
        assert_eq!(taken(Kind::Url, json!(bad)), "INVALID_VALUE", "{bad:?}");
    }
}

#[test]
fn numbers() {
    assert_eq!(taken(Kind::Integer, json!(5.0)), 5);
    for bad in [json!(2_147_483_648_i64), json!(0.5), json!("5"), json!(true), json!(1e300), json!([1])] {
        assert_eq!(taken(Kind::Integer, bad.clone()), "INVALID_VALUE", "{bad}");
    }
    assert_eq!(taken(Kind::Rating, json!(5)), 5);
    assert_eq!(taken(Kind::Rating, json!(6)), "INVALID_VALUE");
    assert_eq!(take(Kind::Number, &json!(-0.0)).unwrap().unwrap().to_custom(), json!(0));
    assert_eq!(take(Kind::Number, &json!(1e3)).unwrap().unwrap().to_custom(), json!(1000));
    assert_eq!(taken(Kind::Number, json!("1")), "INVALID_VALUE");
}

#[test]
fn decimals() {
    for (given, kept) in [
        (json!("007.50"), "7.5"),
        (json!("-0.00"), "0"),
        (json!("+1"), "1"),
        (json!(0.1), "0.1"),
        (json!(100), "100"),
        (json!("1e3"), "1000"),
        (json!("1.25E-2"), "0.0125"),
        (json!(1e21), "1000000000000000000000"),
        (
            json!("123456789012345678901234567890.12345678901234567890"),
            "123456789012345678901234567890.1234567890123456789",
        ),
    ] {
        assert_eq!(taken(Kind::Decimal, given), kept);
    }
    for bad in ["", "-", ".5", "5.", "1,000", "1 000", "0x10", "NaN", "Infinity", "1e", "1e999999999999", "--1", "１"]
    {
        assert_eq!(taken(Kind::Decimal, json!(bad)), "INVALID_VALUE", "{bad:?}");
    }
    assert_eq!(taken(Kind::Decimal, json!("1".repeat(31))), "INVALID_VALUE");
    assert_eq!(taken(Kind::Decimal, json!("9".repeat(1_000_000))), "INVALID_VALUE");
}

#[test]
fn money() {
    let take = |value: Json, currency: &str| taken(Kind::Currency, json!({ "value": value, "currency": currency }));
    assert_eq!(take(json!("100"), "EUR"), json!({ "value": "100.00", "currency": "EUR" }));
    assert_eq!(take(json!(0.07), "USD"), json!({ "value": "0.07", "currency": "USD" }));
    assert_eq!(take(json!("100.000"), "JPY"), json!({ "value": "100", "currency": "JPY" }));
    assert_eq!(
        take(json!("-92233720368547758.08"), "EUR"),
        json!({ "value": "-92233720368547758.08", "currency": "EUR" })
    );
    assert_eq!(take(json!("92233720368547758.08"), "EUR"), "INVALID_VALUE value");
    assert_eq!(take(json!("0.001"), "EUR"), "INVALID_VALUE value");
    assert_eq!(take(json!("0.001"), "KWD"), json!({ "value": "0.001", "currency": "KWD" }));
    for bad in ["eur", "EURO", "XYZ", "", " EUR"] {
        assert_eq!(take(json!(1), bad), "INVALID_CURRENCY currency", "{bad:?}");
    }
    assert_eq!(taken(Kind::Currency, json!({ "value": 1 })), "REQUIRED currency");
    assert_eq!(taken(Kind::Currency, json!({ "currency": "EUR" })), "REQUIRED value");
    assert_eq!(taken(Kind::Currency, json!({ "value": 1, "currency": "EUR", "rate": 2 })), "UNKNOWN_FIELD rate");
    assert_eq!(taken(Kind::Currency, json!(5)), "INVALID_VALUE");
}

#[test]
fn times() {
    for good in ["0001-01-01", "2024-02-29", "9999-12-31"] {
        assert_eq!(taken(Kind::Date, json!(good)), good);
    }
    for bad in [
        "0000-01-01",
        "2023-02-29",
        "2026-13-01",
        "2026-1-1",
        "26-01-01",
        "+2026-01-01",
        "2026-01-01T00:00:00Z",
        "01.02.2026",
        "",
    ] {
        assert_eq!(taken(Kind::Date, json!(bad)), "INVALID_VALUE", "{bad:?}");
    }
    for (given, kept) in [
        ("2026-03-01T09:30:00+02:00", "2026-03-01T07:30:00.000000Z"),
        ("2026-03-01t09:30:00.123456789z", "2026-03-01T09:30:00.123456Z"),
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000000Z"),
    ] {
        assert_eq!(taken(Kind::DateTime, json!(given)), kept);
    }
    for bad in [
        "2026-03-01",
        "2026-03-01T09:30:00",
        "2026-03-01T25:00:00Z",
        "0001-01-01T00:00:00+01:00",
        "9999-12-31T23:59:59-01:00",
        "now",
    ] {
        assert_eq!(taken(Kind::DateTime, json!(bad)), "INVALID_VALUE", "{bad:?}");
    }
}

#[test]
fn options() {
    assert_eq!(taken(Kind::Select(choices()), json!("A")), "A");
    assert_eq!(taken(Kind::Select(choices()), json!("a")), "INVALID_OPTION");
    assert_eq!(taken(Kind::MultiSelect(choices()), json!(["B", "A", "B"])), json!(["A", "B"]));
    assert_eq!(taken(Kind::MultiSelect(choices()), json!([])), json!(null));
    assert_eq!(taken(Kind::MultiSelect(choices()), json!(["A", "C"])), "INVALID_OPTION 1");
    assert_eq!(taken(Kind::MultiSelect(choices()), json!("A")), json!(["A"]));
    assert_eq!(taken(Kind::MultiSelect(choices()), json!("C")), "INVALID_OPTION 0");
    assert_eq!(taken(Kind::MultiSelect(choices()), json!(7)), "INVALID_VALUE");
}

#[test]
fn documents() {
    assert_eq!(
        taken(Kind::Address, json!({ "city": "Bonn", "street": "", "country": null })),
        json!({ "city": "Bonn" })
    );
    assert_eq!(taken(Kind::Address, json!({ "city": " " })), json!(null));
    assert_eq!(taken(Kind::Address, json!({ "town": "Bonn" })), "UNKNOWN_FIELD town");
    assert_eq!(taken(Kind::Address, json!({ "city": 5 })), "INVALID_VALUE city");
    assert_eq!(taken(Kind::Json, json!({ "a\u{0}": 1 })), "INVALID_VALUE");
    assert_eq!(taken(Kind::Json, json!(["\u{0}"])), "INVALID_VALUE");
    let deep = (0..40).fold(json!(1), |inner, _| json!([inner]));
    assert_eq!(taken(Kind::Json, deep), "INVALID_VALUE");
}

fn json_value() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<f64>().prop_map(Json::from),
        ".{0,12}".prop_map(Json::from),
        "[-+0-9.eE:TZ]{0,20}".prop_map(Json::from),
    ];
    leaf.prop_recursive(2, 12, 4, |inner| {
        let key = prop_oneof![Just("value".to_owned()), Just("currency".into()), Just("city".into()), ".{0,4}"];
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            proptest::collection::vec((key, inner), 0..4)
                .prop_map(|members| Json::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    /// Whatever comes in is taken or refused; what is taken, shown and given again is the same.
    #[test]
    fn what_is_taken_is_taken_again(input in json_value()) {
        let kinds = [
            Kind::Id, Kind::Text, Kind::LongText, Kind::Email, Kind::Phone, Kind::Url, Kind::Integer, Kind::Number, Kind::Decimal,
            Kind::Currency, Kind::Boolean, Kind::Date, Kind::DateTime, Kind::Select(choices()), Kind::MultiSelect(choices()),
            Kind::Rating, Kind::Address, Kind::Json, Kind::One("User".into()),
        ];
        for kind in kinds {
            if let Ok(Some(stored)) = take(kind.clone(), &input) {
                prop_assert_eq!(take(kind.clone(), &stored.to_graph()).unwrap(), Some(stored.clone()));
                prop_assert_eq!(Stored::from_custom(&kind, &stored.to_custom()), Some(stored));
            }
        }
    }

    /// Decimals and money against arithmetic on whole numbers.
    #[test]
    fn amounts_are_exact(units in any::<i64>(), scale in 0..=18_u32, currency in proptest::sample::select(vec!["EUR", "JPY", "KWD"])) {
        let unit = 10_u128.pow(scale);
        let (whole, rest) = (u128::from(units.unsigned_abs()) / unit, u128::from(units.unsigned_abs()) % unit);
        let sign = if units < 0 { "-" } else { "" };
        let text = if scale == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{rest:0width$}", width = scale as usize) };
        let Some(Stored::Decimal(kept)) = take(Kind::Decimal, &json!(text)).unwrap() else { panic!("{text}") };
        // Read back without the parser under test.
        let (kept_whole, kept_rest) = kept.trim_start_matches('-').split_once('.').unwrap_or((kept.trim_start_matches('-'), ""));
        let back = format!("{kept_whole}{kept_rest:0<width$}", width = scale as usize).parse::<i128>().unwrap();
        prop_assert_eq!(if kept.starts_with('-') { -back } else { back }, i128::from(units));
        prop_assert!(!kept.ends_with('.') && (kept_rest.is_empty() || !kept_rest.ends_with('0')));

        let minor = i128::from(units) * 10_i128.pow(minor_digits(currency));
        let expected = (minor % 10_i128.pow(scale) == 0).then(|| minor / 10_i128.pow(scale)).and_then(|minor| i64::try_from(minor).ok());
        let taken = take(Kind::Currency, &json!({ "value": text, "currency": currency }));
        if let Some(minor) = expected {
            prop_assert!(matches!(taken, Ok(Some(Stored::Money(money))) if money.minor == minor));
        } else {
            prop_assert_eq!(taken.unwrap_err().code, "INVALID_VALUE");
        }
    }
}
