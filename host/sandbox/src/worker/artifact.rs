//! A compiled engine as worker processes get it: a file in memory that nobody can change any more, of which all of them have the
//! same pages.

use std::fs::File;
use std::io::{self, Write as _};
use std::os::fd::OwnedFd;

use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};
use wasmtime::component::Component;

use crate::memory_image::persistently;

/// The file.
pub struct Artifact(File);

impl Artifact {
    /// Of an engine that is loaded here. Blocks for milliseconds.
    ///
    /// # Errors
    /// The system gives no such file.
    pub fn of(component: &Component) -> wasmtime::Result<Self> {
        let code = component.serialize()?;
        let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
        let failed = |errno| wasmtime::Error::new(io::Error::from(errno));
        let mut file = File::from(memfd_create("vesicle-engine", flags).map_err(failed)?);
        file.write_all(&code)?;
        let seals = SealFlags::WRITE | SealFlags::GROW | SealFlags::SHRINK | SealFlags::SEAL;
        persistently(|| fcntl_add_seals(&file, seals).map_err(failed))?;
        Ok(Self(file))
    }

    /// A descriptor of it, for a process.
    ///
    /// # Errors
    /// There are too many.
    pub fn descriptor(&self) -> io::Result<OwnedFd> {
        Ok(self.0.try_clone()?.into())
    }
}
