//! The limits that a profile sets, one entry each: whatever reads, checks, compares, shows or
//! documents profiles goes through this table.

use std::{ops::RangeInclusive, time::Duration};

use vesicle_sandbox::{
    CALL_BYTES_MAX, CODE_BYTES_MAX, INPUT_BYTES_MAX, INSTANCES_MAX, Limits, MEMORY_BYTES_MAX,
    OUTPUT_BYTES_MAX, TABLE_ELEMENTS_MAX,
};

/// The longest time that a profile may give: an hour. Waiting holds a place in the pool.
pub const WALL_TIME_MS_MAX: u64 = 3_600_000;
/// The least memory that a profile may give. The engine takes most of it before any code runs.
pub const MEMORY_MB_MIN: u64 = 8;
/// The most memory that a profile may give: what the pool reserves for.
pub const MEMORY_MB_MAX: u64 = (MEMORY_BYTES_MAX >> 20) as u64;

/// The greatest of counts that nothing else bounds.
pub const COUNT_MAX: u64 = 1 << 40;

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
pub static LIMIT_KEYS: [LimitKey; 17] = [
    limit(
        "wall_time_ms",
        "milliseconds",
        "How long a call may take, waiting included.",
        1..=WALL_TIME_MS_MAX,
        |l| l.wall_time.as_millis() as u64,
        |l, v| l.wall_time = Duration::from_millis(v),
    ),
    limit(
        "cpu_time_ms",
        "milliseconds",
        "How long guest code may compute; waiting is free.",
        1..=u64::MAX,
        |l| l.cpu_time.map_or(u64::MAX, |time| time.as_millis() as u64),
        |l, v| l.cpu_time = (v < u64::MAX).then(|| Duration::from_millis(v)),
    ),
    limit(
        "cpu_percent",
        "percent",
        "The share of a processor that a call may use.",
        1..=100,
        |l| l.cpu_percent.into(),
        |l, v| l.cpu_percent = v as u32,
    ),
    limit(
        "memory_mb",
        "MB",
        "How much linear memory a call may have; its engine takes some of it.",
        MEMORY_MB_MIN..=MEMORY_MB_MAX,
        |l| (l.memory_bytes >> 20) as u64,
        |l, v| l.memory_bytes = (v as usize) << 20,
    ),
    limit(
        "table_elements",
        "elements",
        "How many elements each table may have.",
        0..=TABLE_ELEMENTS_MAX as u64,
        |l| l.table_elements as u64,
        |l, v| l.table_elements = v as usize,
    ),
    limit(
        "instances",
        "instances",
        "How many core instances a guest may consist of.",
        1..=INSTANCES_MAX as u64,
        |l| l.instances as u64,
        |l, v| l.instances = v as usize,
    ),
    limit(
        "handles",
        "handles",
        "How many handles of resources a guest may have at once.",
        0..=1_000_000,
        |l| l.handles as u64,
        |l, v| l.handles = v as usize,
    ),
    limit(
        "host_calls",
        "calls",
        "How many calls out of the sandbox a call may make.",
        0..=COUNT_MAX,
        |l| l.host_calls,
        |l, v| l.host_calls = v,
    ),
    limit(
        "host_calls_per_second",
        "calls",
        "How many of them in a second.",
        1..=u32::MAX as u64,
        |l| l.host_calls_per_second as u64,
        |l, v| l.host_calls_per_second = v as u32,
    ),
    limit(
        "call_bytes",
        "bytes",
        "What one of them may carry in either direction.",
        0..=CALL_BYTES_MAX as u64,
        |l| l.call_bytes as u64,
        |l, v| l.call_bytes = v as usize,
    ),
    limit(
        "boundary_bytes",
        "bytes",
        "What all of them may carry in both directions.",
        0..=COUNT_MAX,
        |l| l.boundary_bytes,
        |l, v| l.boundary_bytes = v,
    ),
    limit(
        "stream_bytes",
        "bytes",
        "How much of each of standard output and standard error is kept.",
        0..=(16 << 20),
        |l| l.stream_bytes as u64,
        |l, v| l.stream_bytes = v as usize,
    ),
    limit(
        "output_bytes",
        "bytes of JSON",
        "The longest result.",
        0..=OUTPUT_BYTES_MAX as u64,
        |l| l.output_bytes as u64,
        |l, v| l.output_bytes = v as usize,
    ),
    limit(
        "code_bytes",
        "bytes",
        "The longest source text.",
        1..=CODE_BYTES_MAX as u64,
        |l| l.code_bytes as u64,
        |l, v| l.code_bytes = v as usize,
    ),
    limit(
        "input_bytes",
        "bytes of JSON",
        "The longest input.",
        0..=INPUT_BYTES_MAX as u64,
        |l| l.input_bytes as u64,
        |l, v| l.input_bytes = v as usize,
    ),
    limit(
        "timer_waits",
        "waits",
        "How often a call may wait for a timer.",
        0..=COUNT_MAX,
        |l| l.timer_waits,
        |l, v| l.timer_waits = v,
    ),
    limit(
        "fuel",
        "units of about one instruction",
        "How much WebAssembly a call may run. With it, code is slower and its end is deterministic.",
        1..=u64::MAX,
        |l| l.fuel.unwrap_or(u64::MAX),
        |l, v| l.fuel = (v < u64::MAX).then_some(v),
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
