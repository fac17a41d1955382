//! A sandbox with one engine and room for one program, of an engine that is compiled; it starts no thread.

use std::path::Path;

use wasmtime::component::Component;

use crate::javascript::JavaScript;
use crate::runtime::{Runtime, Runtimes};
use crate::{Config, Sandbox, SandboxError, engine};

impl Sandbox {
    /// Loads the JavaScript engine, which counts `fuel` or does not, from a file. No guest yields before
    /// [`start_ticking`](Self::start_ticking).
    ///
    /// # Safety
    /// The file runs as native code: a sandbox must have made it for an engine that is configured like this one, and nobody may
    /// change it.
    ///
    /// # Errors
    /// It cannot be loaded.
    pub(crate) unsafe fn of_compiled(file: &Path, fuel: bool) -> Result<Self, SandboxError> {
        let config = Config {
            concurrency_max: 1,
            residents_max: 0,
            ..Config::default()
        };
        let engine = match fuel {
            true => engine::with_fuel(),
            false => engine::pooled(config.places()),
        }?;
        // SAFETY: as the caller promises.
        let component = unsafe { Component::deserialize_file(&engine, file)? };
        let runtimes = Runtimes::of(Runtime::still(engine, "", &config)?, config.clone());
        let javascript = JavaScript::of(runtimes.pooled(), component)?;
        Ok(Self::of(&config, runtimes, javascript, None, fuel))
    }

    /// Has guests yield from now on.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub(crate) fn start_ticking(&self) -> std::io::Result<()> {
        self.shared().javascript.runtime.ticker.start()
    }
}
