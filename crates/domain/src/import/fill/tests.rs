use serde_json::{Value as Json, json};

use super::*;
use crate::{
    catalog::Catalog,
    import::{
        Files, Mapping, Problem,
        bind::{Pass, bind},
        mapping::From,
        reader::Reader,
        report::{Counts, Report, StepReport},
    },
};

struct Done {
    drafts: Vec<Draft>,
    refused: Vec<(u64, Vec<Problem>)>,
    report: StepReport,
}

fn passes(mapping: &str) -> Result<Vec<Pass>, Vec<Problem>> {
    let mapping = Mapping::parse("mapping.toml", mapping)?;
    bind(&mapping, "mapping.toml", &Catalog::base())
}

fn read(pass: &Pass, files: &Files) -> Result<Done, Vec<Problem>> {
    let From::File(file) = &pass.step.from else { panic!("{} reads no file", pass.name) };
    let wanted = Layout::wanted(&pass.step);
    let mut reader = Reader::open(files, file, &wanted).map_err(|problem| vec![problem])?;
    let mut filler = Filler::new(pass.clone(), Layout::of(pass, reader.header())?);
    let mut done = Done { drafts: Vec::new(), refused: Vec::new(), report: StepReport::default() };
    let mut counts = Counts::default();
    while let Some(record) = reader.next().map_err(|problem| vec![problem])? {
        counts.read += 1;
        match filler.read(record) {
            Read::Draft(draft) => done.drafts.push(draft),
            Read::Skipped => counts.skipped += 1,
            Read::Idle => {}
            Read::Repeated => counts.repeated += 1,
            Read::Refused(record, problems) => {
                counts.refused += 1;
                done.refused.push((record.line, problems));
            }
        }
    }
    let label = pass.object.label_plural.to_string();
    let (name, object) = (pass.name.clone(), pass.object.name.to_string());
    done.report = StepReport { name, object, label, file: Some(file.name.clone()), counts, flaws: filler.flaws() };
    Ok(done)
}

fn one(mapping: &str, file: &str) -> Done {
    let passes = passes(mapping).unwrap();
    let files = Files::given([("a.csv".to_owned(), bytes::Bytes::copy_from_slice(file.as_bytes()))]);
    read(&passes[0], &files).unwrap()
}

fn inputs(done: &Done) -> Vec<Json> {
    done.drafts.iter().map(|draft| Json::Object(draft.input.clone())).collect()
}

#[test]
fn the_demo_reads_its_flaws_for_what_they_are() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../demo/crm-sales");
    let text = std::fs::read_to_string(format!("{folder}/mapping.toml")).unwrap();
    let files = Files::Folder(folder.into());
    let done: Vec<Done> = passes(&text)
        .unwrap()
        .iter()
        .filter(|pass| matches!(pass.step.from, From::File(_)))
        .map(|pass| read(pass, &files).unwrap())
        .collect();
    let report = Report { steps: done.iter().map(|done| done.report.clone()).collect(), ..Report::default() };
    let text = report.to_string();
    for expected in [
        "accounts: 85 rows to Companies",
        "sector `technolgy` read as `TECHNOLOGY`: 12 rows",
        "product `GTXPro` read as `GTX Pro`: 1,480 rows",
        "1,425 opportunities without account",
        "close_value `0` read as empty: 2,473 rows",
        "70 companies without subsidiary_of",
    ] {
        assert!(text.contains(expected), "{expected}\n{text}");
    }
    assert_eq!(report.total().refused, 0, "{text}");
    let acme = &inputs(&done[4])[0];
    assert_eq!(
        *acme,
        json!({
            "name": "Acme Corporation",
            "industry": "TECHNOLOGY",
            "foundedYear": 1996,
            "annualRevenue": { "value": "1100040000", "currency": "USD" },
            "employeeCount": 2822,
            "address": { "country": "United States" },
        })
    );
    let opportunities = done.iter().find(|done| done.report.name == "opportunities").unwrap();
    assert_eq!(opportunities.drafts.len(), 8_800);
    assert_eq!(opportunities.drafts[1].input["name"], "GTX Pro for Isdom");
    assert_eq!(opportunities.drafts[1].input["openedAt"], "2016-10-25T00:00:00Z");
}

#[test]
fn rows_are_refused_one_by_one_with_everything_wrong_in_them() {
    let done = one(
        r#"
[[step]]
file = "a.csv"
object = "Company"
match_on = "name"
columns = { name = "name", employeeCount = "staff", industry = "sector", foundedYear = "year" }
"#,
        "name,staff,sector,year\nA,1,retail,1999\nB,many,fishing,1999\n,2,,\nA,3,,\nC,4\nD,1,2,3,4,5\n",
    );
    let refused: Vec<String> = done
        .refused
        .iter()
        .flat_map(|(line, problems)| {
            problems.iter().map(move |p| format!("{line} {} {}", p.code, p.column.clone().unwrap()))
        })
        .collect();
    assert_eq!(
        refused,
        [
            "3 INVALID_NUMBER staff",
            "3 UNKNOWN_OPTION sector",
            "4 MISSING_KEY name",
            "5 DUPLICATE_KEY name",
            "6 TOO_FEW_COLUMNS sector",
            "7 TOO_MANY_COLUMNS year",
        ]
    );
    assert_eq!(inputs(&done), [json!({ "name": "A", "employeeCount": 1, "industry": "RETAIL", "foundedYear": 1999 })]);
}

