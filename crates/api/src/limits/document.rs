//! How large and how twisted a GraphQL document may be. Asked before validation: a refusal costs microseconds.

mod shape;
mod source;

use async_graphql::parser::types::ExecutableDocument;

/// At most this many errors in one answer; further ones are left out.
pub const MAX_ERRORS: usize = 10;

const MAX_BYTES: usize = 64 * 1024;
const MAX_TOKENS: usize = 5_000;
/// Brackets within brackets in the text: the parser recurses over them.
const MAX_NESTING: usize = 64;
const MAX_DEPTH: usize = 20;
const MAX_ROOT_FIELDS: usize = 50;
const MAX_ALIASES: usize = 100;
const MAX_DIRECTIVES: usize = 50;
/// Fields after fragments were spread out.
const MAX_FIELDS: usize = 10_000;

/// Which limit a document breaks, and where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the document has more than {limit} {what}")]
pub struct DocumentTooLarge {
    pub what: &'static str,
    pub limit: usize,
}

impl DocumentTooLarge {
    /// The stable error code.
    pub const CODE: &'static str = "DOCUMENT_LIMIT_EXCEEDED";
}

fn within(value: usize, limit: usize, what: &'static str) -> Result<(), DocumentTooLarge> {
    if value > limit {
        return Err(DocumentTooLarge { what, limit });
    }
    Ok(())
}

/// Bytes, tokens and nesting of the text. To be called before it is parsed: the parser has no limits of its own that
/// would keep it from exhausting the stack.
pub fn source(text: &str) -> Result<(), DocumentTooLarge> {
    within(text.len(), MAX_BYTES, "bytes")?;
    let extent = source::measure(text);
    within(extent.nesting, MAX_NESTING, "levels of nested brackets")?;
    within(extent.tokens, MAX_TOKENS, "tokens")
}

/// Depth, root fields, aliases, directives and fields of the parsed document, fragments spread out. Introspection
/// (`__schema`, `__type`) has a depth of its own. Answers with the number of fields.
pub fn document(document: &ExecutableDocument) -> Result<usize, DocumentTooLarge> {
    let shape = shape::measure(document);
    within(shape.depth, MAX_DEPTH, "levels of fields")?;
    within(shape.introspection_depth, MAX_DEPTH, "levels of introspection")?;
    within(shape.root_fields, MAX_ROOT_FIELDS, "fields at the root")?;
    within(shape.aliases, MAX_ALIASES, "aliases")?;
    within(shape.directives, MAX_DIRECTIVES, "directives")?;
    within(shape.fields, MAX_FIELDS, "fields")?;
    Ok(shape.fields)
}

#[cfg(test)]
mod tests;
