use rapport_domain::import::{self, ErrorFile, Observer, Refused};

use super::workspace::{Workspace, counts, places, request};

const PEOPLE: &str = r#"
[[step]]
file = "people.csv"
object = "Contact"
match_on = "email"
[step.columns]
email = "email"
lastName = "name"
company = { column = "company", match = "name" }
"#;

const COMPANIES: &str = r#"
[[step]]
object = "Company"
match_on = "name"
rows = [{ name = "Acme" }, { name = "Twin", externalId = "1" }]

[[step]]
object = "Company"
match_on = "externalId"
rows = [{ name = "Twin", externalId = "2" }]
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broken_file_is_refused_before_anything_is_written() {
    let workspace = Workspace::new().await;
    let good = "email,name,company\n".to_owned()
        + &(0..3_000).map(|n| format!("p{n}@example.com,P{n},\n")).collect::<String>();
    for (content, expected) in [
        (format!("{good}x@example.com,\"X,\n").into_bytes(), "UNCLOSED_QUOTE 3002"),
        (format!("{good}x@exam").into_bytes(), "FILE_TRUNCATED 3002"),
        ([good.as_bytes(), b"x@example.com,M\xfcller,\n"].concat(), "INVALID_CHARSET 3002 name"),
        ([good.as_bytes(), b"x@example.com,M\x00ller,\n"].concat(), "NUL_BYTE 3002 name"),
        (good.replace("name,company", "nme,company").into_bytes(), "MISSING_COLUMN 1 name"),
        (good.replace("name,company", "name,name").into_bytes(), "DUPLICATE_COLUMN 1 name"),
        (Vec::new(), "FILE_EMPTY"),
    ] {
        let problems = workspace.try_import(request(PEOPLE, &[("people.csv", &content)])).await.unwrap_err();
        assert_eq!(places(&problems)[0], expected, "{problems:?}");
        assert_eq!(problems[0].file.as_deref(), Some("people.csv"));
        assert_eq!(workspace.one("SELECT count(*) FROM {t}.contact").await, "0");
    }
    let missing = workspace.try_import(request(PEOPLE, &[("poeple.csv", b"")])).await.unwrap_err();
    assert_eq!(places(&missing), ["FILE_NOT_FOUND"]);
    assert!(missing[0].message.contains("Did you mean `poeple.csv`?"), "{missing:?}");
    assert_eq!(workspace.one("SELECT count(*) FROM {t}.import").await, "0");
}

/// Remembers refused rows as an error file would.
#[derive(Default)]
struct Errors(Vec<String>);

impl Observer for Errors {
    fn refused(&mut self, row: &Refused<'_>) {
        let cells: Vec<_> = row.record.cells().collect();
        self.0.extend(row.problems.iter().map(|problem| {
            format!(
                "{} {} {} {}",
                row.record.line,
                problem.code,
                problem.column.clone().unwrap_or_default(),
                cells.join("|")
            )
        }));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_rows_are_refused_one_by_one_and_the_others_are_written() {
    let workspace = Workspace::new().await;
    workspace.import(request(COMPANIES, &[])).await;
    let file = "email,name,company\n\
                a@example.com,A,Acme\n\
                nonsense,B,Acme\n\
                c@example.com,C,Nowhere\n\
                d@example.com,D,Twin\n\
                e@example.com,E,ACME\n\
                a@example.com,F,\n\
                g@example.com,G\n";
    let mut errors = Errors::default();
    let done = workspace.watched(request(PEOPLE, &[("people.csv", file.as_bytes())]), &mut errors).await.unwrap();
    assert_eq!(counts(&done.report, "people.csv"), (2, 0, 0, 5), "{}", done.report);
    let mut rows = errors.0;
    rows.sort();
    assert_eq!(
        rows,
        [
            "3 INVALID_VALUE email nonsense|B|Acme",
            "4 RELATED_NOT_FOUND company c@example.com|C|Nowhere",
            "5 RELATED_AMBIGUOUS company d@example.com|D|Twin",
            "7 DUPLICATE_KEY email a@example.com|F|",
            "8 TOO_FEW_COLUMNS company g@example.com|G",
        ]
    );
    let import = import::find(&workspace.db, done.id).await.unwrap().unwrap();
    assert_eq!(import.errors.len(), 5);
    assert_eq!(workspace.all("SELECT last_name FROM {t}.contact ORDER BY 1").await, ["A", "E"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refused_rows_are_kept_in_a_file_that_can_be_put_right_and_brought_in_again() {
    let workspace = Workspace::new().await;
    let path = std::env::temp_dir().join(format!("rapport-{}.csv", uuid::Uuid::now_v7()));
    let mut errors = ErrorFile::new(Box::new(std::fs::File::create(&path).unwrap()));
    let file: &[u8] = b"email;name;company\na@example.com;A;\nbad;\"B; \"\"junior\"\"\";\n";
    workspace.watched(request(PEOPLE, &[("people.csv", file)]), &mut errors).await.unwrap();
    assert_eq!(errors.finish().unwrap(), 1);

    let written = std::fs::read_to_string(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    assert!(
        written.starts_with("file,line,code,column,message,email,name,company\npeople.csv,3,INVALID_VALUE,email,"),
        "{written}"
    );
    let right = written.replace(",bad,", ",b@example.com,");
    let done = workspace.import(request(PEOPLE, &[("people.csv", right.as_bytes())])).await;
    assert!(done.report.is_clean(), "{}", done.report);
    assert_eq!(workspace.all("SELECT last_name FROM {t}.contact ORDER BY 1").await, ["A", "B; \"junior\""]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_mapping_gets_wrong_is_said_before_anything_is_written() {
    let workspace = Workspace::new().await;
    let mapping = PEOPLE.replace("lastName", "surname").replace("match = \"name\"", "match = \"nam\"");
    let problems =
        workspace.try_import(request(&mapping, &[("people.csv", b"email,name,company\n")])).await.unwrap_err();
    assert_eq!(places(&problems), ["INVALID_MAPPING 8", "INVALID_MAPPING 9"]);
    let problems = workspace.try_import(request("step = 3", &[])).await.unwrap_err();
    assert_eq!(problems[0].code, "INVALID_MAPPING");
}
