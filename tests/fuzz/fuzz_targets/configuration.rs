//! `vesicle.toml`: reading it, and narrowing the limits that it sets.
#![cfg_attr(any(fuzzing, vesicle_fuzzer), no_main)]

use std::path::PathBuf;
use std::sync::LazyLock;
use std::time::Duration;

use vesicle::config::Configuration;
use vesicle::limits::Asker;
use vesicle_fuzz::fuzz_target;

/// A file of this process. In memory, where the machine has such a place.
static FILE: LazyLock<PathBuf> = LazyLock::new(|| {
    let memory = PathBuf::from("/dev/shm");
    let directory = match memory.is_dir() {
        true => memory,
        false => std::env::temp_dir(),
    };
    directory.join(format!("vesicle-fuzz-{}.toml", std::process::id()))
});

fuzz_target!(|input| {
    // The last bytes, so that the rest is a file as it would be written.
    let (text, timeout) = input.split_at(input.len().saturating_sub(2));
    let timeout_ms = u32::from_le_bytes([
        timeout.first().copied().unwrap_or_default(),
        timeout.last().copied().unwrap_or_default(),
        0,
        0,
    ]);
    std::fs::write(&*FILE, text).expect("a file");
    let configuration = match Configuration::load(Some(&FILE), &[]) {
        Ok(configuration) => configuration,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    let policy = &configuration.policy;
    for asker in [Asker::Operator, Asker::Caller] {
        for profile in policy.open_to(asker) {
            let timeout = Duration::from_millis(timeout_ms.into());
            match policy.narrowed(profile, Some(timeout), asker) {
                Ok(limits) => assert!(limits.wall_time <= profile.limits.wall_time),
                Err(error) => assert!(!error.to_string().is_empty()),
            }
            let found = policy.profile(Some(&profile.name), asker);
            assert!(found.is_ok(), "{}", profile.name);
        }
    }
});
