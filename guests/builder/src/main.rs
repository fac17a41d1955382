//! Makes components out of the core modules that compilers wrote. A language engine is booted first,
//! and its snapshot wrapped; a command, which has a `main`, is wrapped as it is.

mod preview1;
mod snapshot;

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use wasi_preview1_component_adapter_provider::{
    WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, WASI_SNAPSHOT_PREVIEW1_COMMAND_ADAPTER,
};
use wit_component::ComponentEncoder;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let arguments: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let (is_engine, input, output) = match arguments.as_slice() {
        [input, output] => (true, input, output),
        [flag, input, output] if flag.as_os_str() == "--command" => (false, input, output),
        _ => bail!("usage: vesicle-guest-builder [--command] CORE.wasm COMPONENT.wasm"),
    };
    let core = std::fs::read(input).with_context(|| format!("reading {}", input.display()))?;
    let component = match is_engine {
        // An engine asks for WASI 0.2 itself, and needs no adapter.
        true => {
            let module = preview1::resolve(&core)?;
            let module = snapshot::take(&module).await.map_err(anyhow::Error::from)?;
            ComponentEncoder::default().module(&module)?.encode()
        }
        false => ComponentEncoder::default()
            .module(&core)?
            .adapter(
                WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME,
                WASI_SNAPSHOT_PREVIEW1_COMMAND_ADAPTER,
            )?
            .encode(),
    }
    .context("making the component")?;
    std::fs::write(output, &component).with_context(|| format!("writing {}", output.display()))?;
    println!("{}", blake3::hash(&component));
    Ok(())
}
