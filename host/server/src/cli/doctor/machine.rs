//! The machine: processors, memory, the kernel, limits of the process, the clock, and whether a program runs.

use std::{
    fs,
    path::Path,
    time::{Duration, Instant, SystemTime},
};

use rustix::{
    fs::{MemfdFlags, memfd_create},
    process::{Resource, getrlimit},
};
use vesicle::config::Configuration;
use vesicle_sandbox::{Execution, Outcome, Sandbox};

use super::Findings;
use crate::cli::{compile, isolate, progress};

/// Below this much of free memory calls are likely to fail, in bytes.
const MEMORY_FREE_MIN: u64 = 256 << 20;
/// How many files a process without HTTP should be able to have open.
const FILES_MIN: u64 = 1_024;
/// What is open beside connections: stores, servers, the log.
const FILES_BESIDE: u64 = 256;
/// What Linux allows of mappings unless somebody lowered it.
const MAPPINGS_DEFAULT: u64 = 65_530;
/// What a file's time may be ahead of the clock.
const CLOCK_LAG_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// What needs no configuration.
pub fn check(findings: &mut Findings) {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    findings.ok(
        "machine",
        format!(
            "{} {} on {}, {processors} processors",
            std::env::consts::OS,
            read("/proc/sys/kernel/osrelease").trim(),
            std::env::consts::ARCH
        ),
    );
    memory(
        findings,
        &read("/proc/meminfo"),
        &read("/sys/fs/cgroup/memory.max"),
        &read("/sys/fs/cgroup/memory.current"),
    );
    kernel(findings);
    mappings(
        findings,
        read("/proc/sys/vm/max_map_count").trim().parse().ok(),
        read("/proc/sys/vm/overcommit_memory").trim(),
    );
    if let Some(bytes) = getrlimit(Resource::As).current {
        findings.problem(
            "address space",
            format!("it is limited to {} GB, and each execution reserves 4 GiB of it, most of which is never used", bytes >> 30),
            "take the limit away (`ulimit -v unlimited`); real memory is limited by `memory_mb` of profiles",
        );
    }
}

fn memory(findings: &mut Findings, meminfo: &str, cgroup_max: &str, cgroup_used: &str) {
    let field = |name: &str| -> Option<u64> {
        let line = meminfo.lines().find_map(|line| line.strip_prefix(name))?;
        line.trim_start_matches(':')
            .trim()
            .trim_end_matches(" kB")
            .parse::<u64>()
            .ok()
            .map(|kb| kb << 10)
    };
    let (Some(all), Some(free)) = (field("MemTotal"), field("MemAvailable")) else {
        return;
    };
    let bound = cgroup_max
        .trim()
        .parse::<u64>()
        .ok()
        .filter(|max| *max < all);
    let (all, free) = match bound {
        Some(max) => (
            max,
            free.min(max.saturating_sub(cgroup_used.trim().parse().unwrap_or(0))),
        ),
        None => (all, free),
    };
    let what = format!("{} MB, of which {} MB are free", all >> 20, free >> 20);
    match free >= MEMORY_FREE_MIN {
        true => findings.ok("memory", what),
        false => findings.warning(
            "memory",
            what,
            "free some, or lower `concurrency_max` under [sandbox] and `memory_mb` of profiles",
        ),
    }
}

fn kernel(findings: &mut Findings) {
    match memfd_create("vesicle-doctor", MemfdFlags::CLOEXEC) {
        Ok(_) => findings.ok(
            "kernel",
            "images of sandboxes can be shared copy-on-write (memfd); userfaultfd and PAGEMAP_SCAN are not used",
        ),
        Err(error) => findings.warning(
            "kernel",
            format!("images of sandboxes cannot be shared copy-on-write (memfd_create: {error}), so that each start copies one"),
            "allow memfd_create in the container's seccomp profile",
        ),
    }
    let has_seccomp = Path::new("/proc/sys/kernel/seccomp/actions_avail").exists();
    let modules = fs::read_to_string("/sys/kernel/security/lsm").ok();
    let has_landlock =
        modules.map(|modules| modules.split(',').any(|module| module.trim() == "landlock"));
    match (has_seccomp, has_landlock) {
        (true, Some(true)) => findings.ok("kernel", "seccomp and landlock are there"),
        (true, None) => findings.ok(
            "kernel",
            "seccomp is there; whether landlock is cannot be told from here",
        ),
        (seccomp, landlock) => {
            let missing = [(seccomp, "seccomp"), (landlock.unwrap_or(true), "landlock")];
            let missing: Vec<&str> = missing
                .iter()
                .filter(|(there, _)| !there)
                .map(|(_, name)| *name)
                .collect();
            findings.warning(
                "kernel",
                format!("no {}; programs are kept in by WebAssembly all the same", missing.join(" and no ")),
                "use a kernel from 5.13 on, with `landlock` among its `lsm=` modules, for a second wall",
            );
        }
    }
}

