//! Words, queries, spellings and what is marked, without a database.

use proptest::prelude::*;
use uuid::Uuid;

use super::{
    document::Document,
    highlight::{Range, found},
    query::{InvalidQuery, LONGEST_QUERY, Query},
    read::Texts,
    spelling::{Spelling, distance},
    subject::Subject,
    word::{number, words},
};
use crate::catalog::{Catalog, Object};

fn folded(text: &str) -> Vec<String> {
    words(text).map(|word| word.folded).collect()
}

#[test]
fn words_are_letters_and_digits_without_case_and_accents() {
    for (text, expected) in [
        ("Ana Ortiz", vec!["ana", "ortiz"]),
        ("ana.ortiz@example.com", vec!["ana", "ortiz", "example", "com"]),
        ("  Müller-Lüdenscheidt, GROẞE Straße ", vec!["muller", "ludenscheidt", "grosse", "strasse"]),
        ("Mu\u{308}ller", vec!["muller"]),
        ("Ångström Łódź Ærø Þór", vec!["angstrom", "lodz", "aero", "thor"]),
        ("ΣΟΦΟΣ σοφός", vec!["σοφοσ", "σοφοσ"]),
        ("Мария Ёлкина", vec!["мария", "елкина"]),
        ("ＡＢＣ ﬁt ½", vec!["abc", "fit", "12"]),
        ("北京大学 ABC東京x", vec!["北", "京", "大", "学", "abc", "東", "京", "x"]),
        ("+49 (30) 12-34", vec!["49", "30", "12", "34"]),
        ("&|!:*()'\"\\<>", vec![]),
        ("\u{301}a\u{301}", vec!["a"]),
        ("", vec![]),
    ] {
        assert_eq!(folded(text), expected, "{text}");
    }
    assert_eq!(folded(&"x".repeat(1_000)), ["x".repeat(64)]);
}

proptest! {
    #[test]
    fn words_stand_where_they_say(text in "\\PC{0,40}") {
        let mut end = 0;
        for word in words(&text) {
            prop_assert!(word.at.start >= end && word.at.start < word.at.end);
            end = word.at.end;
            prop_assert_eq!(&folded(&text[word.at.clone()]).concat(), &word.folded);
            prop_assert!(word.folded.chars().all(char::is_alphanumeric));
        }
    }

    #[test]
    fn no_text_is_more_than_words_to_the_database(text in "\\PC{0,40}") {
        if let Ok(query) = Query::parse(&text) {
            let lexemes = query.tsquery(&[]);
            let bare: String = lexemes.split('\'').step_by(2).collect();
            prop_assert!(bare.chars().all(|c| "()&|:*<-> A".contains(c)), "{}", lexemes);
            prop_assert!(lexemes.split('\'').skip(1).step_by(2).all(|word| word.chars().all(char::is_alphanumeric)));
        }
    }
}

#[test]
fn numbers_are_found_by_their_parts() {
    assert_eq!(number("+49 (30) 123-456").as_deref(), Some("4930123456"));
    assert_eq!((number("12-34"), number("Room 12345"), number("")), (None, None, None));
}

#[test]
fn what_cannot_be_looked_for_says_why() {
    let refused = |text: &str| Query::parse(text).err();
    assert_eq!(refused(" \t\n"), Some(InvalidQuery::Empty));
    assert_eq!(refused("a\0b"), Some(InvalidQuery::Nul));
    assert_eq!(refused(&"ä".repeat(LONGEST_QUERY)), None);
    assert_eq!(refused(&"ä".repeat(LONGEST_QUERY + 1)), Some(InvalidQuery::TooLong));
    assert!(Query::parse("&|!").unwrap().terms.is_empty());
}

#[test]
fn a_query_is_starts_of_words_and_phrases() {
    for (text, expected) in [
        ("Ana Ort", "('ana':*) & ('ort':*)"),
        ("ana ANA", "('ana':*)"),
        ("an", "('an':*A)"),
        ("北", "('北':*)"),
        ("an de", "('an':*) & ('de':*)"),
        ("\"Ana Ortiz\" ac", "('ana' <-> 'ortiz') & ('ac':*)"),
        ("\"ana\"", "('ana')"),
        ("\"ana ort", "('ana':*) & ('ort':*)"),
        ("030 12", "('30':* | '030':*) & ('12':*)"),
        ("a&!b:*", "('a':*) & ('b':*)"),
    ] {
        assert_eq!(Query::parse(text).unwrap().tsquery(&[]), expected, "{text}");
    }
}

