//! Counts a document's tokens and brackets without parsing it.

pub struct Extent {
    pub tokens: usize,
    pub nesting: usize,
}

/// One pass over the bytes. A text that is no GraphQL gives some number; the parser refuses it later.
pub fn measure(text: &str) -> Extent {
    let bytes = text.as_bytes();
    let (mut at, mut tokens, mut open, mut nesting) = (0, 0, 0_usize, 0);
    while let Some(&byte) = bytes.get(at) {
        at = match byte {
            b' ' | b'\t' | b'\r' | b'\n' | b',' => {
                at += 1;
                continue;
            }
            b'#' => {
                at = skip_while(bytes, at, |b| b != b'\n' && b != b'\r');
                continue;
            }
            b'"' => after_string(bytes, at),
            b'{' | b'[' | b'(' => {
                open += 1;
                nesting = nesting.max(open);
                at + 1
            }
            b'}' | b']' | b')' => {
                open = open.saturating_sub(1);
                at + 1
            }
            b'.' => skip_while(bytes, at, |b| b == b'.'),
            _ if is_word(byte) => skip_while(bytes, at, is_word),
            _ => at + 1,
        };
        tokens += 1;
    }
    Extent { tokens, nesting }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-' || byte == b'+' || byte >= 0x80
}

fn skip_while(bytes: &[u8], from: usize, keep: impl Fn(u8) -> bool) -> usize {
    let rest = &bytes[from..];
    from + rest.iter().position(|&b| !keep(b)).unwrap_or(rest.len())
}

fn after_string(bytes: &[u8], from: usize) -> usize {
    let block = bytes[from..].starts_with(b"\"\"\"");
    let (quote, mut at): (&[u8], usize) = if block { (b"\"\"\"", from + 3) } else { (b"\"", from + 1) };
    while at < bytes.len() {
        let rest = &bytes[at..];
        if rest.starts_with(quote) {
            return at + quote.len();
        }
        // A plain string ends with its line, so that a forgotten quote does not swallow brackets.
        if !block && (rest[0] == b'\n' || rest[0] == b'\r') {
            return at;
        }
        at += match (block, rest[0]) {
            (true, b'\\') if rest.starts_with(b"\\\"\"\"") => 4,
            (false, b'\\') => 2,
            _ => 1,
        };
    }
    bytes.len()
}
