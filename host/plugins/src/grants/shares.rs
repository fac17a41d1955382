//! What of a thing asked for is granted, one pure function for each kind. None of them gives anything that was not both
//! asked for and granted.

use super::{GrantedHost, GrantedPreopen};
use crate::permissions::{AskedPreopen, HostPattern, Memory, Pattern, ToolPattern};

/// What came of asking for a kind of thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share<E, A> {
    /// What holds.
    pub effective: E,
    /// What was asked for and is not, or not wholly, granted.
    pub missing: Vec<A>,
}

/// Directories: of those asked for under the same name the weaker access. Where it lies and its quota, the grant says.
pub fn preopens(
    asked: &[AskedPreopen],
    granted: &[GrantedPreopen],
) -> Share<Vec<GrantedPreopen>, AskedPreopen> {
    let mut effective = Vec::new();
    let mut missing = Vec::new();
    for preopen in asked {
        let grant = granted.iter().find(|grant| grant.guest == preopen.guest);
        effective.extend(grant.map(|grant| GrantedPreopen {
            access: grant.access.min(preopen.access),
            ..grant.clone()
        }));
        if grant.is_none_or(|grant| grant.access < preopen.access) {
            missing.push(preopen.clone());
        }
    }
    Share { effective, missing }
}

/// Hosts: of two entries the narrower, with the addresses of the grant.
pub fn hosts(
    asked: &[HostPattern],
    granted: &[GrantedHost],
) -> Share<Vec<GrantedHost>, HostPattern> {
    let mut effective: Vec<GrantedHost> = Vec::new();
    for host in asked {
        for grant in granted {
            let Some(both) = host.intersect(&grant.host) else {
                continue;
            };
            // An address leads nowhere else, so that there is nothing to pin.
            let entry = GrantedHost {
                host: both,
                addresses: grant.addresses.clone(),
            };
            if !effective.contains(&entry) {
                effective.push(entry);
            }
        }
    }
    let missing = asked
        .iter()
        .filter(|host| !granted.iter().any(|grant| grant.host.covers(host)));
    Share {
        missing: missing.cloned().collect(),
        effective,
    }
}

/// Variables: those that are in both lists.
pub fn env(asked: &[String], granted: &[String]) -> Share<Vec<String>, String> {
    let (effective, missing) = asked
        .iter()
        .cloned()
        .partition(|name| granted.contains(name));
    Share { effective, missing }
}

/// Tools: patterns that stand for exactly what both lists stand for.
pub fn tools(
    asked: &[ToolPattern],
    granted: &[ToolPattern],
) -> Share<Vec<ToolPattern>, ToolPattern> {
    let pairs = asked
        .iter()
        .flat_map(|pattern| granted.iter().flat_map(|grant| pattern.intersect(grant)));
    let missing = asked
        .iter()
        .filter(|pattern| !granted.iter().any(|grant| grant.covers(pattern)));
    Share {
        effective: without_covered(pairs.collect(), ToolPattern::covers),
        missing: missing.cloned().collect(),
    }
}

/// The memory: the domains that both name; writing, if both do.
pub fn memory(asked: &Memory, granted: &Memory) -> Share<Memory, String> {
    let pairs = asked.domains.iter().flat_map(|domain| {
        granted
            .domains
            .iter()
            .flat_map(|grant| domain.intersect(grant))
    });
    let domains = without_covered(pairs.collect(), Pattern::covers);
    let uncovered = |domain: &&Pattern| !granted.domains.iter().any(|grant| grant.covers(domain));
    let missing = asked.domains.iter().filter(uncovered);
    let mut missing: Vec<String> = missing.map(Pattern::to_string).collect();
    if asked.record && !granted.record {
        missing.push("record".to_owned());
    }
    Share {
        effective: Memory {
            record: asked.record && granted.record && !domains.is_empty(),
            domains,
        },
        missing,
    }
}

/// What is had or not, such as state: if it is asked for and granted.
pub fn flag(kind: &'static str, asked: bool, granted: bool) -> Share<bool, &'static str> {
    Share {
        effective: asked && granted,
        missing: if asked && !granted {
            vec![kind]
        } else {
            vec![]
        },
    }
}

/// Leaves out what others among them stand for.
fn without_covered<T: PartialEq>(patterns: Vec<T>, covers: impl Fn(&T, &T) -> bool) -> Vec<T> {
    let mut kept: Vec<T> = Vec::new();
    for pattern in patterns {
        if kept.iter().any(|other| covers(other, &pattern)) {
            continue;
        }
        kept.retain(|other| !covers(&pattern, other));
        kept.push(pattern);
    }
    kept
}

#[cfg(test)]
mod tests;