#[test]
fn a_slip_is_a_letter_or_two_by_the_length_of_the_word() {
    for (asked, known, expected) in [
        ("jonh", "john", Some(1)),
        ("mueller", "muller", Some(1)),
        ("mulelr", "mullerstein", Some(1)),
        ("tosenberg", "rosenberg", Some(1)),
        ("rosnbreg", "rosenberg", Some(2)),
        ("acme", "acne", Some(1)),
        ("acme", "aon", None),
        ("ortiz", "ortiz", None),
        ("john", "jane", None),
    ] {
        assert_eq!(distance(asked, known), expected, "{asked} {known}");
    }
}

/// What is marked in the texts of a contact's name and e-mail address, in brackets.
fn marked(query: &str, name: &str, email: &str) -> Option<Vec<String>> {
    marked_with(&Query::parse(query).unwrap(), &[], name, email)
}

fn marked_with(query: &Query, spellings: &[Vec<Spelling>], name: &str, email: &str) -> Option<Vec<String>> {
    let catalog = Catalog::base();
    let subject = Subject::of(catalog.object("Contact").unwrap());
    assert_eq!(subject.fields.iter().map(|field| &*field.name).collect::<Vec<_>>(), ["name", "email"]);
    let texts = [name, email].map(|text| (!text.is_empty()).then(|| text.to_owned())).into();
    let found = found(query, spellings, &subject, &Texts { record: Uuid::nil(), texts })?;
    Some(found.matches.iter().map(|found| brackets(&found.text, &found.ranges)).collect())
}

fn brackets(text: &str, ranges: &[Range]) -> String {
    let units: Vec<u16> = text.encode_utf16().collect();
    let cut = |from: usize, to: usize| String::from_utf16(&units[from..to]).expect("whole characters");
    let (mut out, mut at) = (String::new(), 0);
    for &Range { start, end } in ranges {
        out.extend([cut(at, start), format!("[{}]", cut(start, end))]);
        at = end;
    }
    out + &cut(at, units.len())
}

#[test]
fn what_was_found_is_marked_letter_by_letter() {
    for (query, name, email, expected) in [
        ("ana", "Ana Anasazi", "x@ana.example", Some(vec!["[Ana] [Ana]sazi", "x@[ana].example"])),
        ("ana example", "Ana Ortiz", "x@y.example", Some(vec!["[Ana] Ortiz", "x@y.[example]"])),
        ("ana other", "Ana Ortiz", "x@y.example", None),
        ("mull", "Jürgen Müllerin 😀", "", Some(vec!["Jürgen [Müll]erin 😀"])),
        ("mull", "😀 Mu\u{308}ller", "", Some(vec!["😀 [Mu\u{308}ll]er"])),
        ("stras", "Straße", "", Some(vec!["[Straß]e"])),
        ("\"ana ortiz\"", "Ana Ortiz, Ana B. Ortiz", "", Some(vec!["[Ana Ortiz], Ana B. Ortiz"])),
        ("\"ana ort\"", "Ana Ortiz", "", None),
        ("3012", "+49 (30) 12-34", "", Some(vec!["+49 ([30) 12]-34"])),
        ("0301", "+49 (30) 12-34", "", Some(vec!["+49 ([30) 1]2-34"])),
        ("an", "Joan", "an@x.example", None),
        ("京", "東京", "", Some(vec!["東[京]"])),
    ] {
        let expected: Option<Vec<String>> = expected.map(|texts| texts.into_iter().map(str::to_owned).collect());
        assert_eq!(marked(query, name, email), expected, "{query} in {name} {email}");
    }
    let meant = vec![vec![Spelling { word: "ortiz".to_owned(), distance: 1 }]];
    let query = Query::parse("ortis").unwrap();
    assert_eq!(marked_with(&query, &meant, "Ana Ortiz", "").unwrap(), ["Ana [Ortiz]"]);
}

