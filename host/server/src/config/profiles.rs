//! The profiles that a configuration makes: the built-in ones with what it changes, and those that
//! begin as another one.

use vesicle_sandbox::{Files, Limits};

use super::{
    hosts::ALLOW_HOSTS,
    keys::{self, INHERITS, PROFILE_PLUGINS, PROFILE_TOOLS},
    layer::Layer,
    limit_keys::LIMIT_KEYS,
    preopens::PREOPEN,
    problem::{Problem, nearest},
    show::Row,
    value::{Origin, Value},
};
use crate::{limits::Profile, tools::ToolRules};

/// What profiles can be granted.
pub const GRANTS: [&str; 6] = [
    PREOPEN,
    ALLOW_HOSTS,
    PROFILE_TOOLS[0],
    PROFILE_TOOLS[1],
    PROFILE_TOOLS[2],
    PROFILE_PLUGINS,
];

/// A profile, and where each of its limits came from.
#[derive(Debug)]
pub struct Resolved {
    /// The profile.
    pub profile: Profile,
    /// Its keys.
    pub rows: Vec<Row>,
}

/// A profile whose parent is not there yet.
struct Heir<'l> {
    name: &'l str,
    parent: &'l str,
    origin: &'l Origin,
}

/// All profiles: the built-in ones first, then the others by name.
pub fn resolve(layer: &Layer, problems: &mut Vec<Problem>) -> Vec<Resolved> {
    let mut done: Vec<Resolved> = vesicle_sandbox::Profile::ALL
        .map(|(name, profile)| built_in(name, profile.limits(), layer, problems))
        .into();
    let mut waiting = heirs(layer, problems);
    let names = layer.profiles.keys().map(String::as_str);
    let names: Vec<&str> = keys::names_in("profiles")
        .into_iter()
        .chain(names)
        .collect();
    loop {
        let before = waiting.len();
        waiting.retain(
            |heir| match done.iter().find(|r| r.profile.name == heir.parent) {
                Some(parent) => {
                    let child = inherit(heir, parent, layer);
                    done.push(child);
                    false
                }
                None => true,
            },
        );
        if waiting.len() == before {
            break;
        }
    }
    problems.extend(
        waiting
            .iter()
            .filter_map(|heir| orphan(heir, &waiting, &names)),
    );
    done[BUILT_IN..].sort_by(|a, b| a.profile.name.cmp(&b.profile.name));
    done
}

const BUILT_IN: usize = vesicle_sandbox::Profile::ALL.len();

fn built_in(name: &str, limits: Limits, layer: &Layer, problems: &mut Vec<Problem>) -> Resolved {
    if let Some(entry) = layer.get(&path(name, INHERITS)) {
        problems.push(Problem {
            origin: entry.origin.clone(),
            what: format!("the profile `{name}` is built in and inherits nothing"),
            advice: "set its limits, or make a profile of another name".to_owned(),
        });
    }
    let rows = LIMIT_KEYS
        .iter()
        .map(|key| Row {
            key: path(name, key.name),
            value: Value::Integer((key.get)(&limits)),
            origin: Origin::Default,
            follows: None,
        })
        .collect();
    overlay(name, limits, rows, layer)
}

fn inherit(heir: &Heir<'_>, parent: &Resolved, layer: &Layer) -> Resolved {
    let inherited = Row {
        key: path(heir.name, INHERITS),
        value: Value::Text(heir.parent.to_owned()),
        origin: heir.origin.clone(),
        follows: None,
    };
    let names = LIMIT_KEYS.iter().map(|key| key.name).chain(GRANTS);
    let limits = names.filter_map(|name| {
        let of_parent = path(heir.parent, name);
        let row = parent.rows.iter().find(|row| row.key == of_parent)?;
        Some(Row {
            key: path(heir.name, name),
            follows: Some(of_parent),
            ..row.clone()
        })
    });
    let rows = [inherited].into_iter().chain(limits).collect();
    overlay(heir.name, parent.profile.limits, rows, layer)
}

