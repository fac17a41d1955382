//! How much memory, how many table elements and instances a guest may have, and what it had.

use wasmtime::ResourceLimiter;

use crate::Limits;
use crate::limits::{MEMORIES_MAX, TABLES_MAX};

/// Allows or refuses growth, and keeps account of it.
pub struct Memory {
    bytes_max: usize,
    /// Of all memories of the guest together.
    bytes: usize,
    bytes_peak: usize,
    /// What was allowed last, in case that it does not happen.
    bytes_growing: usize,
    refused: bool,
    table_elements_max: usize,
    /// Of all tables of the guest together.
    table_elements: usize,
    table_elements_growing: usize,
    table_refused: bool,
    instances_max: usize,
}

impl Memory {
    /// Allows what `limits` allow.
    pub fn new(limits: &Limits) -> Self {
        Self {
            bytes_max: limits.memory_bytes,
            bytes: 0,
            bytes_peak: 0,
            bytes_growing: 0,
            refused: false,
            table_elements_max: limits.table_elements,
            table_elements: 0,
            table_elements_growing: 0,
            table_refused: false,
            instances_max: limits.instances,
        }
    }

    /// Begins the account of a further call; what there is of memory stays.
    pub fn begin_again(&mut self) {
        self.bytes_peak = self.bytes;
        self.refused = false;
        self.table_refused = false;
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
        current: usize,
        desired: usize,
        _: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let growth = desired.saturating_sub(current);
        let allowed = growth <= self.bytes_max - self.bytes;
        self.refused |= !allowed;
        self.bytes_growing = if allowed { growth } else { 0 };
        self.bytes += self.bytes_growing;
        self.bytes_peak = self.bytes_peak.max(self.bytes);
        Ok(allowed)
    }

    fn memory_grow_failed(&mut self, _: wasmtime::Error) -> wasmtime::Result<()> {
        self.bytes -= std::mem::take(&mut self.bytes_growing);
        Ok(())
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        _: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let growth = desired.saturating_sub(current);
        let allowed = growth <= self.table_elements_max - self.table_elements;
        self.table_refused |= !allowed;
        self.table_elements_growing = if allowed { growth } else { 0 };
        self.table_elements += self.table_elements_growing;
        Ok(allowed)
    }

    fn table_grow_failed(&mut self, _: wasmtime::Error) -> wasmtime::Result<()> {
        self.table_elements -= std::mem::take(&mut self.table_elements_growing);
        Ok(())
    }

    fn instances(&self) -> usize {
        self.instances_max
    }

    fn memories(&self) -> usize {
        MEMORIES_MAX
    }

    fn tables(&self) -> usize {
        TABLES_MAX
    }
}
