//! Which limits a caller gets: those of a profile, with the time narrowed to what the caller asks
//! for. The profile is the ceiling, because whoever chooses the profile chose what may be spent.
//! Which profiles may be chosen is policy, and so is what the check of the source does.

use std::time::Duration;

use vesicle_sandbox::{AllowedHost, Files, Limits, SourcePolicy};

use crate::{
    config::{WALL_TIME_MS_MAX, is_profile_name, list},
    tools::ToolRules,
};

/// The built-in profile that gives the least.
const NARROWEST: &str = "restrictive";

/// A named set of limits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// Its name.
    pub name: String,
    /// What it gives.
    pub limits: Limits,
    /// The directories that it grants.
    pub files: Files,
    /// The tools of other servers that it grants.
    pub tools: ToolRules,
    /// The tools of plugins that it grants.
    pub plugins: ToolRules,
    /// The hosts that it grants.
    pub hosts: Vec<AllowedHost>,
}

/// Who asks for a profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asker {
    /// Whoever starts `vesicle`, and could write its configuration.
    Operator,
    /// Whoever sends code to a server.
    Caller,
}

/// Which profiles there are, who may have which, and what the check of the source does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    profiles: Vec<Profile>,
    default: Profile,
    /// The names of those that callers may ask for, in the order of `profiles`.
    offered: Vec<String>,
    source: SourcePolicy,
}

/// Why a wish cannot be met. The texts say what to ask for instead, and which line of configuration
/// would allow what was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LimitsError {
    /// There is no such profile.
    #[error("there is no profile `{name}`; take one of {}{}", known.join(", "), how_to_make(name, known, *asker))]
    UnknownProfile {
        /// What was asked for.
        name: String,
        /// What may be.
        known: Vec<String>,
        /// Who asked.
        asker: Asker,
    },
    /// The profile is not for callers.
    #[error(
        "the profile `{name}` is not open to callers; take one of {}; `profiles = {}` under [serve] in vesicle.toml would open it",
        offered.join(", "), with(offered, name)
    )]
    NotOffered {
        /// What was asked for.
        name: String,
        /// What may be.
        offered: Vec<String>,
    },
    /// No time at all.
    #[error("a timeout of 0 gives the code no time; ask for at least 1 ms")]
    ZeroTimeout,
    /// More time than the profile gives.
    #[error(
        "a timeout of {} ms is more than the {} ms of the profile `{profile}`; {}{}",
        asked.as_millis(), most.as_millis(), advice(*most, roomier.as_deref()), how_to_widen(profile, *asked)
    )]
    TimeoutTooLong {
        /// What was asked for.
        asked: Duration,
        /// The profile it was asked of.
        profile: String,
        /// What that gives.
        most: Duration,
        /// Another profile that gives enough.
        roomier: Option<Box<Profile>>,
    },
}

impl Policy {
    /// A policy by which callers may ask for the profiles in `offered`, and always for `default`.
    pub fn new(profiles: Vec<Profile>, default: Profile, offered: &[String]) -> Self {
        let offered = profiles
            .iter()
            .map(|profile| profile.name.clone())
            .filter(|name| *name == default.name || offered.contains(name))
            .collect();
        Self {
            profiles,
            default,
            offered,
            source: SourcePolicy::default(),
        }
    }

    /// This policy with another default, by which callers may ask for it and for those in `offered`.
    pub fn offering(&self, default: Profile, offered: &[String]) -> Self {
        Self::new(self.profiles.clone(), default, offered).checking(self.source)
    }

    /// This policy, with this one for the source of all code.
    pub fn checking(self, source: SourcePolicy) -> Self {
        Self { source, ..self }
    }

    /// This policy, with what `files` says in place of each profile's directories.
    pub fn with_files(&self, mut files: impl FnMut(&Profile) -> Files) -> Self {
        let mut policy = self.clone();
        for profile in &mut policy.profiles {
            profile.files = files(profile);
            if profile.name == policy.default.name {
                policy.default.files = profile.files.clone();
            }
        }
        policy
    }

    /// What the check of the source does.
    pub fn source(&self) -> SourcePolicy {
        self.source
    }

    /// The profile of those who name none.
    pub fn default_profile(&self) -> &Profile {
        &self.default
    }

