//! The parameters of a page and of a form, and links to the same page with others.

/// Names and values, in the order in which they were sent.
#[derive(Clone, Default)]
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    /// Reads `a=b&c=d`; what cannot be read is empty.
    pub(crate) fn parse(text: &str) -> Self {
        Self(serde_urlencoded::from_str(text).unwrap_or_default())
    }

    /// The first value of that name, trimmed of nothing; empty where there is none.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.as_str())
    }

    /// All values of that name.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The names of what is not empty.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter(|(_, value)| !value.is_empty()).map(|(name, _)| name.as_str())
    }

    /// The same with one value for a name, in the place of what it had; an empty value takes the name away.
    pub(crate) fn with(&self, name: &str, value: &str) -> Self {
        let others = self.0.iter().filter(|(known, _)| known != name).cloned();
        let new = (!value.is_empty()).then(|| (name.to_owned(), value.to_owned()));
        Self(others.chain(new).collect())
    }

    /// The address of `base` with these parameters, without empty ones.
    pub(crate) fn href(&self, base: &str) -> String {
        let given: Vec<_> = self.0.iter().filter(|(_, value)| !value.is_empty()).collect();
        match serde_urlencoded::to_string(given) {
            Ok(text) if !text.is_empty() => format!("{base}?{text}"),
            _ => base.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_keeps_what_it_does_not_change() {
        let query = Query::parse("q=Ann+%26+Bob&after=1&col=a&col=b&size=");
        assert_eq!(query.get("q"), "Ann & Bob");
        assert_eq!(query.all("col").collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(query.with("after", "").href("/x"), "/x?q=Ann+%26+Bob&col=a&col=b");
        assert_eq!(query.with("q", "").with("after", "7-8").href("/x"), "/x?col=a&col=b&after=7-8");
        assert_eq!(Query::default().href("/x"), "/x");
    }
}
