//! `vesicle plugin pack`: a plugin as a directory, to be handed on, signed and added elsewhere.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use serde_json::json;
use vesicle::plugins::{Words, pack};
use vesicle_plugins::{
    digest::Digest,
    manifest::{Contents, FILE_NAME, Manifest, Provenance},
};

use super::{
    Output, OutputArgs, Place,
    about::{AboutArgs, component_file},
    print, print_json,
};
use crate::cli::{ExitStatus, exit::UsageError};

/// Make a directory of a plugin that others can add: its component and its manifest
///
/// The same file and the same options make the same bytes. Nothing of the component is run, but for the
/// list of tools of one that lists them itself.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    vesicle plugin pack target/wasm32-wasip1/release/words.wasm --wit wit --into words\n  \
    vesicle plugin add words")]
pub struct PackArgs {
    /// A component, or a core module for WASI's preview 1
    #[arg(value_name = "FILE")]
    file: PathBuf,

    #[command(flatten)]
    about: AboutArgs,

    /// Where its source is: a path here, which its digest is taken of
    #[arg(long, value_name = "PATH")]
    source: Option<PathBuf>,

    /// How the file was made of its source
    #[arg(long, value_name = "TEXT")]
    recipe: Option<String>,

    /// The directory; what is in the way of its two files is replaced
    #[arg(long, value_name = "DIR")]
    into: PathBuf,

    #[command(flatten)]
    output: OutputArgs,
}

/// Writes it.
pub fn run(args: &PackArgs, place: &Place) -> anyhow::Result<ExitStatus> {
    let name = args.about.words.name_of(&args.file)?;
    // Where and when it was made is no part of what it is: whoever adds it says that.
    let nowhere = Provenance {
        by: String::new(),
        at: "1970-01-01T00:00:00Z".to_owned(),
        from: String::new(),
    };
    let words = Words::About(Box::new(args.about.words.about(name, nowhere)?));
    let documented = args.about.document(&component_file(&args.file)?)?;
    let runtime = place.runtime()?;
    let packed = runtime.block_on(async {
        let sandbox = place.sandbox().await?;
        let packing = pack(&sandbox, &documented.component, words);
        tokio::select! {
            packed = packing => packed
                .map(Some)
                .with_context(|| format!("`{}` is not packed", args.file.display())),
            Ok(()) = tokio::signal::ctrl_c() => Ok(None),
        }
    });
    runtime.shutdown_background();
    let Some(packed) = packed? else {
        return Ok(ExitStatus::Interrupted);
    };
    let source = args.source.as_deref();
    let manifest = Manifest::new(&Contents {
        source: source.map(|path| path.display().to_string()),
        source_digest: source.map(digest_of).transpose()?,
        recipe: args.recipe.clone(),
        provenance: None,
        ..packed.manifest.contents().clone()
    })?;
    let component = format!("{}.wasm", manifest.name());
    fs::create_dir_all(&args.into)
        .and_then(|()| fs::write(args.into.join(&component), &packed.component))
        .and_then(|()| fs::write(args.into.join(FILE_NAME), manifest.text()))
        .with_context(|| format!("cannot write to `{}`", args.into.display()))?;
    let contents = manifest.contents();
    match args.output.get() {
        Output::Json => print_json(&json!({
            "name": contents.name.as_str(),
            "version": contents.version,
            "digest": contents.digest.to_string(),
            "bytes": packed.component.len(),
            "tools": contents.tools.iter().map(|tool| tool.name.as_str()).collect::<Vec<_>>(),
            "refused": packed.refused,
        }))?,
        Output::Pretty => print(&format!(
            "{}: {component}, {} bytes, {}",
            args.into.display(),
            packed.component.len(),
            contents.digest
        ))?,
    }
    Ok(ExitStatus::Success)
}

/// Of a file its digest; of a directory that of a list of all of its files, as `b3sum` writes one. What is built
/// in it, and what is hidden, is left out.
fn digest_of(source: &Path) -> anyhow::Result<Digest> {
    let read = |path: &Path| {
        fs::read(path).map_err(|error| {
            UsageError(format!(
                "cannot read the source `{}`: {error}",
                path.display()
            ))
        })
    };
    if !source.is_dir() {
        return Ok(Digest::of(&read(source)?));
    }
    let mut files = Vec::new();
    list(source, "", &mut files)
        .with_context(|| format!("cannot read the source `{}`", source.display()))?;
    files.sort();
    let mut listed = String::new();
    for file in files {
        let digest = Digest::of(&read(&source.join(&file))?);
        listed += &format!("{}  {file}\n", digest.hex());
    }
    Ok(Digest::of(listed.as_bytes()))
}

fn list(directory: &Path, within: &str, files: &mut Vec<String>) -> std::io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with('.') || name == "target" {
            continue;
        }
        match entry.file_type()?.is_dir() {
            true => list(&entry.path(), &format!("{within}{name}/"), files)?,
            false => files.push(format!("{within}{name}")),
        }
    }
    Ok(())
}
