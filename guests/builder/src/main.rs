//! Makes components out of the core modules that compilers wrote. A language engine is booted first,
//! and its snapshot wrapped; any other program is wrapped as it is.

mod preview1;
mod snapshot;

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use wasi_preview1_component_adapter_provider::{
    WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, WASI_SNAPSHOT_PREVIEW1_COMMAND_ADAPTER,
    WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER,
};
use wasm_encoder::{ComponentExportKind, ComponentExportSection, ComponentSection};
use wit_component::ComponentEncoder;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let arguments: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let (kind, input, output) = match arguments.as_slice() {
        [input, output] => (Kind::Engine, input, output),
        [flag, input, output] if flag.as_os_str() == "--command" => (Kind::Command, input, output),
        [flag, input, output] if flag.as_os_str() == "--library" => (Kind::Library, input, output),
        _ => bail!("usage: vesicle-guest-builder [--command | --library] CORE.wasm COMPONENT.wasm"),
    };
    let core = std::fs::read(input).with_context(|| format!("reading {}", input.display()))?;
    let component = match kind {
        // An engine asks for WASI 0.2 itself, and needs no adapter.
        Kind::Engine => {
            let module = preview1::resolve(&core)?;
            let module = snapshot::take(&module).await.map_err(anyhow::Error::from)?;
            let component = ComponentEncoder::default().module(&module)?.encode();
            component.map(with_core_exported)
        }
        Kind::Command => adapted(&core, WASI_SNAPSHOT_PREVIEW1_COMMAND_ADAPTER),
        Kind::Library => adapted(&core, WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER),
    }
    .context("making the component")?;
    std::fs::write(output, &component).with_context(|| format!("writing {}", output.display()))?;
    println!("{}", blake3::hash(&component));
    Ok(())
}

/// What a core module is.
enum Kind {
    /// Exports the world `engine`.
    Engine,
    /// Has a `main`.
    Command,
    /// Exports functions by itself.
    Library,
}

/// The component with its first core module, the engine itself, as an export: components that are
/// the same engine with other memory are instantiated of it (`host/sandbox/src/kept/`).
fn with_core_exported(mut component: Vec<u8>) -> Vec<u8> {
    let mut exports = ComponentExportSection::new();
    exports.export("core", ComponentExportKind::Module, 0, None);
    exports.append_to_component(&mut component);
    component
}

fn adapted(module: &[u8], adapter: &[u8]) -> Result<Vec<u8>> {
    ComponentEncoder::default()
        .module(module)?
        .adapter(WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, adapter)?
        .encode()
}
