//! How much memory, how many table elements and instances a guest may have, and what it had.

use wasmtime::ResourceLimiter;

use crate::Limits;

/// Allows or refuses growth, and keeps account of it.
pub struct Memory {
    bytes_max: usize,
    bytes_peak: usize,
    refused: bool,
    table_elements_max: usize,
    table_refused: bool,
    instances_max: usize,
}

impl Memory {
    /// Allows what `limits` allow.
    pub fn new(limits: &Limits) -> Self {
        Self {
            bytes_max: limits.memory_bytes,
            bytes_peak: 0,
            refused: false,
            table_elements_max: limits.table_elements,
            table_refused: false,
            instances_max: limits.instances,
        }
    }

    /// The most memory that the guest had, in bytes.
    pub fn bytes_peak(&self) -> usize {
        self.bytes_peak
    }

    /// Whether the guest asked for more memory than it may have.
    pub fn was_refused(&self) -> bool {
        self.refused
    }

    /// Whether the guest asked for a larger table than it may have.
    pub fn table_was_refused(&self) -> bool {
        self.table_refused
    }
}

impl ResourceLimiter for Memory {
    fn memory_growing(
        &mut self,
        _: usize,
        desired: usize,
        _: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let allowed = desired <= self.bytes_max;
        if allowed {
            self.bytes_peak = self.bytes_peak.max(desired);
        } else {
            self.refused = true;
        }
        Ok(allowed)
    }

    fn table_growing(
        &mut self,
        _: usize,
        desired: usize,
        _: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let allowed = desired <= self.table_elements_max;
        self.table_refused |= !allowed;
        Ok(allowed)
    }

    fn instances(&self) -> usize {
        self.instances_max
    }
}
