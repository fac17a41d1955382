//! How the tool presents itself: to models, in a description; to people, in a title and
//! hints.

use rmcp::model::{Tool, ToolAnnotations, object};
use vesicle_bridge::discovery;
use vesicle_sandbox::{Access, Directory};

use super::{NAME, schema};
use crate::{
    limits::{Asker, Policy, Profile},
    memory::Programs,
};

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

/// What is added where programs may ask the memory.
const MEMORY: &str = " `memory` has past work: await memory.query(text), .similar(episodeId), .patterns(text), .recommend(task); \
    objects with more fields work too.";
/// What is added where they may also write into it.
const MEMORY_RECORD: &str = " memory.record.start({task_description, domain, task_type}), .step(episode_id, {step_number, tool, \
    action}), .complete(episode_id, {outcome_type, verdict}) keep new work.";
/// What the description says where neither hosts nor files are granted.
const NO_GRANTS: &str = "There is no fetch, fs, process,";

/// The tool for callers under this policy. Where other servers are connected, it names them with how
/// many tools each has. A model then reads of more than this tool in each prompt, so that what this
/// tool is is told in fewer words; errors tell the rest.
pub fn definition(policy: &Policy, servers: &[(String, usize)]) -> Tool {
    let (files, hosts) = (files(policy), hosts(policy));
    // What other servers' tools change is not known here.
    let changes = !hosts.is_empty() || !servers.is_empty();
    let tool = match servers {
        [] => alone(policy, &files, &hosts),
        servers => among_servers(policy, &files, &hosts, servers),
    };
    tool.with_title("Run code in a sandbox")
        .with_raw_output_schema(object(schema::output(!files.is_empty())).into())
        .with_annotations(
            // Outside of the sandbox it can change its own `state`, and what is granted.
            ToolAnnotations::with_title("Run code in a sandbox")
                .read_only(false)
                .destructive(files.contains("(read-write") || changes)
                .idempotent(false)
                .open_world(changes),
        )
}

/// The same where there are plugins, of which `remark` tells.
pub fn with_plugins(mut tool: Tool, remark: &str) -> Tool {
    if remark.is_empty() {
        return tool;
    }
    let mut description = tool.description.take().unwrap_or_default().into_owned();
    description.push_str(remark);
    tool.description = Some(description.into());
    // What plugins change is not known here.
    if let Some(annotations) = &mut tool.annotations {
        annotations.destructive_hint = Some(true);
        annotations.open_world_hint = Some(true);
    }
    tool
}

/// The same where there is a memory, with which programs may do this.
pub fn remembering(tool: Tool, programs: Programs) -> Tool {
    let mut tool = tool;
    let mut description = tool.description.take().unwrap_or_default().into_owned();
    if programs != Programs::None {
        description.push_str(MEMORY);
    }
    if programs == Programs::Record {
        description.push_str(MEMORY_RECORD);
    }
    tool.description = Some(description.into());
    let mut schema = (*tool.input_schema).clone();
    if let Some(serde_json::Value::Object(properties)) = schema.get_mut("properties") {
        properties.insert("record".to_owned(), schema::record());
    }
    tool.input_schema = schema.into();
    tool
}

fn alone(policy: &Policy, files: &str, hosts: &str) -> Tool {
    let mut granted = String::new();
    let mut absent = "There is no ".to_owned();
    match hosts {
        "" => absent.push_str("fetch, "),
        hosts => granted.push_str(&format!("`fetch` is the web's, for {hosts}. ")),
    }
    match files {
        "" => absent.push_str("fs, "),
        files => granted.push_str(&format!("`fs` is Node's fs/promises, for {files}. ")),
    }
    let description = DESCRIPTION.replace(NO_GRANTS, &format!("{granted}{absent}process,"));
    Tool::new(NAME, description, object(schema::input(policy)))
}

fn among_servers(policy: &Policy, files: &str, hosts: &str, servers: &[(String, usize)]) -> Tool {
    let profiles = policy.open_to(Asker::Caller);
    let profiles = profiles.map(|profile| profile.name.as_str());
    let servers = servers.iter().map(|(name, tools)| (name.as_str(), *tools));
    let mut tool = discovery::execute_agent_code(profiles, servers);
    let mut description = tool.description.take().unwrap_or_default().into_owned();
    for (name, granted) in [("fetch", hosts), ("fs", files)] {
        if !granted.is_empty() {
            description.push_str(&format!(" `{name}` is for {granted}."));
        }
    }
    tool.description = Some(description.into());
    tool
}

