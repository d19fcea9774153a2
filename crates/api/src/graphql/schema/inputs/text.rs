use std::collections::HashMap;

/// A piece of a longer text.
#[derive(Debug, Clone, Copy)]
pub struct Span {
    start: u32,
    end: u32,
}

impl Span {
    pub fn of(self, text: &str) -> &str {
        &text[self.start as usize..self.end as usize]
    }
}

/// Names written one after another, each once.
#[derive(Default)]
pub struct Texts {
    text: String,
    known: HashMap<String, Span>,
}

impl Texts {
    pub fn add(&mut self, name: &str) -> Span {
        if let Some(known) = self.known.get(name) {
            return *known;
        }
        let at = |length: usize| u32::try_from(length).expect("names of a graph are short");
        let start = at(self.text.len());
        self.text.push_str(name);
        let span = Span { start, end: at(self.text.len()) };
        self.known.insert(name.to_owned(), span);
        span
    }

    pub fn sorted<'n>(&mut self, names: impl Iterator<Item = &'n str>) -> Box<[Span]> {
        let mut names: Vec<&str> = names.collect();
        names.sort_unstable();
        names.into_iter().map(|name| self.add(name)).collect()
    }

    pub fn end(self) -> Box<str> {
        self.text.into()
    }
}
