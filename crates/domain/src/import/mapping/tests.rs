use super::*;

fn parse(text: &str) -> Result<Mapping, Vec<String>> {
    Mapping::parse("mapping.toml", text)
        .map_err(|problems| problems.iter().map(|p| format!("{}: {}", p.line.unwrap_or(0), p.message)).collect())
}

const COMPANIES: &str = r#"
[[step]]
file = "accounts.csv"
object = "Company"
match_on = ["name"]
clean.sector = { technolgy = "technology" }
skip_blank = "account"
where = { active = ["yes", "1"] }
date = "DD.MM.YYYY"
decimal = ","

[step.columns]
name = "account"
"address.country" = "office_location"
industry = { column = "sector", values = { medical = "MEDICAL" }, unmatched = "empty" }
annualRevenue = { column = "revenue", currency = "USD", multiplier = 1_000_000 }
description = { template = ["{account} in {office_location}", "{account}"] }
parent = { column = "subsidiary_of", match = "name", missing = "empty" }

[[step]]
object = "Stage"
match_on = ["pipeline", "name"]
rows = [{ name = "Won", type = "WON", position = 3 }, { name = "Lost", type = "LOST" }]
columns.pipeline = { constant = "Sales" }
"#;

#[test]
fn a_mapping_is_read_with_everything_it_says() {
    let mapping = parse(COMPANIES).unwrap();
    assert_eq!(mapping.files(), ["accounts.csv"]);
    let [companies, stages] = mapping.steps.as_slice() else { panic!("two steps") };
    let fields: Vec<_> = companies.columns.iter().map(|column| (column.line, column.field.as_str())).collect();
    assert_eq!(
        fields,
        [
            (13, "name"),
            (14, "address.country"),
            (15, "industry"),
            (16, "annualRevenue"),
            (17, "description"),
            (18, "parent")
        ]
    );
    assert_eq!(companies.clean["sector"]["technolgy"], "technology");
    let revenue = &companies.columns[3];
    assert_eq!(revenue.format.multiplier.unwrap().to_string(), "1000000");
    assert_eq!(
        (revenue.format.decimal, revenue.format.currency.clone()),
        (',', Some(Currency::Constant("USD".into())))
    );
    assert_eq!(companies.columns[5].relation.missing, Missing::Empty);
    let From::Rows(rows) = &stages.from else { panic!("rows") };
    assert_eq!(rows.header.len(), 3);
    assert_eq!(rows.rows[1].1.iter().filter(|cell| cell.is_empty()).count(), 1);
    assert_eq!(stages.columns.len(), 4);
    assert_eq!(stages.name, "Stage");
}

#[test]
fn everything_that_is_wrong_is_said_at_once_with_key_and_line() {
    let problems = parse(
        r#"
[[step]]
file = "a.csv"
objekt = "Company"
charset = "klingon"
delimiter = "ab"
time_zone = "Mars"
columns.name = 5
columns.x = { column = "a", constant = "b" }
columns.d = { column = "d", date = "nonsense", missing = "maybe" }
match_on = ["externalId"]
"#,
    )
    .unwrap_err();
    let all = problems.join("\n");
    for expected in [
        "2: `step 1`: `object` is missing",
        "4: `step 1.objekt` is not a key that is known here. Did you mean `object`?",
        "5: `step 1.charset`: `klingon` is no charset",
        "6: `step 1.delimiter`: expected one sign",
        "7: `step 1.time_zone`: `Mars` is no time zone",
        "8: `step 1.columns.name`: expected the name of a column",
        "9: `step 1.columns.x`: expected exactly one of",
        "10: `step 1.columns.d.date`: `nonsense` is no date format",
        "10: `step 1.columns.d.missing`: expected `error` or `empty` or `create`, found `maybe`",
        "11: `step 1.match_on`: no column of the step fills `externalId`",
    ] {
        assert!(all.contains(expected), "{expected}\n---\n{all}");
    }
}

#[test]
fn what_is_not_toml_is_refused_with_its_line() {
    let problems = parse("[[step]]\nfile = \"a.csv\nobject = 1\n").unwrap_err();
    assert!(problems[0].starts_with("2: This is not TOML"), "{problems:?}");
    assert_eq!(parse("").unwrap_err().len(), 1);
}

#[test]
fn a_template_takes_the_first_form_whose_columns_have_values() {
    let template = Template::parse("{{{product}}} for {account}").unwrap();
    assert_eq!(template.columns().collect::<Vec<_>>(), ["product", "account"]);
    let filled = template.fill(|name| Some(if name == "product" { "GTX" } else { "Acme" }));
    assert_eq!(filled.as_deref(), Some("{GTX} for Acme"));
    assert_eq!(template.fill(|name| (name == "product").then_some("GTX")), None);
    assert!(
        Template::parse("{product").is_err() && Template::parse("product}").is_err() && Template::parse("{}").is_err()
    );
}
