//! How the tool presents itself: to models, in a description; to people, in a title and
//! hints.

use rmcp::model::{Tool, ToolAnnotations, object};
use vesicle_sandbox::Access;

use super::{NAME, schema};
use crate::limits::{Asker, Policy};

const DESCRIPTION: &str = "\
Run TypeScript or JavaScript in a fresh sandbox and get its result as JSON.

Write the body of an async function: top-level `await` works, `return value` gives the result. Or \
write a module whose `export default` is the result (a function is called with the input). Types \
are stripped, not checked. The result must be JSON: Map, Set, Date, BigInt and typed arrays are \
converted, cycles are an error.

Globals: `input` (what you send as `context.input`), console, URL, URLSearchParams, TextEncoder, \
TextDecoder, structuredClone, setTimeout, setInterval, queueMicrotask, crypto.getRandomValues, \
crypto.randomUUID, performance.now, AbortController, atob, btoa, and the language's own. Only `state` \
is kept between calls: state.get(key), set(key, json), delete(key), keys(prefix). There is no fetch, \
fs, process, require, import or eval.

Return what you need and little else; use console.log for notes. Errors come back with the line \
and column of your code.";

/// What the description says of files where none are granted.
const NO_FILES: &str = "There is no fetch, fs, process,";

/// The tool for callers under this policy.
pub fn definition(policy: &Policy) -> Tool {
    let files = files(policy);
    let writes = files.contains("(read-write");
    let description = match files.as_str() {
        "" => DESCRIPTION.to_owned(),
        files => DESCRIPTION.replace(
            NO_FILES,
            &format!("`fs` is Node's fs/promises, for {files}. There is no fetch, process,"),
        ),
    };
    Tool::new(NAME, description, object(schema::input(policy)))
        .with_title("Run code in a sandbox")
        .with_raw_output_schema(object(schema::output(!files.is_empty())).into())
        .with_annotations(
            // Outside of the sandbox it can change its own `state`, and what is granted.
            ToolAnnotations::with_title("Run code in a sandbox")
                .read_only(false)
                .destructive(writes)
                .idempotent(false)
                .open_world(false),
        )
}

/// The directories that callers can have, such as `/data (read), /out (read-write, profile ci)`.
fn files(policy: &Policy) -> String {
    let profiles: Vec<_> = policy.open_to(Asker::Caller).collect();
    let mut told: Vec<(String, Vec<&str>)> = Vec::new();
    for profile in &profiles {
        for directory in profile.files.directories() {
            let access = match directory.access() {
                Access::Read => "read",
                Access::ReadWrite => "read-write",
            };
            let one = format!("{} ({access}", directory.guest());
            match told.iter_mut().find(|(other, _)| *other == one) {
                Some((_, of)) => of.push(&profile.name),
                None => told.push((one, vec![&profile.name])),
            }
        }
    }
    let told: Vec<String> = told
        .into_iter()
        .map(|(one, of)| match of.len() == profiles.len() {
            true => one + ")",
            false => format!("{one}, profile {})", of.join(" or ")),
        })
        .collect();
    told.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Profile;
    use vesicle_sandbox::{Directory, Files, Quota};

    fn granting(of: &[(&str, &[(&str, Access)])]) -> Policy {
        let host = tempfile::tempdir().unwrap();
        let open = |(guest, access): &(&str, Access)| {
            Directory::open(host.path(), guest, *access, Quota::default()).unwrap()
        };
        let profiles: Vec<Profile> = of
            .iter()
            .map(|(name, files)| Profile {
                name: (*name).to_owned(),
                files: Files::new(files.iter().map(open)).unwrap(),
                ..Policy::default().default_profile().clone()
            })
            .collect();
        let names: Vec<String> = profiles.iter().map(|p| p.name.clone()).collect();
        let default = profiles[0].clone();
        Policy::new(profiles, default, &names)
    }

    #[test]
    fn granted_directories_are_told_in_a_few_words() {
        let data = ("/data", Access::Read);
        let one = granting(&[("default", &[data])]);
        let told = definition(&one);
        let description = told.description.as_deref().unwrap();
        assert!(description.contains(
            "`fs` is Node's fs/promises, for /data (read). There is no fetch, process, require"
        ));
        assert_eq!(told.annotations.unwrap().destructive_hint, Some(false));
        let two = granting(&[("a", &[data]), ("b", &[data, ("/out", Access::ReadWrite)])]);
        assert_eq!(files(&two), "/data (read), /out (read-write, profile b)");
        let told = definition(&two).annotations.unwrap();
        assert_eq!(
            (told.read_only_hint, told.destructive_hint),
            (Some(false), Some(true))
        );
        assert_eq!(files(&Policy::default()), "");
        assert!(DESCRIPTION.contains(NO_FILES));
    }

    #[test]
    fn a_model_reads_this() {
        insta::assert_json_snapshot!(definition(&Policy::default()));
    }

    #[test]
    fn the_description_stays_short() {
        assert!(DESCRIPTION.split_whitespace().count() < 200);
    }
}
