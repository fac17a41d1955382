//! Which line of the configuration would allow what a program was refused. Only whoever runs a program
//! here is told: callers of a server cannot write its configuration.

use std::ops::RangeInclusive;

use vesicle::config::{LIMIT_KEYS, LimitKey};
use vesicle::limits::Profile;
use vesicle_sandbox::{ErrorType, Limits, Outcome};

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
        Outcome::Error { message, .. } => {
            let named = |key: &&LimitKey| message.contains(&format!("(`{}`)", key.name));
            let key = LIMIT_KEYS.iter().find(named)?;
            wider(key.name, profile, limits)
        }
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
