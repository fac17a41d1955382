//! Limits by the names that profiles have for them.

use std::collections::BTreeMap;

/// The limits that a plugin can ask for and an operator grant, by the configuration's names. Those of source text and fuel
/// are left out: a plugin has no source when it is called, and fuel would compile it a second time.
pub const LIMIT_NAMES: [&str; 15] = [
    "wall_time_ms",
    "cpu_time_ms",
    "cpu_percent",
    "memory_mb",
    "table_elements",
    "instances",
    "handles",
    "host_calls",
    "host_calls_per_second",
    "call_bytes",
    "boundary_bytes",
    "stream_bytes",
    "output_bytes",
    "input_bytes",
    "timer_waits",
];
/// The greatest value of a limit here. The configuration's own ranges are narrower, and hold where it is applied.
pub const LIMIT_MAX: u64 = 1 << 40;

/// Values of some of [`LIMIT_NAMES`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Limits(BTreeMap<&'static str, u64>);

impl Limits {
    /// The value of one of [`LIMIT_NAMES`].
    pub fn get(&self, name: &str) -> Option<u64> {
        self.0.get(name).copied()
    }

    /// Sets one, if it is one of [`LIMIT_NAMES`] and its value from 1 to [`LIMIT_MAX`]; says whether it did.
    pub fn set(&mut self, name: &str, value: u64) -> bool {
        let Some(known) = LIMIT_NAMES.iter().find(|known| **known == name) else {
            return false;
        };
        let fits = (1..=LIMIT_MAX).contains(&value);
        if fits {
            self.0.insert(known, value);
        }
        fits
    }

    /// Those that are set.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, u64)> {
        self.0.iter().map(|(name, value)| (*name, *value))
    }

    /// Whether none is set.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_limits_with_a_name_and_a_value_are_set() {
        let mut limits = Limits::default();
        for (name, value, fits) in [
            ("memory_mb", 1, true),
            ("memory_mb", 0, false),
            ("host_calls", LIMIT_MAX, true),
            ("host_calls", LIMIT_MAX + 1, false),
            ("fuel", 1, false),
            ("", 1, false),
        ] {
            assert_eq!(limits.set(name, value), fits, "{name} {value}");
        }
        assert_eq!(
            limits.iter().collect::<Vec<_>>(),
            [("host_calls", LIMIT_MAX), ("memory_mb", 1)]
        );
    }
}
