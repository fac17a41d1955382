//! `[accounts.NAME]`: what those may do who show a token of theirs.

use std::collections::BTreeSet;

use super::{
    Policy, Problem,
    kind::Kind,
    layer::Layer,
    limit_keys::within,
    profiles,
    show::Row,
    value::{Entry, Origin, Value},
};
use crate::{
    accounts::{Account, CALLS_AT_ONCE_DEFAULT, CALLS_PER_MINUTE_DEFAULT},
    config::Asker,
    limits::Profile,
};

/// The section of accounts.
pub const ACCOUNTS: &str = "accounts";

/// A key of each account.
#[derive(Debug)]
pub struct AccountKey {
    /// Its name.
    pub name: &'static str,
    /// What it may hold.
    pub kind: Kind,
    /// An example of it, and what it does.
    pub doc: &'static str,
}

/// What may be said of an account.
pub static ACCOUNT_KEYS: [AccountKey; 6] = [
    AccountKey {
        name: "profile",
        kind: Kind::Profile,
        doc: "profile = \"default\"    # of its calls that name none; others may only name narrower ones",
    },
    AccountKey {
        name: "memory_domains",
        kind: Kind::Domains,
        doc: "memory_domains = [\"*\"]    # what its programs see of its memory",
    },
    AccountKey {
        name: "calls_at_once",
        kind: Kind::Integer("calls", 1..=100_000),
        doc: "calls_at_once = 64    # how many of its calls may be under way; more are answered with 429",
    },
    AccountKey {
        name: "calls_per_minute",
        kind: Kind::Integer("calls", 1..=100_000_000),
        doc: "calls_per_minute = 600000    # how many calls it may send; more are answered with 429",
    },
    AccountKey {
        name: "admin",
        kind: Kind::Boolean,
        doc: "admin = false    # whether it sees the whole host, and grants plugins in the dashboard",
    },
    AccountKey {
        name: "subjects",
        kind: Kind::Texts("texts"),
        doc: "subjects = [\"jane\"]    # whose tokens of `auth.issuer` are of it: values of their claim `auth.account_claim`",
    },
];

/// The accounts that the configuration describes, and what `config show` says of them.
pub(super) fn resolve(
    layer: &Layer,
    policy: &Policy,
    problems: &mut Vec<Problem>,
) -> (Vec<Account>, Vec<Row>) {
    // One of which nothing is said is an account all the same: who has it shows a token.
    let mut names: BTreeSet<&str> = layer.accounts.iter().map(String::as_str).collect();
    let mut rows = Vec::new();
    let known: Vec<&str> = policy
        .open_to(Asker::Operator)
        .map(|profile| profile.name.as_str())
        .collect();
    for (path, entry) in &layer.entries {
        let Some((name, key)) = path
            .strip_prefix("accounts.")
            .and_then(|rest| rest.split_once('.'))
        else {
            continue;
        };
        rows.push(Row::of(path, entry));
        if let ("profile", Value::Text(profile)) = (key, &entry.value)
            && !known.contains(&profile.as_str())
        {
            problems.push(profiles::unknown(profile, &entry.origin, &known));
        }
        names.insert(name);
    }
    // What `config show` prints means the same again, so that each account has a line.
    let silent = layer.accounts.iter().filter(|name| {
        let within = format!("accounts.{name}.");
        !rows.iter().any(|row: &Row| row.key.starts_with(&within))
    });
    let silent: Vec<Row> = silent
        .map(|name| Row {
            key: format!("accounts.{name}.admin"),
            value: Value::Boolean(false),
            origin: Origin::Default,
            follows: None,
        })
        .collect();
    rows.extend(silent);
    let accounts = names.into_iter().map(|name| of(layer, name)).collect();
    (accounts, rows)
}

fn of(layer: &Layer, name: &str) -> Account {
    let value = |key: &str| layer.get(&format!("accounts.{name}.{key}"));
    let number = |key: &str, default: u64| match value(key) {
        Some(Entry {
            value: Value::Integer(number),
            ..
        }) => *number,
        _ => default,
    };
    let list = |key: &str| match value(key) {
        Some(Entry {
            value: Value::List(texts),
            ..
        }) => Some(texts.clone()),
        _ => None,
    };
    Account {
        name: name.to_owned(),
        profile: match value("profile") {
            Some(Entry {
                value: Value::Text(profile),
                ..
            }) => Some(profile.clone()),
            _ => None,
        },
        memory: list("memory_domains"),
        calls_at_once: number("calls_at_once", CALLS_AT_ONCE_DEFAULT),
        calls_per_minute: number("calls_per_minute", CALLS_PER_MINUTE_DEFAULT),
        admin: matches!(
            value("admin"),
            Some(Entry {
                value: Value::Boolean(true),
                ..
            })
        ),
        subjects: list("subjects").unwrap_or_default(),
    }
}

/// Whether whoever may have `ceiling` may also have `profile`.
pub(super) fn is_within(profile: &Profile, ceiling: &Profile) -> bool {
    within(&profile.limits, &ceiling.limits)
        && profile.files.is_within(&ceiling.files)
        && profile.tools.is_within(&ceiling.tools)
        && profile.plugins.is_within(&ceiling.plugins)
        && profile
            .hosts
            .iter()
            .all(|host| ceiling.hosts.contains(host))
}

impl Policy {
    /// This policy for those whose ceiling is the profile `name`: it is that of their calls that name none, and of the
    /// others they may have those that are no wider.
    ///
    /// Nothing where there is no such profile.
    pub fn under(&self, name: &str) -> Option<Self> {
        let ceiling = self
            .open_to(Asker::Operator)
            .find(|profile| profile.name == name)?;
        let narrower = self
            .open_to(Asker::Caller)
            .filter(|profile| is_within(profile, ceiling))
            .map(|profile| profile.name.clone())
            .collect::<Vec<_>>();
        Some(self.offering(ceiling.clone(), &narrower))
    }
}
