//! What is taken, what is refused, and that nothing panics on either.

mod every;

use std::sync::LazyLock;

use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::*;
use crate::{
    catalog::{Catalog, Choice, currency::minor_digits},
    record::accept,
};

static BASE: LazyLock<Catalog> = LazyLock::new(Catalog::base);

/// A field of this type, with two options where it has some.
fn field(ty: &'static dyn FieldType) -> Field {
    let options = [("A", "First"), ("B", "Second")];
    let choice = |(value, label): (&str, &str)| Choice { value: value.into(), label: label.into(), color: None };
    Field::new("probe", Kind::of(ty).with_choices(options.map(choice).to_vec()))
}

fn take(ty: &'static dyn FieldType, input: &Json) -> Result<Slot, UserError> {
    accept(BASE.object("Company").unwrap(), &field(ty), input)
}

/// The value as the graph shows it, or the refusal as `CODE path`.
#[expect(clippy::needless_pass_by_value, reason = "inputs are literals")]
pub(super) fn taken(ty: &'static dyn FieldType, input: Json) -> Json {
    match take(ty, &input) {
        Ok(stored) => stored.map_or(Json::Null, |stored| stored.to_graph()),
        Err(error) => json!(format!("{} {}", error.code, error.field.join(".")).trim()),
    }
}

#[test]
fn texts() {
    assert_eq!(taken(&text::Type, json!("  kept as it is ")), "  kept as it is ");
    assert_eq!(taken(&text::Type, json!("")), "");
    assert_eq!(taken(&text::Type, json!("a\u{0}b")), "INVALID_VALUE");
    assert_eq!(taken(&text::Type, json!(5)), "INVALID_VALUE");
    assert_eq!(taken(&text::Type, json!("ä".repeat(10_000))), "ä".repeat(10_000));
    assert_eq!(taken(&text::Type, json!("ä".repeat(10_001))), "TOO_LONG");
    assert_eq!(taken(&long_text::Type, json!("a".repeat(100_001))), "TOO_LONG");
    let catalog = Catalog::base();
    let company = catalog.object("Company").unwrap();
    let name = company.field("name").unwrap();
    assert_eq!(accept(company, name, &json!("a".repeat(501))).unwrap_err().code, "TOO_LONG");
    assert_eq!(accept(company, name, &json!(" \t")).unwrap_err().code, "REQUIRED");
    assert_eq!(accept(company, company.field("externalId").unwrap(), &json!("")).unwrap_err().code, "INVALID_VALUE");
}

#[test]
fn contact_points() {
    for (given, kept) in [
        ("a@b.co", "a@b.co"),
        (" Ana.Ortiz+crm@Sub.Example.COM ", "Ana.Ortiz+crm@sub.example.com"),
        ("o'neil@exämple.de", "o'neil@exämple.de"),
        ("o'neil@XN--EXMPLE-CUA.de", "o'neil@exämple.de"),
        ("日本@例え.jp", "日本@例え.jp"),
    ] {
        assert_eq!(taken(&email::Type, json!(given)), kept);
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
        assert_eq!(taken(&email::Type, json!(bad)), "INVALID_VALUE", "{bad:?}");
    }
    for (given, kept) in [
        ("+49 30 1234567", "+49301234567"),
        ("+49 (0)30/123-45.67", "+49301234567"),
        ("+39 06 1234567", "+39061234567"),
        ("+1 650 253 0000 ext. 123", "+16502530000;ext=123"),
        ("+16502530000;ext=123", "+16502530000;ext=123"),
        ("tel:+1-650-253-0000;ext=123", "+16502530000;ext=123"),
        ("+1-800-FLOWERS", "+18003569377"),
        ("+49 00 30 1234567", "+49301234567"),
    ] {
        assert_eq!(taken(&phone::Type, json!(given)), kept);
    }
    for bad in [
        "",
        "12",
        "110",
        "030 1234567",
        "0049 30 1234567",
        "+999 1234567",
        "call me",
        "+49 30 1234567 or +49 30 1234568",
        "<b>+49301234567</b>",
        "+1234567890123456789",
    ] {
        assert_eq!(taken(&phone::Type, json!(bad)), "INVALID_VALUE", "{bad:?}");
    }
    let refused = take(&phone::Type, &json!("030 1234567")).unwrap_err();
    assert_eq!(
        refused.message,
        "Expected a phone number with its country code, such as +49 30 1234567, got \"030 1234567\"."
    );
    for (given, kept) in [
        ("https://example.com/a?b=c#d", "https://example.com/a?b=c#d"),
        ("HTTP://Example.com", "HTTP://Example.com"),
        (" www.example.com/x ", "https://www.example.com/x"),
        ("http://intranet:8080/", "http://intranet:8080/"),
        ("https://[::1]:80/", "https://[::1]:80/"),
        ("https://bücher.de", "https://bücher.de"),
    ] {
        assert_eq!(taken(&url::Type, json!(given)), kept);
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
        assert_eq!(taken(&url::Type, json!(bad)), "INVALID_VALUE", "{bad:?}");
    }
}

