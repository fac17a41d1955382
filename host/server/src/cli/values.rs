//! Values of options that are neither text nor number.

use std::time::Duration;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use vesicle::limits::{LimitsError, profile_named};
use vesicle_sandbox::Profile;

/// The names of the profiles, each with what it gives.
pub fn profile() -> impl TypedValueParser<Value = Profile> {
    let names = Profile::ALL.map(|(name, profile)| {
        let limits = profile.limits();
        PossibleValue::new(name).help(format!(
            "{} s, {} MB of memory",
            limits.wall_time.as_secs(),
            limits.memory_bytes >> 20
        ))
    });
    PossibleValuesParser::new(names)
        .try_map(|name| -> Result<Profile, LimitsError> { profile_named(&name) })
}

/// A length of time: a number and `ms`, `s` or `m`.
pub fn duration(text: &str) -> Result<Duration, String> {
    const HOW: &str = "give a number and its unit, such as 500ms, 2s or 1.5s";
    let unit_at = text
        .find(|c: char| c.is_ascii_alphabetic())
        .ok_or_else(|| HOW.to_owned())?;
    let (number, unit) = text.split_at(unit_at);
    let unit_seconds = match unit {
        "ms" => 0.001,
        "s" => 1.0,
        "m" => 60.0,
        _ => return Err(format!("`{unit}` is not a unit of time here; {HOW}")),
    };
    let number: f64 = number.parse().map_err(|_| HOW.to_owned())?;
    Duration::try_from_secs_f64(number * unit_seconds)
        .map_err(|_| format!("that is no length of time; {HOW}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_need_a_unit_and_a_sensible_number() {
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("2s"), Ok(Duration::from_secs(2)));
        assert_eq!(duration("1.5s"), Ok(Duration::from_millis(1500)));
        assert_eq!(duration("1m"), Ok(Duration::from_secs(60)));
        for wrong in [
            "", "5", "s", "5h", "-1s", "1e400s", "NaNs", "infs", "5 s s", "٣s",
        ] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}
