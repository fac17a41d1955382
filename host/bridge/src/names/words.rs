//! The words that a name is made of.

/// Splits `name` into words: at everything that is neither letter nor digit, before capitals
/// (`getHTTPLog` is get, HTTP, Log), and between letters and digits.
pub fn words(name: &str) -> impl Iterator<Item = &str> {
    name.split(|c: char| !c.is_alphanumeric())
        .filter(|part| !part.is_empty())
        .flat_map(Words)
}

/// What is left of one part without separators.
struct Words<'n>(&'n str);

impl<'n> IntoIterator for Words<'n> {
    type Item = &'n str;
    type IntoIter = std::vec::IntoIter<&'n str>;

    fn into_iter(self) -> Self::IntoIter {
        let mut found = vec![];
        let mut start = 0;
        let mut characters = self.0.char_indices().peekable();
        let mut before: Option<char> = None;
        while let Some((at, c)) = characters.next() {
            let next = characters.peek().map(|(_, next)| *next);
            if before.is_some_and(|before| is_edge(before, c, next)) {
                found.extend(self.0.get(start..at));
                start = at;
            }
            before = Some(c);
        }
        found.extend(self.0.get(start..).filter(|rest| !rest.is_empty()));
        found.into_iter()
    }
}

fn is_edge(before: char, c: char, next: Option<char>) -> bool {
    let starts_word =
        c.is_uppercase() && (before.is_lowercase() || next.is_some_and(char::is_lowercase));
    (starts_word && before.is_alphabetic()) || before.is_numeric() != c.is_numeric()
}

#[cfg(test)]
mod tests {
    use super::words;

    fn check(name: &str, expected: &[&str]) {
        assert_eq!(words(name).collect::<Vec<_>>(), expected, "{name}");
    }

    #[test]
    fn names_fall_into_words() {
        check("create_issue", &["create", "issue"]);
        check("getHTTPLog", &["get", "HTTP", "Log"]);
        check("get.thing-now", &["get", "thing", "now"]);
        check("list2Items", &["list", "2", "Items"]);
        check("ALL", &["ALL"]);
        check("überPrüfung", &["über", "Prüfung"]);
        check("__proto__", &["proto"]);
        check("🙂", &[]);
        check("", &[]);
    }
}
