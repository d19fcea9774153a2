//! Values of every kind, generated: what is written comes back as an independent reading of it says.

use proptest::{prelude::*, sample::select, test_runner::TestRunner};
use rapport_domain::{catalog::Storage, record::Mode};
use serde_json::{Map, Value as Json, json};

use super::support::Workspace;

const KINDS: &[&str] = &[
    "TEXT",
    "LONG_TEXT",
    "EMAIL",
    "PHONE",
    "URL",
    "NUMBER",
    "DECIMAL",
    "CURRENCY",
    "BOOLEAN",
    "DATE",
    "DATE_TIME",
    "RATING",
    "ADDRESS",
    "JSON",
    "SELECT",
    "MULTI_SELECT",
];

/// A value to write, and what must be in the `custom` column afterwards.
type Case = (Json, Json);

fn value(kind: &str) -> BoxedStrategy<Case> {
    let same = |text: String| (json!(text), json!(text));
    match kind {
        "TEXT" | "LONG_TEXT" => "[^\u{0}]{0,60}".prop_map(same).boxed(),
        "EMAIL" => "[a-z0-9.+_-]{1,20}@[a-z0-9]{1,10}\\.[a-z]{2,5}"
            .prop_map(move |text| (json!(format!(" {text} ")), json!(text)))
            .boxed(),
        "PHONE" => ("[1-9][0-9]{3,6}", proptest::option::of(1..9_999_u32))
            .prop_map(|(number, extension)| {
                let (given, kept) = extension.map(|n| (format!(" ext. {n}"), format!(";ext={n}"))).unwrap_or_default();
                (json!(format!("+49 (0)30 {number}{given}")), json!(format!("+4930{number}{kept}")))
            })
            .boxed(),
        "ADDRESS" => ("[a-z0-9 ]{1,20}[a-z]", select(vec![("DE", "DE"), ("Germany", "DE"), ("usa", "US")]))
            .prop_map(|(street, (given, kept))| {
                (
                    json!({ "street": street, "city": "", "country": given }),
                    json!({ "street": street, "country": kept }),
                )
            })
            .boxed(),
        "JSON" => proptest::collection::vec(any::<i32>(), 0..4)
            .prop_map(|numbers| json!({ "numbers": numbers, "nothing": null }))
            .prop_map(|document| (document.clone(), document))
            .boxed(),
        "URL" => ("https?", "[a-z0-9]{1,10}\\.[a-z]{2,5}(/[a-z0-9?=&]{0,10})?")
            .prop_map(|(scheme, rest)| (json!(format!("{scheme}://{rest}")), json!(format!("{scheme}://{rest}"))))
            .boxed(),
        "NUMBER" => prop_oneof![
            any::<i32>().prop_map(f64::from),
            (any::<i32>(), 0..9).prop_map(|(n, places)| f64::from(n) / 10_f64.powi(places))
        ]
        .prop_map(|n| (json!(n), json!(n)))
        .boxed(),
        // Digits on both sides, zeros around them: what is kept has none to spare.
        "DECIMAL" => ("-?", "0{0,3}", 0..1_000_000_000_u64, 0..1_000_u32, "0{0,3}")
            .prop_map(|(sign, before, whole, fraction, after)| {
                let text = format!("{sign}{before}{whole}.{fraction:03}{after}");
                let thousandths = i128::from(whole) * 1_000 + i128::from(fraction);
                let sign = if thousandths == 0 { "" } else { sign.as_str() };
                let kept = match format!("{fraction:03}").trim_end_matches('0') {
                    "" => format!("{sign}{whole}"),
                    digits => format!("{sign}{whole}.{digits}"),
                };
                (json!(text), json!(kept))
            })
            .boxed(),
        "CURRENCY" => (any::<i64>(), select(vec![("EUR", 2_u32), ("JPY", 0), ("KWD", 3)]))
            .prop_map(|(minor, (currency, places))| {
                let unit = 10_u64.pow(places);
                let (whole, rest) = (minor.unsigned_abs() / unit, minor.unsigned_abs() % unit);
                let sign = if minor < 0 { "-" } else { "" };
                let text = if places == 0 {
                    format!("{sign}{whole}")
                } else {
                    format!("{sign}{whole}.{rest:0width$}", width = places as usize)
                };
                (json!({ "value": text, "currency": currency }), json!({ "minor": minor, "currency": currency }))
            })
            .boxed(),
        "BOOLEAN" => any::<bool>().prop_map(|yes| (json!(yes), json!(yes))).boxed(),
        "DATE" => {
            (1..=9999, 1..=12, 1..=28).prop_map(|(y, m, d)| format!("{y:04}-{m:02}-{d:02}")).prop_map(same).boxed()
        }
        // Seconds of a day and an offset, put together by hand.
        "DATE_TIME" => (1970..=9000, 1..=12, 2..=27, 0..86_400_i32, 0..1_000_000, -14 * 60..=14 * 60_i32)
            .prop_map(|(y, m, d, second, micros, offset)| {
                let clock = |s: i32| format!("{:02}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60);
                let sign = if offset < 0 { '-' } else { '+' };
                let zone = format!("{sign}{:02}:{:02}", offset.abs() / 60, offset.abs() % 60);
                let given = format!("{y:04}-{m:02}-{d:02}T{}.{micros:06}{zone}", clock(second));
                let utc = second - offset * 60;
                let (day, utc) = (d + utc.div_euclid(86_400), utc.rem_euclid(86_400));
                (json!(given), json!(format!("{y:04}-{m:02}-{day:02}T{}.{micros:06}Z", clock(utc))))
            })
            .boxed(),
        "RATING" => (1..=5).prop_map(|n| (json!(n), json!(n))).boxed(),
        "SELECT" => select(vec!["A", "B", "C"]).prop_map(|value| (json!(value), json!(value))).boxed(),
        _ => proptest::sample::subsequence(vec!["A", "B", "C"], 1..=3)
            .prop_map(|values| (values.iter().rev().chain(&values).map(|value| json!(value)).collect(), json!(values)))
            .boxed(),
    }
}

fn row() -> impl Strategy<Value = Vec<Option<Case>>> {
    KINDS.iter().map(|kind| proptest::option::of(value(kind)).boxed()).collect::<Vec<_>>()
}

fn name(kind: &str) -> String {
    format!("my{}", kind.replace('_', "").to_lowercase())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_value_comes_back_as_it_was_meant() {
    let mut workspace = Workspace::new().await;
    for kind in KINDS {
        let mut input = json!({ "name": name(kind), "type": kind });
        if kind.ends_with("SELECT") {
            input["options"] = json!([{ "value": "A" }, { "value": "B" }, { "value": "C" }]);
        }
        workspace.define("Company", input).await;
    }
    let key = |kind: &str| match &workspace.object("Company").field(&name(kind)).unwrap().storage {
        Storage::Custom(key) => key.to_string(),
        other => panic!("{other:?}"),
    };
    let check = async |rows: Vec<Vec<Option<Case>>>| {
        let input = |row: &Vec<Option<Case>>| {
            let values = KINDS
                .iter()
                .zip(row)
                .map(|(kind, case)| (name(kind), case.as_ref().map_or(Json::Null, |case| case.0.clone())));
            Json::Object([("name".to_owned(), json!("Acme"))].into_iter().chain(values).collect())
        };
        let inputs: Vec<_> = rows.iter().map(input).collect();
        let results = workspace.create_all("Company", &inputs, Mode::Atomic).await;
        let refused: Vec<_> = results.iter().flat_map(|row| &row.user_errors).collect();
        assert!(refused.is_empty(), "{refused:?}");
        for (row, result) in rows.iter().zip(&results) {
            let expected: Map<String, Json> =
                KINDS.iter().zip(row).filter_map(|(kind, case)| Some((key(kind), case.as_ref()?.1.clone()))).collect();
            let kept = workspace.row("Company", result.id.unwrap()).await["custom"].clone();
            for (key, value) in &expected {
                let equal = match (value.as_f64(), kept[key].as_f64()) {
                    (Some(a), Some(b)) => a == b,
                    _ => kept[key] == *value,
                };
                assert!(equal, "{key}: {value} became {}", kept[key]);
            }
            assert_eq!(kept.as_object().unwrap().len(), expected.len());
        }
    };
    let mut runner =
        TestRunner::new(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() });
    let outcome = tokio::task::block_in_place(|| {
        runner.run(&proptest::collection::vec(row(), 8), |rows| {
            tokio::runtime::Handle::current().block_on(check(rows));
            Ok(())
        })
    });
    outcome.unwrap();
}

#[tokio::test]
async fn columns_keep_the_edges_of_their_ranges() {
    let workspace = Workspace::new().await;
    for (date, at) in [
        ("0001-01-01", "0001-01-01T00:00:00Z"),
        ("9999-12-31", "9999-12-31T23:59:59.999999Z"),
        ("2024-02-29", "2016-12-31T23:59:60Z"),
    ] {
        let input = json!({ "name": "Edge", "expectedCloseDate": date, "openedAt": at, "amount": { "value": i64::MIN, "currency": "JPY" }, "probability": i32::MAX });
        let id = workspace.made("Opportunity", input.clone()).await;
        let row = workspace.row("Opportunity", id).await;
        assert_eq!(
            (&row["expected_close_date"], &row["amount_minor"], &row["probability"]),
            (&json!(date), &json!(i64::MIN), &json!(i32::MAX))
        );
        // Read by the engine and written again: nothing changes.
        let again = workspace.update("Opportunity", id, input).await;
        assert_eq!(again.outcome, rapport_domain::record::Outcome::Unchanged);
    }
}
