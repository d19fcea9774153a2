/// Text with columns in braces: `{product} for {account}`. A brace itself is written twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Column(String),
}

impl Template {
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut letters = text.chars().peekable();
        while let Some(letter) = letters.next() {
            match letter {
                '{' | '}' if letters.peek() == Some(&letter) => {
                    letters.next();
                    plain.push(letter);
                }
                '{' => {
                    parts.push(Part::Text(std::mem::take(&mut plain)));
                    let name: String = letters.by_ref().take_while(|&c| c != '}').collect();
                    if name.trim().is_empty() {
                        return Err("a template's braces hold the name of a column: `{account}`".into());
                    }
                    parts.push(Part::Column(name.trim().into()));
                }
                '}' => return Err("a `}` without its `{`; a brace itself is written `}}`".into()),
                _ => plain.push(letter),
            }
        }
        parts.push(Part::Text(plain));
        parts.retain(|part| !matches!(part, Part::Text(text) if text.is_empty()));
        let opened = text.replace("{{", "").matches('{').count();
        let closed = text.replace("}}", "").matches('}').count();
        if opened == closed {
            Ok(Self(parts))
        } else {
            Err("a `{` without its `}`; a brace itself is written `{{`".into())
        }
    }

    pub fn columns(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|part| match part {
            Part::Column(name) => Some(name.as_str()),
            Part::Text(_) => None,
        })
    }

    /// The text for a row, or `None` where one of its columns is empty.
    pub fn fill<'a>(&self, mut value: impl FnMut(&str) -> Option<&'a str>) -> Option<String> {
        let mut out = String::new();
        for part in &self.0 {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Column(name) => out.push_str(value(name)?),
            }
        }
        Some(out)
    }
}
