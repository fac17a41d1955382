//! Which line of the configuration would allow what a program was refused. Only whoever runs a program
//! here is told: callers of a server cannot write its configuration.

use std::ops::RangeInclusive;

use vesicle::config::{LIMIT_KEYS, LimitKey};
use vesicle::limits::Profile;
use vesicle_sandbox::{ErrorType, Limits, Outcome, ViolationType};

/// The advice for this outcome of a program of `profile` that was given `limits`; none where nothing
/// was refused, or nothing would allow it.
pub fn advice(outcome: &Outcome, profile: &Profile, limits: &Limits) -> Option<String> {
    match outcome {
        Outcome::Timeout { .. } => wider("wall_time_ms", profile, limits),
        Outcome::LimitExceeded { limit, .. } => wider(&name(limit)?, profile, limits),
        Outcome::Error {
            error_type: ErrorType::OutOfMemory,
            ..
        } => wider("memory_mb", profile, limits),
        // Refusals that code can catch, and lengths, name their limit.
        Outcome::Error {
            message,
            name: class,
            ..
        } => {
            let named = |key: &&LimitKey| message.contains(&format!("(`{}`)", key.name));
            match LIMIT_KEYS.iter().find(named) {
                Some(key) => wider(key.name, profile, limits),
                None if class == "ToolError" => granting(message),
                None => None,
            }
        }
        // What this one says names its line already.
        Outcome::SecurityViolation {
            violation_type: ViolationType::Network,
            ..
        } => None,
        Outcome::SecurityViolation { violation_type, .. } => Some(format!(
            "`{} = \"warn\"` under [source_check] in vesicle.toml would let it run, and grants nothing",
            name(violation_type)?
        )),
        Outcome::Success { .. } => None,
    }
}

/// What it is called in JSON.
fn name(value: &impl serde::Serialize) -> Option<String> {
    let name = serde_json::to_value(value).ok()?;
    name.as_str().map(str::to_owned)
}

/// The limit of this name, with or without its unit, and what would make it twice as wide.
fn wider(name: &str, profile: &Profile, limits: &Limits) -> Option<String> {
    let is_named = |key: &&LimitKey| {
        let unit = key.name.strip_prefix(name);
        unit.is_some_and(|unit| unit.is_empty() || unit.starts_with('_'))
    };
    let key = LIMIT_KEYS.iter().find(is_named)?;
    let [given, most] = [limits, &profile.limits].map(key.get);
    if given < most {
        return Some(format!(
            "this call was given less than its profile; `{}` has `{} = {most}`",
            profile.name, key.name
        ));
    }
    let more = within(given.saturating_mul(2), &key.range);
    let line = format!(
        "`{} = {more}` under [profiles.{}] in vesicle.toml",
        key.name, profile.name
    );
    Some(match more > given {
        true => format!("{line} would allow twice as much"),
        false => format!("`{}` is {given}, and nothing allows more", key.name),
    })
}

/// What would have allowed the call of a tool, by what was said of it.
fn granting(message: &str) -> Option<String> {
    if message.starts_with("no tools are granted") {
        return Some("servers in `.mcp.json`, or `[servers.NAME]` with `command = \"…\"` in vesicle.toml, would provide tools".to_owned());
    }
    if let Some(server) = message.strip_prefix("there is no server `") {
        let (server, _) = server.split_once('`')?;
        return Some(format!(
            "`{server}` in `.mcp.json`, or `[servers.{server}]` with `command = \"…\"` in vesicle.toml, would connect it"
        ));
    }
    let (tool, said) = message.strip_prefix('`')?.split_once('`')?;
    if said.starts_with(" is not granted to") {
        return Some(format!(
            "`allow = [\"{tool}\"]` under [tools] in vesicle.toml would allow it, where no `deny` and no profile says otherwise"
        ));
    }
    said.starts_with(" needs a person's consent").then(|| {
        format!("`ask` under [tools] in vesicle.toml names `{tool}`; taken out there, it would be called without asking")
    })
}

fn within(value: u64, range: &RangeInclusive<u64>) -> u64 {
    value.clamp(*range.start(), *range.end())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use vesicle::limits::Policy;
    use vesicle_sandbox::{LimitKind, Resources};

    use super::*;

    fn of(outcome: &Outcome, limits: impl FnOnce(&mut Limits)) -> Option<String> {
        let profile = Policy::default().default_profile().clone();
        let mut narrowed = profile.limits;
        limits(&mut narrowed);
        advice(outcome, &profile, &narrowed)
    }

    fn timeout() -> Outcome {
        Outcome::Timeout {
            elapsed_ms: 5_000,
            limit_ms: 5_000,
            warnings: vec![],
            stdout: String::new(),
            stderr: String::new(),
            resources: Resources::default(),
        }
    }

    #[test]
    fn the_line_gives_twice_as_much() {
        insta::assert_snapshot!(of(&timeout(), |_| ()).unwrap(), @"`wall_time_ms = 10000` under [profiles.default] in vesicle.toml would allow twice as much");
    }

    #[test]
    fn a_narrowed_limit_is_told_as_that() {
        let narrowed = of(&timeout(), |limits| {
            limits.wall_time = Duration::from_millis(5)
        });
        insta::assert_snapshot!(narrowed.unwrap(), @"this call was given less than its profile; `default` has `wall_time_ms = 5000`");
    }

    #[test]
    fn tools_are_granted_by_lines_of_their_own() {
        let told = |message| granting(message).unwrap_or_default();
        insta::assert_snapshot!(told("`a.b` is not granted to the profile `default`: …"), @r#"`allow = ["a.b"]` under [tools] in vesicle.toml would allow it, where no `deny` and no profile says otherwise"#);
        insta::assert_snapshot!(told("`a.b` needs a person's consent, and …"), @"`ask` under [tools] in vesicle.toml names `a.b`; taken out there, it would be called without asking");
        insta::assert_snapshot!(told("there is no server `a`; the nearest are `b`"), @r#"`a` in `.mcp.json`, or `[servers.a]` with `command = "…"` in vesicle.toml, would connect it"#);
        assert!(told("no tools are granted to this code, so …").contains("[servers.NAME]"));
        assert_eq!(told("the arguments of `a.b` are not what it takes"), "");
    }

    #[test]
    fn every_limit_that_ends_a_program_has_its_key() {
        for limit in [
            LimitKind::CpuTime,
            LimitKind::TableElements,
            LimitKind::Instances,
            LimitKind::Handles,
            LimitKind::TimerWaits,
            LimitKind::Fuel,
        ] {
            let profile = Policy::default().default_profile().clone();
            let told = wider(&name(&limit).unwrap(), &profile, &profile.limits);
            assert!(told.is_some(), "{limit:?}");
        }
    }
}
