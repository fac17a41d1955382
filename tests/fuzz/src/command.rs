//! The guest in Rust that asks for what a script says, by `wasi:http` (`guests/rust/http`).

use std::path::Path;

use tempfile::TempDir;
use vesicle_sandbox::{
    Access, Call, CompileLimits, Component, Directory, Files, Limits, Network, Quota,
};

use crate::host::{block_on, grants, sandbox};

/// The guest.
pub struct Command {
    component: Component,
    directory: TempDir,
    files: Files,
}

impl Default for Command {
    fn default() -> Self {
        Self::new()
    }
}

impl Command {
    /// Loads it.
    pub fn new() -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../programs/components/http.wasm");
        let wasm = std::fs::read(path).expect("guests/build.sh makes it");
        let loaded = sandbox().load(wasm, CompileLimits::default());
        let directory = TempDir::new().expect("a directory");
        let script = Directory::open(directory.path(), "/script", Access::Read, Quota::default());
        Self {
            component: block_on(loaded).expect("a component that is linked"),
            files: Files::new([script.expect("a grant")]).expect("grants"),
            directory,
        }
    }

    /// Runs a script.
    pub fn run(&self, script: &str, network: Network, limits: Limits) {
        let place = self.directory.path().join("requests");
        std::fs::write(place, script).expect("a file");
        let mut functions = self.component.functions().iter();
        let run = functions.find(|function| function.name == "run");
        let mut grants = grants();
        grants.files = self.files.clone();
        grants.network = network;
        let call = Call {
            limits,
            grants,
            ..Call::new(&self.component, run.expect("it is a command"), vec![])
        };
        block_on(sandbox().call(call)).expect("an outcome");
    }
}
