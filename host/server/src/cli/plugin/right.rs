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

/// The most that a quota may be, as in the configuration.
const QUOTA_MAX: u64 = 1_000_000_000;

/// What a right looks like, for messages.
pub const FORMS: &str = "preopen=, hosts=, env=, tools=, memory=, record, state, questions, or a limit such as memory_mb=64";

/// A right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TypedRight {
    /// `preopen=[HOST:]GUEST[:ro|rw][,quota_mb=N][,quota_files=N]`
    Preopen(Option<PathBuf>, AskedPreopen, Quotas),
    /// `hosts=HOST:PORT[@ADDRESS,…]`
    Host(HostPattern, Vec<String>),
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
    /// `questions`
    Questions,
    /// `memory_mb=64`
    Limit(&'static str, u64),
}

/// How much one call may write to a directory; the host's defaults where nothing is said.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Quotas {
    mb: Option<u64>,
    files: Option<u64>,
}

/// Reads one.
pub fn parse(text: &str) -> Result<TypedRight, String> {
    let (kind, value) = match text {
        "record" => return Ok(TypedRight::Record),
        "state" => return Ok(TypedRight::State),
        "questions" => return Ok(TypedRight::Questions),
        text => text
            .split_once('=')
            .ok_or_else(|| format!("give one of {FORMS}"))?,
    };
    match kind {
        "preopen" => preopen(value),
        "hosts" => host(value),
        "env" if value.is_empty() => Err("name a variable".to_owned()),
        "env" => Ok(TypedRight::Env(value.to_owned())),
        "tools" => ToolPattern::parse(value).map(TypedRight::Tool),
        "memory" => Pattern::parse(value).map(TypedRight::Memory),
        limit => {
            let name = LIMIT_NAMES.iter().find(|name| **name == limit);
            let name = name.ok_or_else(|| format!("give one of {FORMS}"))?;
            Ok(TypedRight::Limit(name, number(value, 1, LIMIT_MAX)?))
        }
    }
}

fn number(text: &str, least: u64, most: u64) -> Result<u64, String> {
    let value = text.parse().ok();
    let value = value.filter(|value| (least..=most).contains(value));
    value.ok_or_else(|| format!("give a number from {least} to {most}"))
}

/// Names lead to public addresses, unless the operator says where else.
fn host(text: &str) -> Result<TypedRight, String> {
    let (host, addresses) = match text.split_once('@') {
        Some((host, addresses)) => (host, addresses.split(',').map(str::to_owned).collect()),
        None => (text, vec![]),
    };
    let host = HostPattern::parse(host)?;
    host.at(&addresses)?;
    Ok(TypedRight::Host(host, addresses))
}

fn preopen(text: &str) -> Result<TypedRight, String> {
    let (mut text, mut quotas) = (text, Quotas::default());
    // A path may have commas as well.
    while let Some((before, quota)) = text.rsplit_once(',') {
        let place = match quota.split_once('=') {
            Some(("quota_mb", value)) => (&mut quotas.mb, value),
            Some(("quota_files", value)) => (&mut quotas.files, value),
            // Misspelt, rather than a part of a directory's name.
            Some((key, _)) if key.starts_with("quota") => {
                return Err(format!(
                    "`{key}` is no quota; take `quota_mb` or `quota_files`"
                ));
            }
            _ => break,
        };
        *place.0 = Some(number(place.1, 0, QUOTA_MAX)?);
        text = before;
    }
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
    let asked = AskedPreopen { guest, access };
    Ok(TypedRight::Preopen(host, asked, quotas))
}

/// What a plugin asks for by these.
pub fn asked(rights: &[TypedRight]) -> Result<Permissions, String> {
    let mut asked = Permissions::default();
    for right in rights {
        match right.clone() {
            TypedRight::Preopen(None, preopen, quotas) if quotas == Quotas::default() => {
                asked.preopens.push(preopen);
            }
            TypedRight::Preopen(_, preopen, _) => {
                return Err(format!(
                    "a plugin asks for `preopen={}`; which directory that is, and how much may be written there, `vesicle plugin grant` says",
                    preopen.guest
                ));
            }
            TypedRight::Host(host, addresses) if addresses.is_empty() => asked.hosts.push(host),
            TypedRight::Host(host, _) => {
                return Err(format!(
                    "a plugin asks for `hosts={}`; where that may be, `vesicle plugin grant` says",
                    host.as_str()
                ));
            }
            TypedRight::Env(name) => asked.env.push(name),
            TypedRight::Tool(tool) => asked.tools.push(tool),
            TypedRight::Memory(domain) => asked.memory.domains.push(domain),
            TypedRight::Record => asked.memory.record = true,
            TypedRight::State => asked.state = true,
            TypedRight::Questions => asked.questions = true,
            TypedRight::Limit(name, value) => set(&mut asked.limits, name, value),
        }
    }
    Ok(asked)
}

/// Adds these to what is granted.
pub fn add(granted: &mut Granted, rights: &[TypedRight]) -> Result<(), String> {
    for right in rights {
        match right.clone() {
            TypedRight::Preopen(None, preopen, _) => {
                return Err(format!(
                    "say which directory `{0}` is, such as `preopen=./data:{0}`",
                    preopen.guest
                ));
            }
            TypedRight::Preopen(Some(host), preopen, quotas) => {
                let host = absolute(&host)?;
                granted
                    .preopens
                    .retain(|known| known.guest != preopen.guest);
                granted.preopens.push(GrantedPreopen {
                    host,
                    guest: preopen.guest,
                    access: preopen.access,
                    quota_mb: quotas.mb,
                    quota_files: quotas.files,
                });
            }
            TypedRight::Host(host, addresses) => {
                granted.hosts.retain(|known| known.host != host);
                granted.hosts.push(GrantedHost { host, addresses });
            }
            TypedRight::Env(name) => once(&mut granted.env, name),
            TypedRight::Tool(tool) => once(&mut granted.tools, tool),
            TypedRight::Memory(domain) => once(&mut granted.memory.domains, domain),
            TypedRight::Record => granted.memory.record = true,
            TypedRight::State => granted.state = true,
            TypedRight::Questions => granted.questions = true,
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
            "preopen=./a,b:/data:rw,quota_mb=1,quota_files=0",
            "hosts=api.example.com:443",
            "hosts=db.internal:443@10.0.0.5,10.1.0.0/16",
            "env=CI_TOKEN",
            "tools=github.get_*",
            "memory=web-*",
            "record",
            "state",
            "questions",
            "memory_mb=64",
        ] {
            assert!(parse(text).is_ok(), "{text}");
        }
        for text in [
            "",
            "files",
            "preopen=data",
            "preopen=./a:/data,quota_mb=-1",
            "preopen=./a:/data,quota=1",
            "hosts=",
            "hosts=db.internal:443@",
            "hosts=db.internal:443@here",
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
        let placed = parse("preopen=.:/data:rw,quota_mb=7").unwrap();
        for right in [
            "preopen=.:/data",
            "preopen=/data,quota_mb=7",
            "hosts=a.internal:443@10.0.0.5",
        ] {
            assert!(asked(&[parse(right).unwrap()]).is_err(), "{right}");
        }
        assert_eq!(
            asked(std::slice::from_ref(&named)).unwrap().preopens.len(),
            1
        );
        let mut granted = Granted::default();
        assert!(add(&mut granted, &[named]).is_err());
        add(&mut granted, &[placed.clone(), placed]).unwrap();
        assert_eq!(granted.preopens.len(), 1);
        assert!(granted.preopens[0].host.is_absolute());
        assert_eq!(granted.preopens[0].quota_mb, Some(7));
    }
}