#[test]
fn a_number_without_country_code_is_one_of_the_region_of_its_field() {
    let settings = Settings { region: Some("DE".into()), ..Settings::default() };
    let field = Field::new("probe", named("PHONE", settings).unwrap());
    let take = |text: &str| accept(BASE.object("Company").unwrap(), &field, &json!(text)).unwrap().unwrap().to_graph();
    assert_eq!(take("030 1234567"), "+49301234567");
    assert_eq!(take("0049 30 1234567"), "+49301234567");
    assert_eq!(take("+1 650 253 0000"), "+16502530000");
}

#[test]
fn texts_that_conditions_compare_with_take_the_form_that_is_kept() {
    let normal = |ty: &'static dyn FieldType, text: &str| Kind::of(ty).operand(text);
    assert_eq!(normal(&email::Type, " ana@ACME.com").as_deref(), Some("ana@acme.com"));
    assert_eq!(normal(&phone::Type, "+49 30 1234567").as_deref(), Some("+49301234567"));
    assert_eq!(normal(&url::Type, "acme.com").as_deref(), Some("https://acme.com"));
    assert_eq!(normal(&phone::Type, "030"), None);
    assert_eq!(normal(&text::Type, " as it is "), None);
}

#[test]
fn numbers() {
    assert_eq!(taken(&integer::Type, json!(5.0)), 5);
    for bad in [json!(2_147_483_648_i64), json!(0.5), json!("5"), json!(true), json!(1e300), json!([1])] {
        assert_eq!(taken(&integer::Type, bad.clone()), "INVALID_VALUE", "{bad}");
    }
    assert_eq!(take(&number::Type, &json!(-0.0)).unwrap().unwrap().to_custom(), json!(0));
    assert_eq!(take(&number::Type, &json!(1e3)).unwrap().unwrap().to_custom(), json!(1000));
    assert_eq!(taken(&number::Type, json!("1")), "INVALID_VALUE");
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
        assert_eq!(taken(&decimal::Type, given), kept);
    }
    for bad in ["", "-", ".5", "5.", "1,000", "1 000", "0x10", "NaN", "Infinity", "1e", "1e999999999999", "--1", "１"]
    {
        assert_eq!(taken(&decimal::Type, json!(bad)), "INVALID_VALUE", "{bad:?}");
    }
    assert_eq!(taken(&decimal::Type, json!("1".repeat(31))), "INVALID_VALUE");
    assert_eq!(taken(&decimal::Type, json!("9".repeat(1_000_000))), "INVALID_VALUE");
}

#[test]
fn money() {
    let take = |value: Json, currency: &str| taken(&currency::Type, json!({ "value": value, "currency": currency }));
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
    assert_eq!(taken(&currency::Type, json!({ "value": 1 })), "REQUIRED currency");
    assert_eq!(taken(&currency::Type, json!({ "currency": "EUR" })), "REQUIRED value");
    assert_eq!(taken(&currency::Type, json!({ "value": 1, "currency": "EUR", "rate": 2 })), "UNKNOWN_FIELD rate");
    assert_eq!(taken(&currency::Type, json!(5)), "INVALID_VALUE");
}

