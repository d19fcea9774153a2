use async_graphql::parser::parse_query;

use super::*;

fn shape_of(text: &str) -> Result<(), DocumentTooLarge> {
    document(&parse_query(text).expect("parses")).map(drop)
}

fn nested(levels: usize) -> String {
    format!("{}{}", "{a".repeat(levels), "}".repeat(levels))
}

fn many(count: usize, item: &dyn Fn(usize) -> String) -> String {
    (0..count).map(item).collect::<Vec<_>>().join(" ")
}

fn refused(what: &'static str, limit: usize) -> Result<(), DocumentTooLarge> {
    Err(DocumentTooLarge { what, limit })
}

#[test]
fn a_text_that_would_exhaust_the_parsers_stack_is_refused_before_it_is_parsed() {
    let levels = refused("levels of nested brackets", 64);
    for text in [
        nested(10_000),
        format!("{{a(b:{}", "[".repeat(30_000)),
        format!("{{a(b:{}", "{c:".repeat(15_000)),
        format!("query($a:{}Int", "[".repeat(30_000)),
        format!("# a comment with \" in it\n{}", nested(10_000)),
        format!("{{a(b:\"unfinished\n{}", "[".repeat(30_000)),
        format!("{{a(b:\"\\\\\",c:{}", "[".repeat(30_000)),
        format!("{{a(b:\"\"\"x\\\"\"\"y\"\"\",c:{}", "[".repeat(30_000)),
    ] {
        assert_eq!(source(&text), levels, "{}", &text[..20]);
    }
}

#[test]
fn brackets_inside_strings_and_comments_do_not_count() {
    let text = format!("{{a(b:\"{0}\" c:\"\"\"{0} \\\"\"\" {0}\"\"\") # {0}\n}}", "[".repeat(100));
    assert_eq!(source(&text), Ok(()));
}

#[test]
fn bytes_and_tokens_are_bounded() {
    assert_eq!(source(&"a".repeat(64 * 1024 + 1)), refused("bytes", 65_536));
    assert_eq!(source(&"{ a }".repeat(1_667)), refused("tokens", 5_000));
    assert_eq!(source("query Q($id: ID!) { contact(id: $id) { ...f } }"), Ok(()));
}

#[test]
fn depth_counts_through_fragments() {
    assert_eq!(shape_of(&nested(20)), Ok(()));
    assert_eq!(shape_of(&nested(21)), refused("levels of fields", 20));
    let text = format!("{{ a {{ ...f }} }} fragment f on T {{ ... on U {} }}", nested(20));
    assert_eq!(shape_of(&text), refused("levels of fields", 20));
}

#[test]
fn introspection_has_its_own_depth() {
    let text = format!("{{ __schema {} contacts {} }}", nested(19), nested(19));
    assert_eq!(shape_of(&text), Ok(()));
    let text = format!("{{ __schema {} }}", nested(20));
    assert_eq!(shape_of(&text), refused("levels of introspection", 20));
}

#[test]
fn aliases_root_fields_and_directives_are_bounded() {
    let aliases = |n| format!("{{ a {{ {} }} }}", many(n, &|i| format!("a{i}: b")));
    assert_eq!(shape_of(&aliases(100)), Ok(()));
    assert_eq!(shape_of(&aliases(101)), refused("aliases", 100));

    let roots = format!("{{ {} }}", many(51, &|i| format!("f{i}")));
    assert_eq!(shape_of(&roots), refused("fields at the root", 50));

    let directives = format!("{{ a {} }}", "@x ".repeat(51));
    assert_eq!(shape_of(&directives), refused("directives", 50));
}

#[test]
fn fragments_that_multiply_are_counted_and_cycles_end() {
    let doubling = many(40, &|i| format!("fragment f{i} on T {{ ...f{0} ...f{0} }}", i + 1));
    let text = format!("{{ a {{ ...f0 }} }} {doubling} fragment f40 on T {{ b }}");
    assert_eq!(shape_of(&text), refused("fields", 10_000));

    let cycle = "{ ...a } fragment a on T { x { ...b } } fragment b on T { y { ...a } }";
    assert_eq!(shape_of(cycle), Ok(()));
}

#[test]
fn a_long_chain_of_fragments_is_refused_and_not_followed_to_its_end() {
    let chain = many(600, &|i| format!("fragment f{i} on T {{ ...f{} }}", i + 1));
    let text = format!("{{ ...f0 }} {chain} fragment f600 on T {{ b }}");
    assert_eq!(shape_of(&text), refused("levels of fields", 20));
}
