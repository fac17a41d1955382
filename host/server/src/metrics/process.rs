//! What the process takes of the machine, as the system tells it.

use std::{
    fs,
    sync::LazyLock,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use schemars::JsonSchema;
use serde::Serialize;

/// When somebody first asked, which the host does at its start.
static BEGAN: LazyLock<(Instant, SystemTime)> =
    LazyLock::new(|| (Instant::now(), SystemTime::now()));

/// What it takes.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Process {
    /// Resident memory, in bytes; none where the system does not tell.
    pub memory_bytes: Option<u64>,
    /// Time on processors, in seconds; none where the system does not tell.
    pub cpu_seconds: Option<f64>,
    /// Files and connections that are open.
    pub open_files: Option<u64>,
    /// How many may be.
    pub open_files_max: Option<u64>,
    /// Threads.
    pub threads: Option<u64>,
    /// When the process began to serve, in seconds since 1970.
    #[serde(skip)]
    pub began: f64,
    /// Since then, in seconds.
    pub uptime_seconds: f64,
}

/// The process is serving from now on.
pub fn begin() {
    LazyLock::force(&BEGAN);
}

impl Process {
    /// What it takes now.
    pub fn now() -> Self {
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        let files = fs::read_dir("/proc/self/fd").ok();
        let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile);
        let used = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
        let used = Duration::try_from(used).ok();
        let (began, began_at) = *BEGAN;
        Self {
            memory_bytes: number(&status, "VmRSS:").map(|kib| kib * 1024),
            cpu_seconds: used.map(|used| used.as_secs_f64()),
            // The directory that is being read is one of them.
            open_files: files.map(|files| (files.count() as u64).saturating_sub(1)),
            open_files_max: limit.current,
            threads: number(&status, "Threads:"),
            began: began_at
                .duration_since(UNIX_EPOCH)
                .unwrap_or_default()
                .as_secs_f64(),
            uptime_seconds: began.elapsed().as_secs_f64(),
        }
    }
}

fn number(status: &str, name: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_tells_what_the_process_takes() {
        begin();
        let process = Process::now();
        assert!(process.memory_bytes.unwrap() > 1 << 20, "{process:?}");
        assert!(process.cpu_seconds.unwrap() > 0.0 && process.threads.unwrap() > 0);
        assert!(process.open_files.unwrap() >= 3 && process.open_files_max.unwrap() > 3);
        assert!(process.uptime_seconds >= 0.0 && process.began > 1e9);
        assert_eq!(number("VmRSS:\t  12 kB\n", "VmRSS:"), Some(12));
        assert_eq!(number("VmSize: 1 kB\n", "VmRSS:"), None);
    }
}
