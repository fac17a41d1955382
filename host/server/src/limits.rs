//! Which limits a caller gets: those of a profile, with the time narrowed to what the caller asks
//! for. The profile is the ceiling, because whoever chooses the profile chose what may be spent.

use std::time::Duration;

use vesicle_sandbox::{Limits, Profile};

/// Why a caller's wish cannot be met. The texts say what to ask for instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LimitsError {
    /// There is no such profile.
    #[error("there is no profile `{name}`; take one of {}", names())]
    UnknownProfile {
        /// What was asked for.
        name: String,
    },
    /// No time at all.
    #[error("a timeout of 0 gives the code no time; ask for at least 1 ms")]
    ZeroTimeout,
    /// More time than the profile gives.
    #[error(
        "a timeout of {} ms is more than the {} ms of the profile `{}`; {}",
        asked.as_millis(), profile.limits().wall_time.as_millis(), name_of(*profile), advice(*profile, *asked)
    )]
    TimeoutTooLong {
        /// What was asked for.
        asked: Duration,
        /// The profile it was asked of.
        profile: Profile,
    },
}

/// The profile of this name.
pub fn profile_named(name: &str) -> Result<Profile, LimitsError> {
    Profile::ALL
        .into_iter()
        .find_map(|(known, profile)| (known == name).then_some(profile))
        .ok_or_else(|| LimitsError::UnknownProfile {
            name: name.to_owned(),
        })
}

/// The name of this profile.
pub fn name_of(profile: Profile) -> &'static str {
    match profile {
        Profile::Restrictive => "restrictive",
        Profile::Default => "default",
        Profile::Permissive => "permissive",
    }
}

/// The profile's limits, with no more time than `timeout`.
pub fn narrowed(profile: Profile, timeout: Option<Duration>) -> Result<Limits, LimitsError> {
    let limits = profile.limits();
    match timeout {
        None => Ok(limits),
        Some(Duration::ZERO) => Err(LimitsError::ZeroTimeout),
        Some(asked) if asked > limits.wall_time => {
            Err(LimitsError::TimeoutTooLong { asked, profile })
        }
        Some(wall_time) => Ok(Limits {
            wall_time,
            ..limits
        }),
    }
}

fn names() -> String {
    Profile::ALL.map(|(name, _)| name).join(", ")
}

fn advice(profile: Profile, asked: Duration) -> String {
    let most = profile.limits().wall_time.as_millis();
    let roomier = Profile::ALL
        .into_iter()
        .find(|(_, other)| other.limits().wall_time >= asked);
    match roomier {
        Some((name, other)) => format!(
            "ask for at most {most} ms, or for the profile `{name}`, which has {} ms",
            other.limits().wall_time.as_millis()
        ),
        None => format!("ask for at most {most} ms; no profile gives that much"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(profile: Profile, ms: u64) -> String {
        narrowed(profile, Some(Duration::from_millis(ms)))
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn every_profile_has_the_name_it_is_found_by() {
        for (name, profile) in Profile::ALL {
            assert_eq!(name_of(profile), name);
            assert_eq!(profile_named(name), Ok(profile));
        }
    }

    #[test]
    fn a_timeout_only_narrows() {
        let limits = narrowed(Profile::Restrictive, Some(Duration::from_millis(10))).unwrap();
        assert_eq!(limits.wall_time, Duration::from_millis(10));
        assert_eq!(
            limits.memory_bytes,
            Profile::Restrictive.limits().memory_bytes
        );
        assert_eq!(
            narrowed(Profile::Default, None),
            Ok(Profile::Default.limits())
        );
    }

    #[test]
    fn refusals_say_what_to_ask_for() {
        insta::assert_snapshot!(refused(Profile::Default, 0), @"a timeout of 0 gives the code no time; ask for at least 1 ms");
        insta::assert_snapshot!(refused(Profile::Default, 8_000), @"a timeout of 8000 ms is more than the 5000 ms of the profile `default`; ask for at most 5000 ms, or for the profile `permissive`, which has 10000 ms");
        insta::assert_snapshot!(refused(Profile::Permissive, 60_000), @"a timeout of 60000 ms is more than the 10000 ms of the profile `permissive`; ask for at most 10000 ms; no profile gives that much");
        insta::assert_snapshot!(profile_named("fast").unwrap_err(), @"there is no profile `fast`; take one of restrictive, default, permissive");
    }
}