/// The directories that callers can have, such as `/data (read), /out (read-write, profile ci)`.
fn files(policy: &Policy) -> String {
    let access = |directory: &Directory| match directory.access() {
        Access::Read => "read",
        Access::ReadWrite => "read-write",
    };
    let told = |profile: &Profile| {
        let directories = profile.files.directories().iter();
        let told = directories.map(|one| (one.guest().to_owned(), access(one).to_owned()));
        told.collect()
    };
    granted(policy, told)
}

/// The hosts that they can have, such as `api.example.com:443, *.ci.example:443 (profile ci)`.
fn hosts(policy: &Policy) -> String {
    granted(policy, |profile| {
        let hosts = profile.hosts.iter();
        hosts
            .map(|host| (host.to_string(), String::new()))
            .collect()
    })
}

/// What callers can have, each thing once, with what is said of it and the profiles that have it where
/// not all do.
fn granted(policy: &Policy, of: impl Fn(&Profile) -> Vec<(String, String)>) -> String {
    let profiles: Vec<_> = policy.open_to(Asker::Caller).collect();
    let mut told: Vec<((String, String), Vec<&str>)> = Vec::new();
    for profile in &profiles {
        for one in of(profile) {
            match told.iter_mut().find(|(other, _)| *other == one) {
                Some((_, names)) => names.push(&profile.name),
                None => told.push((one, vec![&profile.name])),
            }
        }
    }
    let told: Vec<String> = told
        .into_iter()
        .map(|((name, said), of)| {
            let profiles = match of.len() == profiles.len() {
                true => String::new(),
                false => format!("profile {}", of.join(" or ")),
            };
            let said = [said, profiles].into_iter().filter(|text| !text.is_empty());
            match said.collect::<Vec<_>>().join(", ") {
                said if said.is_empty() => name,
                said => format!("{name} ({said})"),
            }
        })
        .collect();
    told.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use vesicle_sandbox::{AllowedHost, Files, Quota};

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
        let told = definition(&one, &[]);
        let description = told.description.as_deref().unwrap();
        assert!(description.contains(
            "`fs` is Node's fs/promises, for /data (read). There is no fetch, process, require"
        ));
        assert_eq!(told.annotations.unwrap().destructive_hint, Some(false));
        let two = granting(&[("a", &[data]), ("b", &[data, ("/out", Access::ReadWrite)])]);
        assert_eq!(files(&two), "/data (read), /out (read-write, profile b)");
        let told = definition(&two, &[]).annotations.unwrap();
        assert_eq!(
            (told.read_only_hint, told.destructive_hint),
            (Some(false), Some(true))
        );
        assert_eq!(files(&Policy::default()), "");
        assert!(DESCRIPTION.contains(NO_GRANTS));
    }

    #[test]
    fn granted_hosts_are_told_in_a_few_words() {
        let data = ("/data", Access::Read);
        let mut policy = granting(&[("a", &[data]), ("b", &[])]);
        let grant = |profile: &Profile, entry: &str| Profile {
            hosts: vec![AllowedHost::parse(entry).unwrap()],
            ..profile.clone()
        };
        let profiles: Vec<Profile> = policy.open_to(Asker::Operator).cloned().collect();
        let profiles = [
            grant(&profiles[0], "api.example.com:443"),
            grant(&profiles[1], "*.b.example:8443"),
        ];
        policy = Policy::new(profiles.to_vec(), profiles[0].clone(), &["b".to_owned()]);
        let told = definition(&policy, &[]);
        let description = told.description.as_deref().unwrap();
        insta::assert_snapshot!(
            description.split("prefix). ").nth(1).unwrap().lines().next().unwrap(),
            @"`fetch` is the web's, for api.example.com:443 (profile a), *.b.example:8443 (profile b). `fs` is Node's fs/promises, for /data (read, profile a). There is no process, require, import or eval."
        );
        let hints = told.annotations.unwrap();
        assert_eq!(
            (hints.open_world_hint, hints.destructive_hint),
            (Some(true), Some(true))
        );
        assert_eq!(hosts(&Policy::default()), "");
    }

    #[test]
    fn with_other_servers_it_names_them() {
        let policy = granting(&[("a", &[("/data", Access::Read)])]);
        let told = definition(&policy, &[("github".to_owned(), 117)]);
        let description = told.description.as_deref().unwrap();
        assert!(description.contains("github (117)"), "{description}");
        assert!(
            description.ends_with("`fs` is for /data (read)."),
            "{description}"
        );
        let hints = told.annotations.unwrap();
        assert_eq!(
            (hints.open_world_hint, hints.destructive_hint),
            (Some(true), Some(true))
        );
    }

    #[test]
    fn a_model_reads_this() {
        insta::assert_json_snapshot!(definition(&Policy::default(), &[]));
    }

    #[test]
    fn the_description_stays_short() {
        assert!(DESCRIPTION.split_whitespace().count() < 200);
    }
}
