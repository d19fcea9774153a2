use bytes::Bytes;
use proptest::prelude::*;

use super::*;

fn open(content: &[u8], charset: Option<&str>, wanted: &[&str]) -> Result<Reader, Problem> {
    let files = Files::given([("people.csv".to_owned(), Bytes::copy_from_slice(content))]);
    let charset = charset.map(|label| encoding_rs::Encoding::for_label(label.as_bytes()).unwrap());
    Reader::open(&files, &File { name: "people.csv".into(), charset, delimiter: None }, wanted)
}

fn rows(reader: &mut Reader) -> Result<Vec<(u64, Vec<String>)>, Problem> {
    let mut rows = Vec::new();
    while let Some(record) = reader.next()? {
        rows.push((record.line, record.cells().map(str::to_owned).collect()));
    }
    Ok(rows)
}

fn read(content: &str) -> Result<Vec<(u64, Vec<String>)>, Problem> {
    rows(&mut open(content.as_bytes(), None, &[])?)
}

fn refusal(content: &[u8]) -> Problem {
    open(content, None, &[]).and_then(|mut reader| rows(&mut reader)).expect_err("a refusal")
}

fn place(problem: &Problem) -> (&str, Option<u64>, Option<&str>) {
    (&problem.code, problem.line, problem.column.as_deref())
}

#[test]
fn rows_carry_the_line_they_start_on() {
    let read = read("name,note\n\nAda,\"two\r\nlines, one \"\"cell\"\"\"\r\n\r\nBob,\n").unwrap();
    assert_eq!(
        read,
        [(3, vec!["Ada".to_owned(), "two\r\nlines, one \"cell\"".into()]), (6, vec!["Bob".to_owned(), String::new()])]
    );
}

#[test]
fn the_separator_is_found_by_the_columns_that_the_mapping_wants() {
    for separator in [",", ";", "\t", "|"] {
        let file = format!("name{separator}city, country\nAda{separator}x\n")
            .replace(if separator == "," { ", country" } else { "\u{1}" }, "");
        let reader = open(file.as_bytes(), None, &["name"]).unwrap();
        assert_eq!(reader.header().len(), 2, "{separator:?}: {:?}", reader.header());
    }
}

#[test]
fn old_line_ends_and_byte_order_marks_are_understood() {
    assert_eq!(read("a,b\r1,2\r3,4").unwrap().len(), 2);
    let mut marked = open("\u{feff}a,b\n1,2".as_bytes(), None, &[]).unwrap();
    assert_eq!(marked.header(), ["a", "b"]);
    assert_eq!(rows(&mut marked).unwrap().len(), 1);
    let utf16: Vec<u8> = "\u{feff}a;b\nMüller;2\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut reader = open(&utf16, None, &[]).unwrap();
    assert_eq!(rows(&mut reader).unwrap(), [(2, vec!["Müller".to_owned(), "2".into()])]);
}

#[test]
fn latin1_is_read_when_the_mapping_says_so() {
    let mut reader = open(b"name;city\nM\xfcller;K\xf6ln\n", Some("latin1"), &[]).unwrap();
    assert_eq!(rows(&mut reader).unwrap(), [(2, vec!["Müller".to_owned(), "Köln".into()])]);
}

#[test]
fn another_charset_is_refused_with_its_place_and_a_suggestion() {
    let problem = refusal(b"name;city\nAda;Rome\nBob;K\xf6ln\n");
    assert_eq!(place(&problem), ("INVALID_CHARSET", Some(3), Some("city")));
    assert!(problem.message.contains("0xF6 at position 6 of this line (byte 24 of the file)"), "{problem}");
    assert!(problem.message.contains("windows-1252"), "{problem}");
    let unmarked: Vec<u8> = "name;city\nAda;Rome\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert!(refusal(&unmarked).message.contains("utf-16le"));
    let foreign = open(b"a\nb\n\xff\xff", Some("shift_jis"), &[]).and_then(|mut reader| rows(&mut reader));
    assert_eq!(place(&foreign.expect_err("a refusal")), ("INVALID_CHARSET", Some(3), None));
}

