//! `vesicle plugin build`.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use chrono::{SecondsFormat, Utc};
use serde_json::json;
use vesicle::plugins::{About, Packed, Words};
use vesicle_plugins::manifest::{FILE_NAME, Provenance};

use super::{Output, Place, about::WordsArgs, add, print, print_json};
use crate::{
    cli::{ExitStatus, exit::UsageError},
    terminal,
};

/// Who made it, as its provenance has it.
const BY: &str = "vesicle plugin build";

/// Make a component of a module in TypeScript or JavaScript
///
/// The functions that the module exports become tools; what they take and answer is read from their
/// types. The module is evaluated once, in a sandbox, and calls find it ready. The same module makes the
/// same bytes. Beside the component its manifest is written, `plugin.toml`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    vesicle plugin build slugify.ts\n  \
    vesicle plugin build slugify.ts -o out/slugify.wasm && vesicle plugin add out/slugify.wasm --manifest out/plugin.toml")]
pub struct BuildArgs {
    /// The module
    #[arg(value_name = "FILE.ts|FILE.js")]
    source: String,

    /// Where the component is written; its manifest goes into the same directory [default: beside
    /// the module]
    #[arg(short, long = "out", value_name = "FILE.wasm")]
    out: Option<PathBuf>,

    #[command(flatten)]
    words: WordsArgs,

    /// Print JSON
    #[arg(long)]
    json: bool,

    /// `--output json` is `--json`, as it was written before that was everywhere
    #[arg(long, value_enum, hide = true, conflicts_with = "json")]
    output: Option<Output>,
}

/// Makes it.
pub fn run(args: &BuildArgs, place: &Place) -> anyhow::Result<ExitStatus> {
    if !add::is_script(&args.source) {
        let what = format!(
            "`{}` is no module: its name ends in none of .ts, .mts, .js and .mjs",
            args.source
        );
        return Err(UsageError(what).into());
    }
    let words = Words::About(Box::new(args.about()?));
    let runtime = place.runtime()?;
    let packed = runtime.block_on(async {
        tokio::select! {
            packed = add::pack_module(place, &args.source, words) => packed.map(Some),
            Ok(()) = tokio::signal::ctrl_c() => Ok(None),
        }
    });
    runtime.shutdown_background();
    let Some(packed) = packed? else {
        return Ok(ExitStatus::Interrupted);
    };
    for warning in &packed.warnings {
        terminal::fail(&format!("warning: {warning}"))?;
    }
    let out = args.out();
    let manifest = out.with_file_name(FILE_NAME);
    write(&out, &packed.component)?;
    write(&manifest, packed.manifest.text().as_bytes())?;
    args.tell(&packed, &out, &manifest)?;
    Ok(ExitStatus::Success)
}

impl BuildArgs {
    fn out(&self) -> PathBuf {
        let beside = || Path::new(&self.source).with_extension("wasm");
        self.out.clone().unwrap_or_else(beside)
    }

    fn about(&self) -> Result<About, UsageError> {
        let name = self.words.name_of(Path::new(&self.source))?;
        let provenance = Provenance {
            by: BY.to_owned(),
            at: Utc::now().to_rfc3339_opts(SecondsFormat::Secs, true),
            from: self.source.clone(),
        };
        self.words.about(name, provenance)
    }

    fn tell(&self, packed: &Packed, out: &Path, manifest: &Path) -> anyhow::Result<()> {
        let contents = packed.manifest.contents();
        if self.json || self.output == Some(Output::Json) {
            let tools = contents.tools.iter().map(|tool| tool.name.as_str());
            return print_json(&json!({
                "name": contents.name.as_str(),
                "version": contents.version,
                "digest": contents.digest.to_string(),
                "component": out,
                "manifest": manifest,
                "bytes": packed.component.len(),
                "tools": tools.collect::<Vec<_>>(),
                "warnings": packed.warnings,
            }));
        }
        let mut text = format!(
            "built {} {}: {} ({} bytes) and {}",
            contents.name,
            contents.version,
            out.display(),
            packed.component.len(),
            manifest.display()
        );
        for tool in &contents.tools {
            text += &format!("\n  {}.{}", contents.name, tool.name);
        }
        print(&text)
    }
}

fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    std::fs::write(path, bytes).with_context(|| format!("cannot write `{}`", path.display()))
}
