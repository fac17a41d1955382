//! Rights as they are typed: `hosts=api.example.com:443`, `state`, `memory_mb=64`. They are told in the manifest's words.

use std::path::{Path, PathBuf};

pub use vesicle::plugins::{rights_as_json as as_json, standing};
use vesicle_plugins::{
    grants::{Granted, GrantedHost, GrantedPreopen, Rights},
    permissions::{
        Access, AskedPreopen, HostPattern, LIMIT_MAX, LIMIT_NAMES, Limits, Pattern, Permissions,
        ToolPattern, guest_path,
    },
};

/// What a right looks like, for messages.
pub const FORMS: &str =
    "preopen=, hosts=, env=, tools=, memory=, record, state, or a limit such as memory_mb=64";

/// A right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TypedRight {
    /// `preopen=[HOST:]GUEST[:ro|rw]`
    Preopen(Option<PathBuf>, AskedPreopen),
    /// `hosts=HOST:PORT`
    Host(HostPattern),
    /// `env=NAME`
    Env(String),
    /// `tools=SERVER.TOOL`
    Tool(ToolPattern),
    /// `memory=DOMAIN`
    Memory(Pattern),
    /// `record`
    Record,
    /// `state`
    State,
    /// `memory_mb=64`
    Limit(&'static str, u64),
}

/// Reads one.
pub fn parse(text: &str) -> Result<TypedRight, String> {
    let (kind, value) = match text {
        "record" => return Ok(TypedRight::Record),
        "state" => return Ok(TypedRight::State),
        text => text
            .split_once('=')
            .ok_or_else(|| format!("give one of {FORMS}"))?,
    };
    match kind {
        "preopen" => preopen(value),
        "hosts" => HostPattern::parse(value).map(TypedRight::Host),
        "env" if value.is_empty() => Err("name a variable".to_owned()),
        "env" => Ok(TypedRight::Env(value.to_owned())),
        "tools" => ToolPattern::parse(value).map(TypedRight::Tool),
        "memory" => Pattern::parse(value).map(TypedRight::Memory),
        limit => {
            let name = LIMIT_NAMES.iter().find(|name| **name == limit);
            let name = name.ok_or_else(|| format!("give one of {FORMS}"))?;
            let value = value.parse().ok();
            let value = value.filter(|value| (1..=LIMIT_MAX).contains(value));
            let value = value.ok_or_else(|| format!("give a number from 1 to {LIMIT_MAX}"))?;
            Ok(TypedRight::Limit(name, value))
        }
    }
}

fn preopen(text: &str) -> Result<TypedRight, String> {
    let (places, access) = match text.rsplit_once(':') {
        Some((places, "ro")) => (places, Access::Read),
        Some((places, "rw")) => (places, Access::ReadWrite),
        _ => (text, Access::Read),
    };
    let (host, guest) = match places.rsplit_once(':') {
        Some((host, guest)) => (Some(PathBuf::from(host)), guest),
        None => (None, places),
    };
    let guest = guest_path(guest)?;
    Ok(TypedRight::Preopen(host, AskedPreopen { guest, access }))
}

/// What a plugin asks for by these.
pub fn asked(rights: &[TypedRight]) -> Result<Permissions, String> {
    let mut asked = Permissions::default();
    for right in rights {
        match right.clone() {
            TypedRight::Preopen(None, preopen) => asked.preopens.push(preopen),
            TypedRight::Preopen(Some(_), preopen) => {
                return Err(format!(
                    "a plugin asks for `preopen={}`; which directory that is, `vesicle plugin grant` says",
                    preopen.guest
                ));
            }
            TypedRight::Host(host) => asked.hosts.push(host),
            TypedRight::Env(name) => asked.env.push(name),
            TypedRight::Tool(tool) => asked.tools.push(tool),
            TypedRight::Memory(domain) => asked.memory.domains.push(domain),
            TypedRight::Record => asked.memory.record = true,
            TypedRight::State => asked.state = true,
            TypedRight::Limit(name, value) => set(&mut asked.limits, name, value),
        }
    }
    Ok(asked)
}

