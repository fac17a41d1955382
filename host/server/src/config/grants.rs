//! What a configuration grants, made ready for every profile that has it: directories are opened,
//! each once, hosts read, and patterns of tools compiled. What is wrong with them is told at the start,
//! and not in the middle of a call.

use vesicle_sandbox::{AllowedHost, Directory, Files};

use super::{
    hosts::ALLOW_HOSTS,
    keys::{PROFILE_PLUGINS, PROFILE_TOOLS},
    preopens::{PREOPEN, Preopen},
    problem::Problem,
    profiles::Resolved,
    show::Row,
    value::{Origin, Value},
};
use crate::tools::ToolRules;

/// Gives each profile the directories of all, and its own, which count where both have a name.
pub fn open(profiles: &mut [Resolved], for_all: &Row, problems: &mut Vec<Problem>) {
    let mut opened = Opened::default();
    let all = opened.all(for_all, problems);
    for profile in profiles {
        let own = match profile.own(PREOPEN) {
            Some(row) => opened.all(row, problems),
            None => vec![],
        };
        let origin = profile
            .own(PREOPEN)
            .map_or(&for_all.origin, |row| &row.origin);
        match Files::new(all.iter().cloned().chain(own)) {
            Ok(files) => profile.profile.files = files,
            Err(error) => problems.push(problem(origin, &error.to_string())),
        }
    }
}

/// Gives each profile the tools that the lists `allow`, `ask` and `deny` of all let it call, with its
/// own: its `allow` stands in place of that of all, and `ask` and `deny` are added.
pub fn tools(profiles: &mut [Resolved], for_all: [Vec<String>; 3]) {
    let [allow, ask, deny] = for_all;
    for profile in profiles {
        let own = |key: &str| match &profile.own(key)?.value {
            Value::List(patterns) => Some(patterns.clone()),
            _ => None,
        };
        let added = |key: &str, all: &[String]| {
            let own = own(key).unwrap_or_default();
            all.iter().cloned().chain(own).collect()
        };
        let [key_allow, key_ask, key_deny] = PROFILE_TOOLS;
        let allow = own(key_allow).unwrap_or_else(|| allow.clone());
        let rules = ToolRules::new(allow, added(key_ask, &ask), added(key_deny, &deny));
        profile.profile.tools = rules;
    }
}

/// Gives each profile the tools of plugins that the list of all lets it call, or its own in place of that.
pub fn plugins(profiles: &mut [Resolved], for_all: &[String]) {
    for profile in profiles {
        let own = match profile.own(PROFILE_PLUGINS) {
            Some(row) => match &row.value {
                Value::List(patterns) => patterns.clone(),
                _ => Vec::new(),
            },
            None => for_all.to_vec(),
        };
        profile.profile.plugins = ToolRules::new(own, vec![], vec![]);
    }
}

/// Gives each profile the hosts of all, and its own.
pub fn hosts(profiles: &mut [Resolved], for_all: &Row, problems: &mut Vec<Problem>) {
    let all = read(for_all, problems);
    for profile in profiles {
        let own = match profile.own(ALLOW_HOSTS) {
            Some(row) => read(row, problems),
            None => vec![],
        };
        let hosts = all.iter().cloned().chain(own);
        profile.profile.hosts = hosts.collect();
    }
}

fn read(row: &Row, problems: &mut Vec<Problem>) -> Vec<AllowedHost> {
    let Value::Hosts(hosts) = &row.value else {
        return vec![];
    };
    let read = hosts.iter().filter_map(|host| match host.grant() {
        Ok(host) => Some(host),
        Err(error) => {
            problems.push(Problem {
                origin: row.origin.clone(),
                what: format!("`{}` is no host that can be granted", error.entry),
                advice: error.why,
            });
            None
        }
    });
    read.collect()
}

#[derive(Default)]
struct Opened(Vec<(Preopen, Option<Directory>)>);

impl Opened {
    fn all(&mut self, row: &Row, problems: &mut Vec<Problem>) -> Vec<Directory> {
        let Value::Preopens(preopens) = &row.value else {
            return vec![];
        };
        let opened = preopens
            .iter()
            .filter_map(|preopen| self.one(preopen, &row.origin, problems));
        opened.collect()
    }

    fn one(
        &mut self,
        preopen: &Preopen,
        origin: &Origin,
        problems: &mut Vec<Problem>,
    ) -> Option<Directory> {
        if let Some((_, known)) = self.0.iter().find(|(known, _)| known == preopen) {
            return known.clone();
        }
        let opened = match preopen.open() {
            Ok(directory) => Some(directory),
            Err(error) => {
                problems.push(problem(origin, &error.to_string()));
                None
            }
        };
        self.0.push((preopen.clone(), opened.clone()));
        opened
    }
}

fn problem(origin: &Origin, what: &str) -> Problem {
    Problem {
        origin: origin.clone(),
        what: what.to_owned(),
        advice: "name a directory that is there, by `host`, and its name for code, by `guest`"
            .to_owned(),
    }
}