fn mappings(findings: &mut Findings, mappings: Option<u64>, overcommit: &str) {
    if let Some(mappings) = mappings.filter(|mappings| *mappings < MAPPINGS_DEFAULT) {
        findings.warning(
            "memory mappings",
            format!("the kernel allows a process {mappings}, and sandboxes that run at once take some each"),
            format!("`sysctl vm.max_map_count={MAPPINGS_DEFAULT}`, which is Linux' default"),
        );
    }
    if overcommit == "2" {
        findings.warning(
            "memory mappings",
            "the kernel commits no more memory than there is (vm.overcommit_memory is 2), and sandboxes reserve more than they use",
            "`sysctl vm.overcommit_memory=0`, or lower `concurrency_max` under [sandbox]",
        );
    }
}

/// Runs a program, as calls will.
pub fn check_sandbox(configuration: &Configuration, findings: &mut Findings) {
    let begun = Instant::now();
    let ran = progress::while_waiting(progress::ENGINE, || {
        let runtime = tokio::runtime::Runtime::new().map_err(|error| error.to_string())?;
        runtime.block_on(async {
            let config = vesicle_sandbox::Config {
                compiler: compile::compiler(),
                isolation: isolate::one_at_a_time(configuration)
                    .map_err(|error| error.to_string())?,
                ..configuration.sandbox()
            };
            let sandbox = Sandbox::new(config)
                .await
                .map_err(|error| error.to_string())?;
            let ready = begun.elapsed();
            let execution = Execution {
                code: "return 6 * 7".to_owned(),
                ..Execution::default()
            };
            match sandbox.execute(execution).await {
                Ok(Outcome::Success { .. }) => Ok(ready),
                Ok(other) => Err(format!("`return 6 * 7` did not succeed: {other:?}")),
                Err(error) => Err(error.to_string()),
            }
        })
    });
    match ran {
        Ok(ready) => findings.ok(
            "sandbox",
            format!("a program ran; the engine was ready after {} ms", ready.as_millis()),
        ),
        Err(why) => findings.problem(
            "sandbox",
            format!("no program can run: {why}"),
            "see the warnings on memory and address space above; lower `concurrency_max` under [sandbox] where address space is short",
        ),
    }
}

/// Whether there are as many open files as connections.
pub fn check_files(configuration: &Configuration, findings: &mut Findings) {
    let limit = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    let connections = configuration
        .http()
        .map_or(0, |http| http.bounds.connections as u64);
    let needed = FILES_MIN.max(connections + FILES_BESIDE);
    let what = format!("this process may have {limit}");
    match limit >= needed {
        true => findings.ok("open files", what),
        false => findings.warning(
            "open files",
            format!("{what}, and `vesicle serve` as configured may want {needed}"),
            format!("`ulimit -n {needed}`, LimitNOFILE={needed} in a systemd unit, or fewer `connections` under [http]"),
        ),
    }
}

/// Whether the clock is one that certificates and tokens can be judged by.
pub fn check_clock(configuration: &Configuration, findings: &mut Findings) {
    let now = SystemTime::now();
    let data = configuration.data_directory();
    let kept = data.into_iter().flat_map(|data| {
        let names = ["audit", "state.db", "memory.db", "plugins", "tokens.toml"];
        names.map(|name| data.join(name))
    });
    let ahead = std::env::current_exe()
        .ok()
        .into_iter()
        .chain(kept)
        .find(|path| {
            let written = path.metadata().and_then(|metadata| metadata.modified());
            written.is_ok_and(|written| {
                written
                    .duration_since(now)
                    .is_ok_and(|ahead| ahead > CLOCK_LAG_MAX)
            })
        });
    let told = chrono::DateTime::<chrono::Utc>::from(now).format("%Y-%m-%d %H:%M:%S UTC");
    match ahead {
        None => findings.ok("clock", told.to_string()),
        Some(path) => findings.problem(
            "clock",
            format!(
                "it says {told}, and `{}` was written later than that",
                path.display()
            ),
            "set the clock; expiry of tokens and certificates, and the audit log, go by it",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Level;
    use super::*;

    const MEMINFO: &str = "MemTotal:  8388608 kB\nMemFree:  1 kB\nMemAvailable:  4194304 kB\n";

    fn found(check: impl FnOnce(&mut Findings)) -> Vec<(Level, String)> {
        let mut findings = Findings::default();
        check(&mut findings);
        findings
            .all()
            .iter()
            .map(|one| (one.level, one.what.clone()))
            .collect()
    }

    #[test]
    fn memory_is_what_the_container_has() {
        let memory = |max: &str, used: &str| {
            found(|findings| memory(findings, MEMINFO, max, used)).remove(0)
        };
        assert_eq!(
            memory("max\n", ""),
            (Level::Ok, "8192 MB, of which 4096 MB are free".to_owned())
        );
        assert_eq!(memory("536870912\n", "268435456\n").0, Level::Ok);
        assert_eq!(memory("536870912\n", "268435457\n").0, Level::Warning);
    }

    #[test]
    fn what_the_kernel_was_told_to_refuse_is_told() {
        let mappings =
            |count, overcommit| found(|findings| mappings(findings, count, overcommit)).len();
        assert_eq!(mappings(Some(MAPPINGS_DEFAULT), "0"), 0);
        assert_eq!(mappings(Some(MAPPINGS_DEFAULT - 1), "1"), 1);
        assert_eq!(mappings(None, "2"), 1);
    }
}