    /// This policy for those who get as little as can be: its narrowest built-in profile, and no other.
    pub fn narrowest(&self) -> Self {
        let narrowest = self
            .profiles
            .iter()
            .find(|profile| profile.name == NARROWEST);
        let narrowest = narrowest.unwrap_or(&self.default).clone();
        self.offering(narrowest, &[])
    }

    /// The profiles that this asker may have.
    pub fn open_to(&self, asker: Asker) -> impl Iterator<Item = &Profile> {
        self.profiles.iter().filter(move |profile| match asker {
            Asker::Operator => true,
            Asker::Caller => self.offered.contains(&profile.name),
        })
    }

    /// The profile of this name, or the default one.
    ///
    /// # Errors
    /// There is none, or not for this asker.
    pub fn profile(&self, name: Option<&str>, asker: Asker) -> Result<&Profile, LimitsError> {
        let Some(name) = name else {
            return Ok(&self.default);
        };
        if let Some(found) = self.open_to(asker).find(|profile| profile.name == name) {
            return Ok(found);
        }
        let known = self
            .open_to(asker)
            .map(|profile| profile.name.clone())
            .collect();
        let name = name.to_owned();
        match self.profiles.iter().any(|profile| profile.name == name) {
            true => Err(LimitsError::NotOffered {
                name,
                offered: known,
            }),
            false => Err(LimitsError::UnknownProfile { name, known, asker }),
        }
    }

    /// The profile's limits, with no more time than `timeout`.
    ///
    /// # Errors
    /// The timeout is none, or more than the profile gives.
    pub fn narrowed(
        &self,
        profile: &Profile,
        timeout: Option<Duration>,
        asker: Asker,
    ) -> Result<Limits, LimitsError> {
        let limits = profile.limits;
        match timeout {
            None => Ok(limits),
            Some(Duration::ZERO) => Err(LimitsError::ZeroTimeout),
            Some(asked) if asked > limits.wall_time => Err(LimitsError::TimeoutTooLong {
                asked,
                profile: profile.name.clone(),
                most: limits.wall_time,
                roomier: self
                    .open_to(asker)
                    .filter(|other| other.limits.wall_time >= asked)
                    .min_by_key(|other| other.limits.wall_time)
                    .map(|other| Box::new(other.clone())),
            }),
            Some(wall_time) => Ok(Limits {
                wall_time,
                ..limits
            }),
        }
    }
}

impl Default for Policy {
    /// The built-in profiles, for everyone.
    fn default() -> Self {
        let profiles = vesicle_sandbox::Profile::ALL.map(|(name, profile)| Profile {
            name: name.to_owned(),
            limits: profile.limits(),
            files: Files::default(),
            tools: ToolRules::default(),
            plugins: ToolRules::default(),
            hosts: vec![],
        });
        let default = Profile {
            name: "default".to_owned(),
            limits: Limits::default(),
            files: Files::default(),
            tools: ToolRules::default(),
            plugins: ToolRules::default(),
            hosts: vec![],
        };
        let names = profiles.clone().map(|profile| profile.name);
        Self::new(profiles.to_vec(), default, &names)
    }
}

fn advice(most: Duration, roomier: Option<&Profile>) -> String {
    let most = most.as_millis();
    match roomier {
        Some(other) => format!(
            "ask for at most {most} ms, or for the profile `{}`, which has {} ms",
            other.name,
            other.limits.wall_time.as_millis()
        ),
        None => {
            format!("ask for at most {most} ms; no profile that is open to you gives that much")
        }
    }
}

fn how_to_widen(profile: &str, asked: Duration) -> String {
    // A part of a millisecond needs a whole one.
    let needed = asked.as_nanos().div_ceil(1_000_000);
    if needed > u128::from(WALL_TIME_MS_MAX) {
        return format!(", and none can give more than {WALL_TIME_MS_MAX} ms");
    }
    format!("; `wall_time_ms = {needed}` under [profiles.{profile}] in vesicle.toml would allow it")
}

fn how_to_make(name: &str, known: &[String], asker: Asker) -> String {
    if !is_profile_name(name) {
        return String::new();
    }
    let made = format!("; `inherits = \"default\"` under [profiles.{name}]");
    match asker {
        Asker::Operator => made + " in vesicle.toml would make it",
        Asker::Caller => {
            let opened = with(known, name);
            format!("{made} and `profiles = {opened}` under [serve] in vesicle.toml would make it")
        }
    }
}