#[test]
fn times() {
    for good in ["0001-01-01", "2024-02-29", "9999-12-31"] {
        assert_eq!(taken(&date::Type, json!(good)), good);
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
        assert_eq!(taken(&date::Type, json!(bad)), "INVALID_VALUE", "{bad:?}");
    }
    for (given, kept) in [
        ("2026-03-01T09:30:00+02:00", "2026-03-01T07:30:00.000000Z"),
        ("2026-03-01t09:30:00.123456789z", "2026-03-01T09:30:00.123456Z"),
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000000Z"),
    ] {
        assert_eq!(taken(&date_time::Type, json!(given)), kept);
    }
    for bad in [
        "2026-03-01",
        "2026-03-01T09:30:00",
        "2026-03-01T25:00:00Z",
        "0001-01-01T00:00:00+01:00",
        "9999-12-31T23:59:59-01:00",
        "now",
    ] {
        assert_eq!(taken(&date_time::Type, json!(bad)), "INVALID_VALUE", "{bad:?}");
    }
}

#[test]
fn options() {
    assert_eq!(taken(&select::Type, json!("A")), "A");
    assert_eq!(taken(&select::Type, json!("a")), "INVALID_OPTION");
    assert_eq!(taken(&multi_select::Type, json!(["B", "A", "B"])), json!(["A", "B"]));
    assert_eq!(taken(&multi_select::Type, json!([])), json!(null));
    assert_eq!(taken(&multi_select::Type, json!(["A", "C"])), "INVALID_OPTION 1");
    assert_eq!(taken(&multi_select::Type, json!("A")), json!(["A"]));
    assert_eq!(taken(&multi_select::Type, json!("C")), "INVALID_OPTION 0");
    assert_eq!(taken(&multi_select::Type, json!(7)), "INVALID_VALUE");
}

#[test]
fn documents() {
    assert_eq!(
        taken(&address::Type, json!({ "city": "Bonn", "street": "", "region": null, "country": "germany" })),
        json!({ "city": "Bonn", "country": "DE" })
    );
    assert_eq!(taken(&address::Type, json!({ "country": "Atlantis" })), "INVALID_VALUE country");
    assert_eq!(taken(&address::Type, json!({ "city": " " })), json!(null));
    assert_eq!(taken(&address::Type, json!({ "town": "Bonn" })), "UNKNOWN_FIELD town");
    assert_eq!(taken(&address::Type, json!({ "city": 5 })), "INVALID_VALUE city");
    assert_eq!(taken(&json::Type, json!({ "a\u{0}": 1 })), "INVALID_VALUE");
    assert_eq!(taken(&json::Type, json!(["\u{0}"])), "INVALID_VALUE");
    let deep = (0..40).fold(json!(1), |inner, _| json!([inner]));
    assert_eq!(taken(&json::Type, deep), "INVALID_VALUE");
}

proptest! {
    /// Decimals and money against arithmetic on whole numbers.
    #[test]
    fn amounts_are_exact(units in any::<i64>(), scale in 0..=18_u32, currency in proptest::sample::select(vec!["EUR", "JPY", "KWD"])) {
        let unit = 10_u128.pow(scale);
        let (whole, rest) = (u128::from(units.unsigned_abs()) / unit, u128::from(units.unsigned_abs()) % unit);
        let sign = if units < 0 { "-" } else { "" };
        let text = if scale == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{rest:0width$}", width = scale as usize) };
        let Some(Stored::Decimal(kept)) = take(&decimal::Type, &json!(text)).unwrap() else { panic!("{text}") };
        // Read back without the parser under test.
        let (kept_whole, kept_rest) = kept.trim_start_matches('-').split_once('.').unwrap_or((kept.trim_start_matches('-'), ""));
        let back = format!("{kept_whole}{kept_rest:0<width$}", width = scale as usize).parse::<i128>().unwrap();
        prop_assert_eq!(if kept.starts_with('-') { -back } else { back }, i128::from(units));
        prop_assert!(!kept.ends_with('.') && (kept_rest.is_empty() || !kept_rest.ends_with('0')));

        let minor = i128::from(units) * 10_i128.pow(minor_digits(currency));
        let expected = (minor % 10_i128.pow(scale) == 0).then(|| minor / 10_i128.pow(scale)).and_then(|minor| i64::try_from(minor).ok());
        let taken = take(&currency::Type, &json!({ "value": text, "currency": currency }));
        if let Some(minor) = expected {
            prop_assert!(matches!(taken, Ok(Some(Stored::Money(money))) if money.minor == minor));
        } else {
            prop_assert_eq!(taken.unwrap_err().code, "INVALID_VALUE");
        }
    }
}
