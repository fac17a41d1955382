//! The limits that a profile sets, one entry each: whatever reads, checks, compares, shows or
//! documents profiles goes through this table.

use std::{ops::RangeInclusive, time::Duration};

use vesicle_sandbox::{Limits, MEMORY_BYTES_MAX};

/// The longest time that a profile may give: an hour. Waiting holds a place in the pool.
pub const WALL_TIME_MS_MAX: u64 = 3_600_000;
/// The least memory that a profile may give. The engine takes most of it before any code runs.
pub const MEMORY_MB_MIN: u64 = 8;
/// The most memory that a profile may give: what the pool reserves for.
pub const MEMORY_MB_MAX: u64 = (MEMORY_BYTES_MAX >> 20) as u64;

/// One limit as a key of `[profiles.NAME]`. A greater value is a wider one.
#[derive(Debug)]
pub struct LimitKey {
    /// The key; its unit comes last.
    pub name: &'static str,
    /// The unit in words, as in "a whole number of …".
    pub unit: &'static str,
    /// What it bounds.
    pub doc: &'static str,
    /// What it may be. Where this ends at `u64::MAX`, that is "unlimited".
    pub range: RangeInclusive<u64>,
    /// Reads it.
    pub get: fn(&Limits) -> u64,
    /// Changes it.
    pub set: fn(&mut Limits, u64),
}

/// All of them, in the order that people read them in.
pub static LIMIT_KEYS: [LimitKey; 2] = [
    limit(
        "wall_time_ms",
        "milliseconds",
        "How long a call may take, waiting included.",
        1..=WALL_TIME_MS_MAX,
        |l| l.wall_time.as_millis() as u64,
        |l, v| l.wall_time = Duration::from_millis(v),
    ),
    limit(
        "memory_mb",
        "MB",
        "How much linear memory a call may have; its engine takes some of it.",
        MEMORY_MB_MIN..=MEMORY_MB_MAX,
        |l| (l.memory_bytes >> 20) as u64,
        |l, v| l.memory_bytes = (v as usize) << 20,
    ),
];

const fn limit(
    name: &'static str,
    unit: &'static str,
    doc: &'static str,
    range: RangeInclusive<u64>,
    get: fn(&Limits) -> u64,
    set: fn(&mut Limits, u64),
) -> LimitKey {
    LimitKey {
        name,
        unit,
        doc,
        range,
        get,
        set,
    }
}

/// Whether `limits` gives nothing that `ceiling` does not.
pub fn within(limits: &Limits, ceiling: &Limits) -> bool {
    LIMIT_KEYS
        .iter()
        .all(|key| (key.get)(limits) <= (key.get)(ceiling))
}

#[cfg(test)]
mod tests {
    use super::*;
    use vesicle_sandbox::Profile;

    #[test]
    fn what_is_set_is_what_is_read() {
        for key in &LIMIT_KEYS {
            for value in [*key.range.start(), *key.range.end()] {
                let mut limits = Limits::default();
                (key.set)(&mut limits, value);
                assert_eq!((key.get)(&limits), value, "{}", key.name);
            }
        }
    }

    #[test]
    fn built_in_profiles_are_in_range() {
        for (name, profile) in Profile::ALL {
            for key in &LIMIT_KEYS {
                let value = (key.get)(&profile.limits());
                assert!(key.range.contains(&value), "{name}: {}", key.name);
            }
        }
    }

    /// `VESICLE_PROFILES_A_B_C` must not be both the key `C` of `a_b` and the key `B_C` of `a`.
    #[test]
    fn no_key_ends_in_another() {
        for key in &LIMIT_KEYS {
            for other in LIMIT_KEYS.iter().map(|key| key.name).chain(["inherits"]) {
                let tail = format!("_{other}");
                assert!(!key.name.ends_with(&tail), "{} and {other}", key.name);
            }
        }
    }

    #[test]
    fn one_wider_limit_is_too_wide() {
        let default = Profile::Default.limits();
        assert!(within(&default, &default));
        assert!(within(&Profile::Restrictive.limits(), &default));
        for key in &LIMIT_KEYS {
            let (mut limits, mut ceiling) = (Limits::default(), Limits::default());
            (key.set)(&mut ceiling, *key.range.start());
            (key.set)(&mut limits, *key.range.start() + 1);
            assert!(!within(&limits, &ceiling), "{}", key.name);
        }
    }
}