/// Adds these to what is granted.
pub fn add(granted: &mut Granted, rights: &[TypedRight]) -> Result<(), String> {
    for right in rights {
        match right.clone() {
            TypedRight::Preopen(None, preopen) => {
                return Err(format!(
                    "say which directory `{0}` is, such as `preopen=./data:{0}`",
                    preopen.guest
                ));
            }
            TypedRight::Preopen(Some(host), preopen) => {
                let host = absolute(&host)?;
                granted
                    .preopens
                    .retain(|known| known.guest != preopen.guest);
                granted.preopens.push(GrantedPreopen {
                    host,
                    guest: preopen.guest,
                    access: preopen.access,
                    quota_mb: None,
                    quota_files: None,
                });
            }
            TypedRight::Host(host) => {
                if !granted.hosts.iter().any(|known| known.host == host) {
                    granted.hosts.push(GrantedHost {
                        host,
                        addresses: vec![],
                    });
                }
            }
            TypedRight::Env(name) => once(&mut granted.env, name),
            TypedRight::Tool(tool) => once(&mut granted.tools, tool),
            TypedRight::Memory(domain) => once(&mut granted.memory.domains, domain),
            TypedRight::Record => granted.memory.record = true,
            TypedRight::State => granted.state = true,
            TypedRight::Limit(name, value) => set(&mut granted.limits, name, value),
        }
    }
    Ok(())
}

/// The directory as it is found from anywhere.
fn absolute(host: &Path) -> Result<PathBuf, String> {
    std::fs::canonicalize(host).map_err(|error| {
        format!(
            "the directory `{}` cannot be granted: {error}",
            host.display()
        )
    })
}

fn once<T: PartialEq>(known: &mut Vec<T>, value: T) {
    if !known.contains(&value) {
        known.push(value);
    }
}

fn set(limits: &mut Limits, name: &str, value: u64) {
    // Both were checked when they were read.
    let _ = limits.set(name, value);
}

/// Asked, granted and effective side by side; a line for each kind of which there is anything.
pub fn table(rights: &Rights) -> Vec<[String; 4]> {
    let rows = rights
        .rows
        .iter()
        .filter(|row| !row.asked.is_empty() || !row.granted.is_empty());
    rows.map(|row| {
        let cell = |texts: &[String]| match texts {
            [] => "-".to_owned(),
            texts => texts.join(", "),
        };
        [
            row.kind.to_owned(),
            cell(&row.asked),
            cell(&row.granted),
            cell(&row.effective),
        ]
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rights_are_read_and_wrong_ones_told() {
        for text in [
            "preopen=/data",
            "preopen=/data:rw",
            "preopen=./a:/data:ro",
            "hosts=api.example.com:443",
            "env=CI_TOKEN",
            "tools=github.get_*",
            "memory=web-*",
            "record",
            "state",
            "memory_mb=64",
        ] {
            assert!(parse(text).is_ok(), "{text}");
        }
        for text in [
            "",
            "files",
            "preopen=data",
            "hosts=",
            "env=",
            "tools=.",
            "memory=",
            "memory_mb=0",
            "memory_mb=x",
            "fuel=1",
            "state=1",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_directory_is_asked_for_by_its_name_and_granted_by_its_place() {
        let named = parse("preopen=/data").unwrap();
        let placed = parse("preopen=.:/data:rw").unwrap();
        assert!(asked(std::slice::from_ref(&placed)).is_err());
        assert_eq!(
            asked(std::slice::from_ref(&named)).unwrap().preopens.len(),
            1
        );
        let mut granted = Granted::default();
        assert!(add(&mut granted, &[named]).is_err());
        add(&mut granted, &[placed.clone(), placed]).unwrap();
        assert_eq!(granted.preopens.len(), 1);
        assert!(granted.preopens[0].host.is_absolute());
    }
}