#[test]
fn an_unlike_crm_is_read_by_a_mapping_alone() {
    let done = one(
        r#"
[[step]]
file = "a.csv"
object = "Opportunity"
match_on = "externalId"
date = ["DD.MM.YYYY HH:mm", "DD.MM.YYYY"]
time_zone = "Europe/Berlin"
decimal = ","
thousands = "."
skip_blank = "Nr"
where_not = { Status = "gelöscht" }

[step.columns]
externalId = { template = "alt-{Nr}" }
name = { column = "Titel", default = "ohne Titel" }
amount = { column = "Betrag", currency_column = "Währung", invalid = "empty" }
expectedCloseDate = "Abschluss"
openedAt = "Beginn"
lostReason = { column = "Grund", values = { "k. A." = "" }, empty = "clear" }
"#,
        "Nr;Titel;Betrag;Währung;Abschluss;Beginn;Grund;Status\n\
         1;\"Maschine; groß\";1.234,50 €;EUR;03.04.2024;01.07.2023 09:30;k. A.;offen\n\
         2;;viel;EUR;;;zu teuer;offen\n\
         3;weg;;;;;;gelöscht\n\
         ;leer;;;;;;offen\n",
    );
    assert_eq!(
        inputs(&done),
        [
            json!({
                "externalId": "alt-1",
                "name": "Maschine; groß",
                "amount": { "value": "1234.5", "currency": "EUR" },
                "expectedCloseDate": "2024-04-03",
                "openedAt": "2023-07-01T07:30:00Z",
                "lostReason": null,
            }),
            json!({ "externalId": "alt-2", "name": "ohne Titel", "lostReason": "zu teuer" }),
        ]
    );
    assert_eq!((done.report.counts.skipped, done.refused.len()), (2, 0));
    let text = Report { steps: vec![done.report], ..Report::default() }.to_string();
    assert!(text.contains("Betrag `viel` cannot be read and was left out: 1 row"), "{text}");
    assert!(text.contains("Grund `k. A.` read as empty: 1 row"), "{text}");
}

#[test]
fn a_value_that_is_no_option_may_be_the_default_one() {
    let done = one(
        r#"
[[step]]
file = "a.csv"
object = "Company"
match_on = "name"
[step.columns]
name = "name"
industry = { column = "sector", default = "OTHER", unmatched = "default" }
"#,
        "name,sector\nA,real-estate\nB,fishing\nC,\n",
    );
    let industries: Vec<_> = inputs(&done).iter().map(|input| input["industry"].clone()).collect();
    assert_eq!(industries, ["REAL_ESTATE", "OTHER", "OTHER"]);
    let text = Report { steps: vec![done.report], ..Report::default() }.to_string();
    assert!(text.contains("sector `fishing` read as `OTHER`: 1 row"), "{text}");
    assert!(text.contains("1 row without sector"), "{text}");
}

#[test]
fn records_are_not_matched_on_what_cannot_be_compared() {
    let problems = passes(
        "[[step]]\nobject = \"Company\"\nmatch_on = [\"name\", \"annualRevenue\"]\nrows = [{ name = \"A\", annualRevenue = 1 }]\ncurrency = \"EUR\"\n",
    )
    .unwrap_err();
    assert_eq!(problems[0].message, "Records cannot be matched on `annualRevenue`.");
}

#[test]
fn what_the_catalog_does_not_have_is_refused_with_line_and_suggestion() {
    let problems = passes(
        r#"
[[step]]
file = "a.csv"
object = "Companie"
match_on = "name"
columns = { name = "a" }

[[step]]
file = "a.csv"
object = "Company"
match_on = "name"
[step.columns]
name = "a"
employes = "b"
createdAt = "c"
address = "d"
annualRevenue = "e"
industry = { column = "f", match = "name" }
parent = { column = "g", match = "nam" }
opportunities = "h"
"#,
    )
    .unwrap_err();
    let said: Vec<String> = problems.iter().map(|p| format!("{} {}", p.line.unwrap(), p.message)).collect();
    for (at, expected) in [
        "2 `a.csv`: there is no object `Companie`. Did you mean `Company`?",
        "14 Company has no field `employes`.",
        "15 `createdAt` is set by the system.",
        "16 `address` is filled by its parts: `address.street`",
        "17 `annualRevenue` is an amount of money: say its `currency`",
        "18 `industry` is no relation",
        "19 Company has no field `nam`. Did you mean `name`?",
        "20 `opportunities` is filled from its other side",
    ]
    .iter()
    .enumerate()
    {
        assert!(said[at].starts_with(expected), "{expected}\n{}", said.join("\n"));
    }
}
