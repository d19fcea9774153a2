//! Another CRM: other columns, semicolons, day-first dates, decimal commas, Latin-1. Only the mapping is written.

use super::workspace::{Workspace, counts, request};

const MAPPING: &str = r#"
[[field]]
object = "Contact"
name = "newsletter"
label = "Newsletter"
type = "BOOLEAN"

[[field]]
object = "Contact"
name = "interessen"
label = "Interessen"
type = "MULTI_SELECT"
options = "from-values"

[[step]]
file = "firmen.csv"
object = "Company"
charset = "latin1"
match_on = "externalId"
decimal = ","
thousands = "."
columns.externalId = { template = "firma-{Nr.}" }
columns.name = "Firma"
columns.annualRevenue = { column = "Umsatz", currency_column = "Whg" }
columns."address.street" = "Straße"
columns."address.city" = "Ort"
columns."address.postalCode" = "PLZ"
columns.industry = { column = "Branche", values = { "Handel" = "RETAIL", "Bau" = "CONSTRUCTION" }, unmatched = "create" }

[[step]]
file = "personen.csv"
object = "Contact"
charset = "latin1"
match_on = "email"
date = "DD.MM.YYYY HH:mm"
time_zone = "Europe/Berlin"
columns.email = "E-Mail"
columns.lastName = "Name"
columns.firstName = "Vorname"
columns.company = { column = "Firma", match = "name", missing = "create" }
columns.newsletter = { column = "NL", values = { "ja" = "yes", "nein" = "no" } }
columns.interessen = { column = "Interessen", separator = "/" }
"#;

fn latin1(text: &str) -> Vec<u8> {
    text.chars().map(|letter| u8::try_from(u32::from(letter)).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unlike_crm_is_imported_by_writing_a_mapping_only() {
    let workspace = Workspace::new().await;
    let companies = latin1(
        "Nr.;Firma;Umsatz;Whg;Straße;PLZ;Ort;Branche\r\n7;Müller & Söhne;1.234.567,89;EUR;Hauptstr. 1;01067;Köln;Handel\r\n8;\"Bäcker; Brot\";0,50;CHF;;;Zürich;Bäckerei\r\n",
    );
    let people = latin1(
        "E-Mail;Name;Vorname;Firma;NL;Interessen\nute@example.com;Übel;Ute;Müller & Söhne;ja;Käse / Wein\nbo@example.com;Bo;;Neu GmbH;nein;Wein\n",
    );
    let files: [(&str, &[u8]); 2] = [("firmen.csv", &companies), ("personen.csv", &people)];
    let done = workspace.import(request(MAPPING, &files)).await;
    let text = done.report.to_string();
    assert!(done.report.is_clean(), "{text}");
    assert_eq!(counts(&done.report, "firmen.csv"), (2, 0, 0, 0));
    assert!(text.contains("Branche `Handel` read as `RETAIL`: 1 row"), "{text}");
    assert!(text.contains("Firma `Neu GmbH` was not found and created: 1 row"), "{text}");
    assert!(text.contains("the field `newsletter` of Contact"), "{text}");

    let company = "SELECT external_id || '|' || name || '|' || annual_revenue_minor || annual_revenue_currency || '|' || industry || '|' || (address->>'postalCode') FROM {t}.company WHERE name LIKE 'M%'";
    assert_eq!(workspace.one(company).await, "firma-7|Müller & Söhne|123456789EUR|RETAIL|01067");
    assert_eq!(workspace.one("SELECT industry FROM {t}.company WHERE name LIKE 'B%'").await, "BAECKEREI");
    let people = "SELECT c.name || '|' || f.name || '|' || (SELECT string_agg(value::text, ',' ORDER BY value::text) FROM jsonb_each(c.custom)) \
                  FROM {t}.contact c JOIN {t}.company f ON f.id = c.company_id ORDER BY c.email";
    assert_eq!(
        workspace.all(people).await,
        ["Bo|Neu GmbH|[\"WEIN\"],false", "Ute Übel|Müller & Söhne|[\"KAESE\", \"WEIN\"],true"]
    );

    let again = workspace.import(request(MAPPING, &files)).await;
    let total = again.report.total();
    assert_eq!((total.created, total.updated, total.unchanged, total.refused), (0, 0, 4, 0), "{}", again.report);
    assert_eq!(again.report.fields, Vec::<String>::new());
}
