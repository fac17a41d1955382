//! Names of tools. MCP's clients and models' providers have letters, digits, `_` and `-`, and 64 of
//! them at most; languages have fewer. So names are identifiers:
//!
//! - a function of the component itself: its name with `_` for `-`, as `make_slug` for `make-slug`;
//! - one in an interface: the interface's name in front, as `text__slug` for `acme:strings/text#slug`.
//!   WIT's names have no underscores, so that `__` ends the interface's and nothing else.
//!
//! A name depends on nothing but where the function is. Only where two interfaces are called alike,
//! all of that name have so much more of their path in front as tells them apart: the package, the
//! namespace, the version. What is longer than 64 bytes ends in a digest of the whole path.

use std::collections::{HashMap, HashSet};

use crate::types::json_name;

/// How long a tool's name is at most, in bytes.
pub const TOOL_NAME_BYTES_MAX: usize = 64;
/// How much of a digest stands for the rest of a name, in hexadecimal digits.
const DIGEST_CHARS: usize = 8;

/// Gives each function a name of its own, in their order.
pub(crate) fn names<'a>(functions: &[(Option<&'a str>, &'a str)]) -> Vec<String> {
    let interfaces: HashSet<_> = functions.iter().filter_map(|(of, _)| *of).collect();
    let prefixes = prefixes(&interfaces);
    let mut taken = HashSet::new();
    let named = functions.iter().map(|(interface, function)| {
        let path = format!("{}#{function}", interface.unwrap_or_default());
        let prefix = interface.and_then(|interface| prefixes.get(interface));
        let name = match prefix {
            Some(prefix) => format!("{prefix}__{}", identifier(function)),
            None => identifier(function),
        };
        let fits = name.len() <= TOOL_NAME_BYTES_MAX;
        let name = match fits && taken.insert(name.clone()) {
            true => name,
            false => with_digest(&name, &path),
        };
        taken.insert(name.clone());
        name
    });
    named.collect()
}

fn prefixes<'a>(interfaces: &HashSet<&'a str>) -> HashMap<&'a str, String> {
    let mut alike = HashMap::<String, Vec<&str>>::new();
    for interface in interfaces {
        alike
            .entry(prefix(interface, 0))
            .or_default()
            .push(interface);
    }
    let mut prefixes = HashMap::new();
    for group in alike.into_values() {
        let told_apart = |level: &usize| {
            let names: HashSet<_> = group.iter().map(|one| prefix(one, *level)).collect();
            names.len() == group.len()
        };
        let level = (0..LEVELS).find(told_apart).unwrap_or(LEVELS - 1);
        prefixes.extend(group.iter().map(|one| (*one, prefix(one, level))));
    }
    prefixes
}

const LEVELS: usize = 4;

/// What stands in front for an interface: its name, and as many more parts of its path.
fn prefix(interface: &str, level: usize) -> String {
    let (path, version) = interface.split_once('@').unwrap_or((interface, ""));
    let (package, name) = path.split_once('/').unwrap_or(("", path));
    let (namespace, package) = package.rsplit_once(':').unwrap_or(("", package));
    let parts = match level {
        0 => vec![name],
        1 => vec![package, name],
        2 => vec![namespace, package, name],
        _ => vec![namespace, package, name, version],
    };
    let parts = parts.into_iter().filter(|part| !part.is_empty());
    parts.map(identifier).collect::<Vec<_>>().join("__")
}

fn identifier(name: &str) -> String {
    json_name(name).replace(|c: char| !c.is_ascii_alphanumeric() && c != '_', "_")
}

fn with_digest(name: &str, path: &str) -> String {
    let digest = blake3::hash(path.as_bytes()).to_hex();
    let kept = name.len().min(TOOL_NAME_BYTES_MAX - DIGEST_CHARS - 1);
    format!("{}_{}", &name[..kept], &digest[..DIGEST_CHARS])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(functions: &[(&str, &str)], expected: &[&str]) {
        let of = |interface| Some(interface).filter(|name: &&str| !name.is_empty());
        let functions: Vec<_> = functions.iter().map(|(i, name)| (of(*i), *name)).collect();
        assert_eq!(names(&functions), expected);
    }

    #[test]
    fn names_are_identifiers_by_where_a_function_is() {
        check(
            &[
                ("", "make-slug"),
                ("acme:strings/text-tools@1.0.0", "make-slug"),
                ("inline", "f"),
            ],
            &["make_slug", "text_tools__make_slug", "inline__f"],
        );
    }

    #[test]
    fn interfaces_of_one_name_are_told_apart_by_what_differs() {
        check(
            &[("a:x/t", "f"), ("a:y/t", "f"), ("a:y/u", "f")],
            &["x__t__f", "y__t__f", "u__f"],
        );
        check(
            &[("a:x/t", "f"), ("b:x/t", "f")],
            &["a__x__t__f", "b__x__t__f"],
        );
        check(
            &[("a:x/t@1.0.0", "f"), ("a:x/t@2.0.0-rc.1", "f")],
            &["a__x__t__1_0_0__f", "a__x__t__2_0_0_rc_1__f"],
        );
    }

    #[test]
    fn long_names_are_cut_at_the_edge_and_stay_different() {
        let (fits, long) = ("f".repeat(64), "f".repeat(65));
        let other = format!("{long}f");
        let functions = [(None, fits.as_str()), (None, &long), (None, &other)];
        let named = names(&functions);
        assert_eq!(named[0], fits);
        assert!(named.iter().all(|name| name.len() == 64), "{named:?}");
        assert_ne!(named[1], named[2]);
    }

    #[test]
    fn a_name_that_is_taken_gets_a_digest() {
        let named = names(&[(None, "a-b"), (None, "a_b")]);
        assert_eq!(named[0], "a_b");
        assert!(
            named[1].starts_with("a_b_") && named[1].len() == 12,
            "{named:?}"
        );
    }
}
