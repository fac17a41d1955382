//! `[auth]`: whose tokens of OAuth are taken, and what they give.

use std::collections::BTreeMap;

use super::{
    Policy, Problem, Settled,
    accounts::is_within,
    http::{origin, path},
    value::Value,
};
use crate::{
    accounts::{
        Account,
        oauth::{ALGORITHMS, OAuthConfig, ScopeProfile, is_safe},
    },
    http::HttpConfig,
    limits::Asker,
};

/// What the keys say; nothing where there is no issuer.
pub(super) fn resolve(
    settled: &mut Settled,
    http: &HttpConfig,
    accounts: &[Account],
    policy: &Policy,
    problems: &mut Vec<Problem>,
) -> Option<OAuthConfig> {
    let issuer = text(settled, "auth.issuer")?;
    let before = problems.len();
    for key in ["auth.issuer", "auth.resource", "auth.jwks_url"] {
        let wrong = text(settled, key).filter(|url| !is_safe(url));
        if let Some(url) = wrong {
            problems.push(problem(
                settled,
                key,
                format!("`{url}` is no address for it"),
                "give a plain https:// address, or http:// with an address of this machine",
            ));
        }
    }
    let resource = text(settled, "auth.resource");
    if resource.is_none() && !http.listen.ip().to_canonical().is_loopback() {
        problems.push(problem(
            settled,
            "auth.issuer",
            "there is `auth.issuer` and no `auth.resource`, for which its tokens are".to_owned(),
            "set `resource` under [auth] to the URL that clients know this host's MCP by",
        ));
    }
    let mut algorithms = Vec::new();
    for name in settled.list("auth.algorithms") {
        match ALGORITHMS.iter().find(|(known, _)| *known == name) {
            Some((_, algorithm)) => algorithms.push(*algorithm),
            None => {
                let names = ALGORITHMS.map(|(name, _)| name).join(", ");
                problems.push(problem(
                    settled,
                    "auth.algorithms",
                    format!("tokens signed by `{name}` are not taken"),
                    &format!("give some of {names}"),
                ));
            }
        }
    }
    if algorithms.is_empty() && problems.len() == before {
        let what = "there is no algorithm by which a token could be signed".to_owned();
        problems.push(problem(settled, "auth.algorithms", what, "take it out"));
    }
    let scopes = settled.list("auth.scopes");
    for scope in scopes.iter().filter(|scope| !is_scope(scope)) {
        let what = format!("`{scope}` is no scope");
        let advice = "a scope has printable characters, without spaces, quotes and `\\`";
        problems.push(problem(settled, "auth.scopes", what, advice));
    }
    let subjects = subjects(settled, accounts, problems);
    Some(OAuthConfig {
        issuer,
        jwks: text(settled, "auth.jwks_url"),
        resource,
        audiences: settled.list("auth.audiences"),
        algorithms,
        scopes,
        profiles: profiles(settled, accounts, policy, problems),
        account_claim: text(settled, "auth.account_claim").unwrap_or_default(),
        subjects,
        ca_file: path(settled, "network.ca_file"),
    })
}

/// The accounts, by those who have them.
fn subjects(
    settled: &mut Settled,
    accounts: &[Account],
    problems: &mut Vec<Problem>,
) -> BTreeMap<String, String> {
    let mut subjects = BTreeMap::new();
    for account in accounts {
        for subject in &account.subjects {
            let other = subjects.insert(subject.clone(), account.name.clone());
            if let Some(other) = other.filter(|other| *other != account.name) {
                let what = format!(
                    "`{subject}` is among the `subjects` of both `{other}` and `{}`",
                    account.name
                );
                problems.push(Problem::general(what, "name it in one account".to_owned()));
            }
        }
    }
    if subjects.is_empty() {
        problems.push(problem(
            settled,
            "auth.issuer",
            "there is `auth.issuer`, and no account has `subjects`, so that no token of it would be anybody's".to_owned(),
            "add `subjects = [\"…\"]` to an [accounts.NAME]",
        ));
    }
    subjects
}

/// What scopes give, to each account.
fn profiles(
    settled: &mut Settled,
    accounts: &[Account],
    policy: &Policy,
    problems: &mut Vec<Problem>,
) -> Vec<ScopeProfile> {
    const KEY: &str = "auth.scope_profiles";
    let known = |name: &str| {
        let mut all = policy.open_to(Asker::Operator);
        all.find(|profile| profile.name == name)
    };
    let mut profiles = Vec::new();
    for entry in settled.list(KEY) {
        // A scope may have `=` in it, a profile's name may not.
        let parts = entry.rsplit_once('=');
        let Some((scope, name)) = parts.filter(|(scope, _)| is_scope(scope)) else {
            let what = format!("`{entry}` is no scope with a profile");
            problems.push(problem(settled, KEY, what, "write \"scope=profile\""));
            continue;
        };
        let Some(given) = known(name) else {
            let what = format!("there is no profile `{name}`");
            let advice = "give the name of a profile behind the `=`";
            problems.push(problem(settled, KEY, what, advice));
            continue;
        };
        let mut of_accounts = BTreeMap::new();
        for account in accounts
            .iter()
            .filter(|account| !account.subjects.is_empty())
        {
            let own = account.profile.as_deref().and_then(known);
            let own = own.unwrap_or_else(|| policy.default_profile());
            match (is_within(own, given), is_within(given, own)) {
                (true, _) => {}
                (_, true) => {
                    of_accounts.insert(account.name.clone(), given.name.clone());
                }
                (false, false) => {
                    let what = format!(
                        "neither the profile `{name}` of `{scope}` nor `{}` of the account `{}` is within the other",
                        own.name, account.name
                    );
                    let advice =
                        "have one of them be no wider than the other in any limit or grant";
                    problems.push(problem(settled, KEY, what, advice));
                }
            }
        }
        profiles.push(ScopeProfile {
            scope: scope.to_owned(),
            of_accounts,
        });
    }
    profiles
}

/// As RFC 6749 has it, so that it can stand in a header and between spaces.
fn is_scope(text: &str) -> bool {
    let is_part = |c: char| c.is_ascii_graphic() && !['"', '\\'].contains(&c);
    !text.is_empty() && text.chars().all(is_part)
}

fn text(settled: &mut Settled, key: &str) -> Option<String> {
    match settled.value(key) {
        Some(Value::Text(text)) => Some(text.clone()),
        _ => None,
    }
}

fn problem(settled: &mut Settled, key: &str, what: String, advice: &str) -> Problem {
    Problem {
        origin: origin(settled, key),
        what,
        advice: advice.to_owned(),
    }
}
