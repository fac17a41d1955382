//! Makes a language engine's component out of the core module that its compiler wrote:
//! boots it, takes a snapshot, and wraps that in the component model.

mod snapshot;

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use wasi_preview1_component_adapter_provider::{
    WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER,
};
use wit_component::ComponentEncoder;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let arguments: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [input, output] = arguments.as_slice() else {
        bail!("usage: vesicle-guest-builder CORE.wasm COMPONENT.wasm");
    };
    let core = std::fs::read(input).with_context(|| format!("reading {}", input.display()))?;
    // The adapter comes after the snapshot: its state would be frozen otherwise.
    let module = snapshot::take(&core).await.map_err(anyhow::Error::from)?;
    let component = into_component(&module)?;
    std::fs::write(output, &component).with_context(|| format!("writing {}", output.display()))?;
    println!("{}", blake3::hash(&component));
    Ok(())
}

fn into_component(module: &[u8]) -> Result<Vec<u8>> {
    ComponentEncoder::default()
        .validate(true)
        .module(module)?
        .adapter(
            WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME,
            WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER,
        )?
        .encode()
        .context("making the component")
}