/// A list in TOML that has `name` as well.
fn with(names: &[String], name: &str) -> String {
    let names: Vec<&str> = names.iter().map(String::as_str).chain([name]).collect();
    list(&names)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(profile: &str, ms: u64) -> String {
        let policy = Policy::default();
        let profile = policy.profile(Some(profile), Asker::Caller).unwrap();
        policy
            .narrowed(profile, Some(Duration::from_millis(ms)), Asker::Caller)
            .unwrap_err()
            .to_string()
    }

    fn only(offered: &[&str]) -> Policy {
        let Policy {
            profiles, default, ..
        } = Policy::default();
        let offered: Vec<String> = offered.iter().map(|&name| name.to_owned()).collect();
        Policy::new(profiles, default, &offered)
    }

    #[test]
    fn a_timeout_only_narrows() {
        let policy = Policy::default();
        let profile = policy.profile(Some("restrictive"), Asker::Caller).unwrap();
        let narrowed =
            |ms| policy.narrowed(profile, Some(Duration::from_millis(ms)), Asker::Caller);
        let limits = narrowed(10).unwrap();
        assert_eq!(limits.wall_time, Duration::from_millis(10));
        assert_eq!(limits.memory_bytes, profile.limits.memory_bytes);
        assert_eq!(narrowed(3_000), Ok(profile.limits));
        assert!(narrowed(3_001).is_err());
        assert_eq!(
            policy.narrowed(profile, None, Asker::Caller),
            Ok(profile.limits)
        );
    }

    #[test]
    fn who_names_no_profile_has_the_default_one() {
        let policy = only(&["restrictive"]);
        let profile = policy.profile(None, Asker::Caller).unwrap();
        assert_eq!(profile.name, "default");
        assert_eq!(profile.limits, Limits::default());
    }

    #[test]
    fn refusals_say_what_to_ask_for_and_what_would_allow_it() {
        insta::assert_snapshot!(refused("default", 0), @"a timeout of 0 gives the code no time; ask for at least 1 ms");
        insta::assert_snapshot!(refused("default", 8_000), @"a timeout of 8000 ms is more than the 5000 ms of the profile `default`; ask for at most 5000 ms, or for the profile `permissive`, which has 10000 ms; `wall_time_ms = 8000` under [profiles.default] in vesicle.toml would allow it");
        insta::assert_snapshot!(refused("permissive", 60_000), @"a timeout of 60000 ms is more than the 10000 ms of the profile `permissive`; ask for at most 10000 ms; no profile that is open to you gives that much; `wall_time_ms = 60000` under [profiles.permissive] in vesicle.toml would allow it");
        insta::assert_snapshot!(refused("permissive", 3_600_001), @"a timeout of 3600001 ms is more than the 10000 ms of the profile `permissive`; ask for at most 10000 ms; no profile that is open to you gives that much, and none can give more than 3600000 ms");
        let policy = only(&["restrictive"]);
        let asked = |name| policy.profile(Some(name), Asker::Caller).unwrap_err();
        insta::assert_snapshot!(asked("permissive"), @r#"the profile `permissive` is not open to callers; take one of restrictive, default; `profiles = ["restrictive", "default", "permissive"]` under [serve] in vesicle.toml would open it"#);
        insta::assert_snapshot!(asked("fast"), @r#"there is no profile `fast`; take one of restrictive, default; `inherits = "default"` under [profiles.fast] and `profiles = ["restrictive", "default", "fast"]` under [serve] in vesicle.toml would make it"#);
        insta::assert_snapshot!(asked("no such"), @"there is no profile `no such`; take one of restrictive, default");
        // A profile that a caller may not have is no advice.
        let default = policy.default_profile();
        let long = Some(Duration::from_micros(8_000_500));
        insta::assert_snapshot!(policy.narrowed(default, long, Asker::Caller).unwrap_err(), @"a timeout of 8000 ms is more than the 5000 ms of the profile `default`; ask for at most 5000 ms; no profile that is open to you gives that much; `wall_time_ms = 8001` under [profiles.default] in vesicle.toml would allow it");
    }
}