/// The profile with what the configuration says of it.
fn overlay(name: &str, mut limits: Limits, mut rows: Vec<Row>, layer: &Layer) -> Resolved {
    for key in &LIMIT_KEYS {
        let path = path(name, key.name);
        let Some(entry) = layer.get(&path) else {
            continue;
        };
        if let Value::Integer(value) = entry.value {
            (key.set)(&mut limits, value);
        }
        for row in rows.iter_mut().filter(|row| row.key == path) {
            row.value = entry.value.clone();
            row.origin = entry.origin.clone();
            row.follows = None;
        }
    }
    for grant in GRANTS.map(|grant| path(name, grant)) {
        if let Some(entry) = layer.get(&grant) {
            rows.retain(|row| row.key != grant);
            rows.push(Row {
                key: grant,
                value: entry.value.clone(),
                origin: entry.origin.clone(),
                follows: None,
            });
        }
    }
    let name = name.to_owned();
    Resolved {
        profile: Profile {
            name,
            limits,
            files: Files::default(),
            hosts: vec![],
            tools: ToolRules::default(),
            plugins: ToolRules::default(),
        },
        rows,
    }
}

/// The profiles that are not built in.
fn heirs<'l>(layer: &'l Layer, problems: &mut Vec<Problem>) -> Vec<Heir<'l>> {
    let built_in = keys::names_in("profiles");
    let mut heirs = Vec::new();
    for (name, origin) in &layer.profiles {
        if built_in.contains(&name.as_str()) {
            continue;
        }
        match layer.get(&path(name, INHERITS)) {
            Some(entry) => {
                if let Value::Text(parent) = &entry.value {
                    let origin = &entry.origin;
                    heirs.push(Heir {
                        name,
                        parent,
                        origin,
                    });
                }
            }
            None => problems.push(disinherited(name, origin, &built_in)),
        }
    }
    heirs
}

/// A profile of one's own that begins as no other. Were this allowed, a misspelt
/// `[profiles.permisive]` would be a profile that nobody asks for.
fn disinherited(name: &str, origin: &Origin, built_in: &[&str]) -> Problem {
    let setting = match origin {
        Origin::Environment(_) => format!("{}=default", keys::variable(&path(name, INHERITS))),
        _ => format!("`{INHERITS} = \"default\"`"),
    };
    Problem {
        origin: origin.clone(),
        what: format!("`{name}` is no built-in profile, and does not say what it inherits"),
        advice: match nearest(name, built_in.iter().copied()) {
            Some(near) => format!("did you mean `{near}`? A new profile needs {setting}"),
            None => format!("add {setting}"),
        },
    }
}

/// Why `heir` never got its parent: it is not there, or is its own descendant. Nothing where only
/// the parent is to blame.
fn orphan(heir: &Heir<'_>, waiting: &[Heir<'_>], names: &[&str]) -> Option<Problem> {
    if !names.contains(&heir.parent) {
        return Some(unknown(heir.parent, heir.origin, names));
    }
    let mut line = vec![heir.name];
    let mut parent = heir.parent;
    while !line.contains(&parent) {
        line.push(parent);
        parent = waiting.iter().find(|other| other.name == parent)?.parent;
    }
    if parent != heir.name {
        return None;
    }
    line.push(parent);
    Some(Problem {
        origin: heir.origin.clone(),
        what: format!("the profile `{}` inherits itself", heir.name),
        advice: format!(
            "{}: let one of them inherit a built-in one",
            line.join(" → ")
        ),
    })
}

/// A profile is named that there is not.
pub fn unknown(name: &str, origin: &Origin, names: &[&str]) -> Problem {
    Problem {
        origin: origin.clone(),
        what: format!("there is no profile `{name}`"),
        advice: match nearest(name, names.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("take one of {}", names.join(", ")),
        },
    }
}

impl Resolved {
    /// The key of what only it is granted, if there is something: one of [`GRANTS`].
    pub fn own(&self, grant: &str) -> Option<&Row> {
        let path = path(&self.profile.name, grant);
        self.rows.iter().find(|row| row.key == path)
    }
}

fn path(profile: &str, key: &str) -> String {
    format!("profiles.{profile}.{key}")
}
