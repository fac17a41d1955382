//! What the process takes of the machine, read from `/proc`, under the names that Prometheus' own clients use behind the prefix.

use std::fs;

use prometheus_client::{
    metrics::{counter::Counter, gauge::Gauge},
    registry::{Registry, Unit},
};

use super::Amount;

/// Its figures.
pub struct Figures {
    resident: Amount,
    files: Amount,
    threads: Amount,
    cpu: Counter<f64, std::sync::atomic::AtomicU64>,
}

impl Figures {
    /// Names them in `registry`.
    pub fn register(registry: &mut Registry) -> Self {
        let registry = registry.sub_registry_with_prefix("process");
        let figures = Self {
            resident: Gauge::default(),
            files: Gauge::default(),
            threads: Gauge::default(),
            cpu: Counter::default(),
        };
        registry.register_with_unit(
            "resident_memory",
            "What of the host is in memory",
            Unit::Bytes,
            figures.resident.clone(),
        );
        registry.register(
            "open_fds",
            "Files and connections that are open",
            figures.files.clone(),
        );
        registry.register("threads", "Threads of the host", figures.threads.clone());
        registry.register_with_unit(
            "cpu",
            "Time of processors that the host took",
            Unit::Seconds,
            figures.cpu.clone(),
        );
        figures
    }

    /// Reads them. What the system does not tell stays as it was.
    pub fn read(&self) {
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        let number = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            line.split_whitespace().next()?.parse::<u64>().ok()
        };
        if let Some(kib) = number("VmRSS:") {
            self.resident.set(kib * 1024);
        }
        if let Some(threads) = number("Threads:") {
            self.threads.set(threads);
        }
        if let Ok(files) = fs::read_dir("/proc/self/fd") {
            // The directory that is being read is one of them.
            self.files.set((files.count() as u64).saturating_sub(1));
        }
        let used = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
        let seconds = used.tv_sec as f64 + used.tv_nsec as f64 / 1e9;
        let more = seconds - self.cpu.get();
        if more > 0.0 {
            self.cpu.inc_by(more);
        }
    }
}