#[test]
fn a_file_cut_in_the_middle_is_refused() {
    assert_eq!(place(&refusal(b"a,b\n1,2\n3,\"four\n5,6\n")), ("UNCLOSED_QUOTE", Some(3), None));
    assert_eq!(place(&refusal(b"a,b,c\n1,2,3\n4,5")), ("FILE_TRUNCATED", Some(3), None));
    assert_eq!(refusal(b"").code, "FILE_EMPTY");
    assert_eq!(refusal(b"\n\n  \n").code, "FILE_EMPTY");
}

#[test]
fn an_open_quote_does_not_swallow_a_large_file() {
    let file = format!("a,b\n1,\"open\n{}", "2,3\n".repeat(600_000));
    assert_eq!(place(&refusal(file.as_bytes())), ("UNCLOSED_QUOTE", Some(2), None));
    let file = format!("a,b\n{}", "x".repeat(3 << 20));
    assert_eq!(place(&refusal(file.as_bytes())), ("ROW_TOO_LONG", Some(2), None));
}

#[test]
fn a_nul_byte_is_refused_with_its_column() {
    assert_eq!(place(&refusal(b"a,b\n1,2\n3,4\x005\n")), ("NUL_BYTE", Some(3), Some("b")));
}

#[test]
fn columns_that_are_missing_or_there_twice_are_named() {
    let reader = open(b"name,e-mail,name\n", None, &[]).unwrap();
    let header = reader.header();
    assert_eq!(place(&column(header, "name").unwrap_err()), ("DUPLICATE_COLUMN", Some(1), Some("name")));
    let missing = column(header, "email").unwrap_err();
    assert_eq!(place(&missing), ("MISSING_COLUMN", Some(1), Some("email")));
    assert!(missing.message.contains("Did you mean `e-mail`?"), "{missing}");
    assert_eq!(column(header, "e-mail").unwrap(), 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// The csv crate writes, our reader reads.
    #[test]
    fn any_dialect_that_another_program_writes_is_read_back(
        table in prop::collection::vec(prop::collection::vec("[ -~äß€\n\r\"',;|\t]{0,12}", 3), 0..8),
        delimiter in prop::sample::select(vec![b',', b';', b'\t', b'|']),
        crlf: bool,
        always: bool,
        wide: bool,
    ) {
        let mut writer = csv::WriterBuilder::new()
            .delimiter(delimiter)
            .terminator(if crlf { csv::Terminator::CRLF } else { csv::Terminator::Any(b'\n') })
            .quote_style(if always { csv::QuoteStyle::Always } else { csv::QuoteStyle::Necessary })
            .from_writer(Vec::new());
        writer.write_record(["first", "second", "third"]).unwrap();
        for row in &table {
            writer.write_record(row).unwrap();
        }
        let written = writer.into_inner().unwrap();
        let text = String::from_utf8(written).unwrap();
        let bytes: Vec<u8> = if wide {
            "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(u16::to_be_bytes).collect()
        } else {
            text.clone().into_bytes()
        };
        let mut reader = open(&bytes, None, &["first", "second", "third"]).unwrap();
        let read = rows(&mut reader).unwrap();
        let cells: Vec<_> = read.iter().map(|(_, cells)| cells.clone()).collect();
        prop_assert_eq!(&cells, &table);
        let lines: Vec<&str> = text.split('\n').collect();
        for (line, cells) in &read {
            let first = cells[0].split('\n').next().unwrap().trim_end_matches('\r').replace('"', "\"\"");
            let at = usize::try_from(line - 1).unwrap();
            prop_assert!(lines[at].contains(first.as_str()), "line {} does not hold {:?}", line, first);
        }
    }

    #[test]
    fn no_bytes_make_it_panic(content in prop::collection::vec(prop::sample::select(b"a,\";\n\r\x00\xff\xfe\xc3\xa9 ".to_vec()), 0..200)) {
        if let Ok(mut reader) = open(&content, None, &[]) {
            let _ = rows(&mut reader);
        }
    }
}
