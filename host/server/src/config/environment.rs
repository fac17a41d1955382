//! Keys as environment variables: `VESICLE_`, and the key's path in capitals, joined by `_`.

use std::ffi::OsString;

use super::{
    accounts::{ACCOUNT_KEYS, ACCOUNTS},
    keys::{self, ENV_CONFIG, ENV_PREFIX, Node},
    kind::{Kind, is_profile_name},
    layer::Layer,
    problem::{Problem, nearest},
    value::{Entry, Origin},
};

/// What other programs call a database by, and we too where it is one of PostgreSQL.
const DATABASE_URL: &str = "DATABASE_URL";

/// What the variables among `variables` that are ours say, and what is wrong with them.
pub fn read(variables: impl IntoIterator<Item = (OsString, OsString)>) -> (Layer, Vec<Problem>) {
    let mut ours: Vec<(String, OsString)> = variables
        .into_iter()
        .filter_map(|(name, text)| Some((name.into_string().ok()?, text)))
        .filter(|(name, _)| {
            name.starts_with(ENV_PREFIX) && name != ENV_CONFIG || name == DATABASE_URL
        })
        .collect();
    // The system has them in any order.
    ours.sort();
    let is_named = ours
        .iter()
        .any(|(name, _)| *name == keys::variable("memory.url"));
    ours.retain(|(name, text)| {
        name != DATABASE_URL
            || (!is_named
                && text
                    .to_str()
                    .is_some_and(vesicle_memory::PostgresUrl::is_one))
    });
    let mut layer = Layer::default();
    let mut problems = Vec::new();
    for (name, text) in ours {
        let origin = Origin::Environment(name.clone());
        let problem = |what: String, advice: String| Problem {
            origin: origin.clone(),
            what,
            advice,
        };
        let Some(path) = path_of(&name) else {
            problems.push(problem(
                "no key has this environment variable".to_owned(),
                advice(&name),
            ));
            continue;
        };
        let Some(Node::Key(kind)) = keys::at(&path) else {
            continue;
        };
        let Some(value) = kind.read(&text) else {
            problems.push(problem(
                match kind {
                    // There may be a password in it.
                    Kind::Database => format!("`{path}` cannot be what it says"),
                    _ => format!("`{path}` cannot be `{}`", text.to_string_lossy()),
                },
                format!("give {}", kind.wanted()),
            ));
            continue;
        };
        if let Some(profile) = profile_of(&path) {
            layer
                .profiles
                .entry(profile.to_owned())
                .or_insert(origin.clone());
        }
        let entry = Entry {
            value,
            origin: origin.clone(),
        };
        if let Some(twice) = layer.entries.insert(path.clone(), entry) {
            problems.push(problem(
                format!("`{path}` is set twice, also as {}", twice.origin),
                "unset one of them".to_owned(),
            ));
        }
    }
    (layer, problems)
}

/// The path of the key that has this variable.
fn path_of(variable: &str) -> Option<String> {
    let fixed = keys::all().find(|key| {
        keys::variable(key.path) == variable || key.env_also.is_some_and(|also| also == variable)
    });
    if let Some(key) = fixed {
        return Some(key.path.to_owned());
    }
    let variable = variable.strip_prefix(ENV_PREFIX)?;
    if let Some(in_secrets) = variable.strip_prefix("SECRETS_") {
        return path_in("secrets", in_secrets, keys::SECRET_KEYS);
    }
    if let Some(in_accounts) = variable.strip_prefix("ACCOUNTS_") {
        let keys = ACCOUNT_KEYS.iter().map(|key| key.name);
        return path_in(ACCOUNTS, in_accounts, keys);
    }
    let in_profiles = variable.strip_prefix("PROFILES_")?;
    path_in("profiles", in_profiles, keys::profile_keys())
}

/// The path of a key in a section whose names are chosen by the user.
fn path_in(
    section: &str,
    variable: &str,
    keys: impl IntoIterator<Item = &'static str>,
) -> Option<String> {
    keys.into_iter().find_map(|key| {
        let name = variable
            .strip_suffix(&key.replace('.', "_").to_ascii_uppercase())?
            .strip_suffix('_')?;
        // A small letter in the variable is not the capital of one in the name.
        let is_capital = !name.contains(|c: char| c.is_ascii_lowercase());
        let name = name.to_ascii_lowercase();
        (is_capital && is_profile_name(&name)).then(|| format!("{section}.{name}.{key}"))
    })
}

fn profile_of(path: &str) -> Option<&str> {
    Some(path.strip_prefix("profiles.")?.split_once('.')?.0)
}

fn advice(variable: &str) -> String {
    // What all have in common makes them no more alike.
    let name = variable.strip_prefix(ENV_PREFIX).unwrap_or(variable);
    let known = names_like(name);
    match nearest(name, known.iter().map(String::as_str)) {
        Some(near) => format!("did you mean {ENV_PREFIX}{near}?"),
        None => "unset it, or see `vesicle config show --defaults` for those there are".to_owned(),
    }
}

/// The names without their prefix; of those of profiles, the ones whose profile `name` can mean.
fn names_like(name: &str) -> Vec<String> {
    let fixed = keys::all().map(|key| keys::variable(key.path));
    let also = keys::all().filter_map(|key| key.env_also.map(str::to_owned));
    let mut names: Vec<String> = fixed
        .chain(also)
        .chain([ENV_CONFIG.to_owned()])
        .filter_map(|name| Some(name.strip_prefix(ENV_PREFIX)?.to_owned()))
        .collect();
    let in_profiles = name.strip_prefix("PROFILES_").unwrap_or_default();
    for (end, _) in in_profiles.match_indices('_') {
        let profile = in_profiles
            .get(..end)
            .unwrap_or_default()
            .to_ascii_uppercase();
        names.extend(
            keys::profile_keys()
                .map(|key| key.replace('.', "_").to_ascii_uppercase())
                .map(|key| format!("PROFILES_{profile}_{key}")),
        );
    }
    names
}
