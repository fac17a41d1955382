//! Values of options that are neither text nor number.

use std::net::SocketAddr;
use std::time::Duration;

use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};
use vesicle::config::{HostEntry, Preopen};
use vesicle_sandbox::Profile;

/// The name of a profile. Any name may be one, since the configuration makes profiles; what shells
/// complete are the built-in ones.
#[derive(Debug, Clone)]
pub struct ProfileParser;

impl TypedValueParser for ProfileParser {
    type Value = String;

    fn parse_ref(
        &self,
        command: &clap::Command,
        argument: Option<&clap::Arg>,
        value: &std::ffi::OsStr,
    ) -> Result<String, clap::Error> {
        StringValueParser::new().parse_ref(command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue>>> {
        Some(Box::new(
            Profile::ALL
                .into_iter()
                .map(|(name, _)| PossibleValue::new(name)),
        ))
    }
}

/// A directory, and its name for code.
pub fn preopen(text: &str) -> Result<Preopen, String> {
    Preopen::parse(text).ok_or_else(|| {
        "give the directory and its name for code, such as ./data:/data, and :rw after it to write"
            .to_owned()
    })
}

/// A host with its port.
pub fn host(text: &str) -> Result<HostEntry, String> {
    let host = HostEntry::new(text);
    match host.grant() {
        Ok(_) => Ok(host),
        Err(error) => Err(error.why),
    }
}

/// An address with a port.
pub fn socket(text: &str) -> Result<SocketAddr, String> {
    let how = "give an address and a port, such as 127.0.0.1:8787 or [::1]:8787";
    text.parse().map_err(|_| how.to_owned())
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
