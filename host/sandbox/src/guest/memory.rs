//! How much memory a guest may have, and how much it had.

use wasmtime::ResourceLimiter;

/// How many elements a table may have. The engine's function table has about 2 000.
const TABLE_ELEMENTS_MAX: usize = 20_000;

/// Allows or refuses growth, and keeps account of it.
pub struct Memory {
    bytes_max: usize,
    bytes_peak: usize,
    refused: bool,
}

impl Memory {
    /// Allows linear memories of up to `bytes_max` bytes.
    pub fn new(bytes_max: usize) -> Self {
        Self {
            bytes_max,
            bytes_peak: 0,
            refused: false,
        }
    }

    /// The most memory that the guest had, in bytes.
    pub fn bytes_peak(&self) -> usize {
        self.bytes_peak
    }

    /// Whether the guest asked for more than it may have.
    pub fn was_refused(&self) -> bool {
        self.refused
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
        Ok(desired <= TABLE_ELEMENTS_MAX)
    }
}