#[test]
fn of_a_long_text_the_match_and_what_is_around_it_are_shown() {
    let filler = |words: usize| "lorem ".repeat(words);
    let middle = marked("match", &format!("{}the match\nis here {}", filler(50), filler(50)), "").unwrap().remove(0);
    assert!(
        middle.starts_with("…lorem") && middle.ends_with("lorem…") && middle.contains(" the [match] is here "),
        "{middle}"
    );
    assert!((140..=165).contains(&middle.chars().count()), "{}", middle.chars().count());
    let start = marked("match", &format!("match {}", filler(50)), "").unwrap().remove(0);
    assert!(start.starts_with("[match] lorem") && start.ends_with('…'), "{start}");
    let end = marked("match", &format!("{}match", filler(50)), "").unwrap().remove(0);
    assert!(end.starts_with('…') && end.ends_with(" [match]"), "{end}");
    let far = marked("match", &format!("match {} match", filler(50)), "").unwrap().remove(0);
    assert_eq!(far.matches('[').count(), 1, "{far}");
    let endless = marked("mat", &format!("mat{}", "😀x".repeat(400)), "").unwrap().remove(0);
    assert!(endless.starts_with("[mat]") && endless.ends_with('…'), "{endless}");
}

proptest! {
    /// A hit is what the index says: the lexemes that a query asks for are in the vector exactly when it is marked.
    #[test]
    fn index_and_records_agree(name in "[aAbBäß東 .1]{0,12}", query in "[aAbBäß東 .1]{1,6}") {
        let Ok(query) = Query::parse(&query) else { return Ok(()) };
        prop_assume!(!query.terms.is_empty());
        let catalog = Catalog::base();
        let subject = Subject::of(catalog.object("Contact").unwrap());
        let texts = Texts { record: Uuid::nil(), texts: vec![Some(name), None] };
        let lexemes = Document::of(&subject, &texts).map(|document| document.words).unwrap_or_default();
        let has = |form: &String| lexemes.split(' ').any(|lexeme| lexeme.starts_with(&format!("'{form}")));
        let indexed = query.terms.iter().all(|term| match term {
            super::query::Term::Start(forms) => forms.iter().any(has),
            super::query::Term::Phrase(_) => true,
        });
        prop_assert_eq!(indexed, found(&query, &[], &subject, &texts).is_some());
    }
}

#[test]
fn entries_are_made_anew_when_other_fields_are_searched_and_only_then() {
    let field = |name: &str| crate::catalog::Field::new(name, crate::catalog::types::plain());
    let fingerprint = |object: Object| Subject::of(&object).fingerprint();
    let one = || Object::standard("Thing", "things").with(field("name"));
    let plain = fingerprint(one());
    assert_eq!(fingerprint(one().with(field("colour"))), plain);
    assert_eq!(fingerprint(one().labels("Dings", "Dinger")), plain);
    let coloured = fingerprint(one().with(field("colour").searchable()));
    assert_ne!(coloured, plain);
    let mut secret = field("colour").searchable();
    secret.restricted = true;
    assert_ne!(fingerprint(one().with(secret)), coloured);
    assert_ne!(fingerprint(one().with(field("colour").searchable()).named_by("colour")), coloured);
}

#[test]
fn what_owners_alone_see_is_kept_apart() {
    let mut secret = crate::catalog::Field::new("secret", crate::catalog::types::plain()).searchable();
    secret.restricted = true;
    let object = Object::standard("Thing", "things")
        .with(crate::catalog::Field::new("name", crate::catalog::types::plain()))
        .with(secret);
    let read = |secret: Option<&str>| Texts {
        record: Uuid::nil(),
        texts: vec![Some("Red Car".to_owned()), secret.map(str::to_owned)],
    };
    let document = Document::of(&Subject::of(&object), &read(Some("blue"))).unwrap();
    assert_eq!((document.title.as_str(), document.words.as_str()), ("red car", "'car':2A 'red':1A "));
    assert_eq!(document.all_words.as_deref(), Some("'blue':13B 'car':2A 'red':1A "));
    assert_eq!(Document::of(&Subject::of(&object), &read(None)).unwrap().all_words, None);
}
