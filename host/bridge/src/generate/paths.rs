//! Names of files, made of names that anybody chose.

use std::collections::BTreeSet;

/// How long the part of a name that is kept may be, in bytes.
const KEPT_BYTES_MAX: usize = 64;

/// Names that Windows takes for devices, with any ending.
const DEVICES: [&str; 4] = ["con", "prn", "aux", "nul"];

/// Gives every name a file name of its own: letters, digits, `_` and `-`, no dots, and none that
/// differ in case only. A name that had to be changed carries a digest of what it was, so that it is
/// the same whatever else there is.
pub fn file_names<'n>(names: impl IntoIterator<Item = &'n str>, taken: &[&str]) -> Vec<String> {
    let mut used: BTreeSet<String> = taken.iter().map(|name| (*name).to_owned()).collect();
    let names = names.into_iter().map(|name| {
        let plain = plain(name);
        let mut unused =
            match plain == name && !is_device(name) && !used.contains(&name.to_ascii_lowercase()) {
                true => plain,
                false => {
                    let digest = blake3::hash(name.as_bytes()).to_hex();
                    format!("{plain}-{}", digest.get(..8).unwrap_or_default())
                }
            };
        // The same name twice.
        while !used.insert(unused.to_ascii_lowercase()) {
            unused.push_str("-2");
        }
        unused
    });
    names.collect()
}

fn plain(name: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let mut plain: String = name
        .chars()
        .map(|c| if is_plain(c) { c } else { '_' })
        .take(KEPT_BYTES_MAX)
        .collect();
    // A program may read a leading dash as an option.
    if plain.starts_with('-') || plain.is_empty() {
        plain.insert(0, '_');
    }
    plain
}

fn is_device(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let is_numbered = |device: &str| {
        name.strip_prefix(device)
            .is_some_and(|rest| matches!(rest.as_bytes(), [b'0'..=b'9']))
    };
    DEVICES.contains(&name.as_str()) || is_numbered("com") || is_numbered("lpt")
}

/// Whether `path` is one that [`files`](super::files::files) could have made.
pub fn is_ours(path: &str) -> bool {
    if path == "SKILL.md" {
        return true;
    }
    let Some(path) = path.strip_prefix("servers/") else {
        return false;
    };
    let parts: Vec<&str> = path.split('/').collect();
    let is_safe = |part: &str| {
        let (stem, ending) = part.rsplit_once('.').unwrap_or((part, ""));
        plain(stem) == stem && matches!(ending, "" | "ts" | "rs")
    };
    parts.len() <= 2 && parts.iter().all(|part| is_safe(part)) && path.contains('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_names_stay() {
        assert_eq!(
            file_names(["create_issue", "get-me", "A1"], &[]),
            ["create_issue", "get-me", "A1"]
        );
    }

    #[test]
    fn no_name_leads_elsewhere() {
        let hostile = [
            "../../etc/passwd",
            "/etc/passwd",
            "..",
            ".",
            "",
            "a/b",
            "a\\b",
            "C:evil",
            "nul",
            "COM1",
            "lpt9",
            "aux",
            "a\0b",
            "-rf",
            ".hidden",
            "ü",
            "x\u{202e}",
            "con.ts",
        ];
        let names = file_names(hostile, &["index"]);
        for (name, was) in names.iter().zip(hostile) {
            assert!(
                name.bytes()
                    .all(|c| c.is_ascii_alphanumeric() || c == b'_' || c == b'-'),
                "{was}: {name}"
            );
            assert!(!name.starts_with('-') && !is_device(name), "{was}: {name}");
            assert!(is_ours(&format!("servers/{name}.ts")), "{was}: {name}");
        }
        let different: BTreeSet<String> = names.iter().map(|name| name.to_lowercase()).collect();
        assert_eq!(different.len(), hostile.len());
    }

    #[test]
    fn names_that_collide_stay_apart() {
        let names = file_names(["Get", "get", "get", "index"], &["index"]);
        let different: BTreeSet<String> = names.iter().map(|name| name.to_lowercase()).collect();
        assert_eq!(different.len(), 4, "{names:?}");
        assert_eq!(names[0], "Get");
        assert_ne!(names[3], "index");
        let long = file_names(["a".repeat(1_000).as_str()], &[]);
        assert_eq!(long[0].len(), KEPT_BYTES_MAX + 9);
    }

    #[test]
    fn only_what_is_generated_is_ours() {
        for path in [
            "SKILL.md",
            "servers/index.ts",
            "servers/github/create_issue.ts",
            "servers/mod.rs",
        ] {
            assert!(is_ours(path), "{path}");
        }
        for path in [
            "",
            "README.md",
            "/etc/passwd",
            "../SKILL.md",
            "servers/../SKILL.md",
            "servers/..",
            "servers/a/b/c.ts",
            "servers/a/.ts.ts/",
            "servers",
            "servers/",
            "servers//x.ts",
            "servers/a\\b.ts",
            "servers/github",
            "servers/x.sh",
        ] {
            assert!(!is_ours(path), "{path}");
        }
    }
}
