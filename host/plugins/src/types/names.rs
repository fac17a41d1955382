//! Names of fields, cases and flags. WIT writes `max-length`, JSON has `max_length`: WIT's names have
//! no underscore, so that no two become one.

use std::collections::HashMap;

/// Names in their order, found by what JSON calls them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Names {
    wit: Vec<String>,
    json: Vec<String>,
    /// Only where there are more than [`SEARCHED_MAX`].
    by_json: HashMap<String, usize>,
    by_wit: HashMap<String, usize>,
}

/// As many names are compared one after the other.
const SEARCHED_MAX: usize = 8;
/// How alike a name has to be to be meant, by Jaro and Winkler.
const SIMILARITY_MIN: f64 = 0.75;

impl Names {
    /// These names of WIT's.
    pub fn new<'a>(wit: impl IntoIterator<Item = &'a str>) -> Self {
        let wit: Vec<_> = wit.into_iter().map(str::to_owned).collect();
        let json: Vec<_> = wit.iter().map(|name| json_name(name)).collect();
        let index = |names: &[String]| match names.len() > SEARCHED_MAX {
            true => names.iter().cloned().zip(0..).collect(),
            false => HashMap::new(),
        };
        Self {
            by_json: index(&json),
            by_wit: index(&wit),
            wit,
            json,
        }
    }

    /// How JSON writes them.
    pub fn json(&self) -> &[String] {
        &self.json
    }

    /// How WIT writes them.
    pub fn wit(&self) -> &[String] {
        &self.wit
    }

    /// The place of a name as JSON has it.
    pub fn find(&self, json: &str) -> Option<usize> {
        found(&self.json, &self.by_json, json)
    }

    /// The place of a name as WIT has it.
    pub fn find_wit(&self, wit: &str) -> Option<usize> {
        found(&self.wit, &self.by_wit, wit)
    }
}

fn found(names: &[String], index: &HashMap<String, usize>, name: &str) -> Option<usize> {
    match names.len() > SEARCHED_MAX {
        true => index.get(name).copied(),
        false => names.iter().position(|known| known == name),
    }
}

/// What JSON calls what WIT calls `wit`.
pub(crate) fn json_name(wit: &str) -> String {
    wit.replace('-', "_")
}

/// The name that is most like `asked`, if one is like it.
pub(crate) fn nearest<'a>(
    asked: &str,
    names: impl IntoIterator<Item = &'a String>,
) -> Option<&'a str> {
    let similarity = |name: &String| strsim::jaro_winkler(asked, name);
    let rated = names.into_iter().map(|name| (similarity(name), name));
    let (best, name) = rated.max_by(|one, other| one.0.total_cmp(&other.0))?;
    (best >= SIMILARITY_MIN).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_and_many_names_are_found_alike() {
        for count in [1, SEARCHED_MAX, SEARCHED_MAX + 1] {
            let wit: Vec<_> = (0..count).map(|n| format!("a-name-{n}")).collect();
            let names = Names::new(wit.iter().map(String::as_str));
            for (place, wit) in wit.iter().enumerate() {
                assert_eq!(names.find_wit(wit), Some(place));
                assert_eq!(names.find(&json_name(wit)), Some(place));
                assert_eq!(names.find(wit), None);
            }
        }
    }

    #[test]
    fn the_nearest_name_is_like_what_was_asked() {
        let names = ["price".to_owned(), "name".to_owned()];
        assert_eq!(nearest("pricee", &names), Some("price"));
        assert_eq!(nearest("quantity", &names), None);
    }
}
