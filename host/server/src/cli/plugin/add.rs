//! `vesicle plugin add`.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use chrono::{SecondsFormat, Utc};
use serde_json::json;
use vesicle::plugins::{BuiltScript, Packed, Words, build_script, pack};
use vesicle_plugins::{
    adapt::Kind,
    manifest::{Contents, FILE_NAME, MANIFEST_BYTES_MAX, Manifest, Provenance},
    name::PluginName,
    sources::{Fetcher, Source},
    store::{Existing, Staged, StoreError},
};
use vesicle_sandbox::Sandbox;

use super::{
    Output, OutputArgs, Place,
    about::{AboutArgs, component_file, text},
    print, print_json, right,
};
use crate::{
    cli::{ExitStatus, exit::UsageError, progress},
    terminal,
};

/// What files of modules end in.
const SCRIPTS: [&str; 4] = ["ts", "mts", "js", "mjs"];
/// Who added it, as its provenance has it.
const BY: &str = "vesicle plugin add";
/// The signature's file in a directory that has a plugin.
const SIGNATURE: &str = "plugin.sig";

/// Add a plugin, or its next version
///
/// The file is a component of any toolchain, or a core module for WASI's preview 1, which is made
/// one. It is compiled, and its functions are read; it is run only where it lists its tools itself, and
/// without any right. A module in TypeScript or JavaScript is built first, as `vesicle plugin build`
/// does. Adding the same again changes nothing.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    vesicle plugin add slugify.wasm\n  \
    vesicle plugin add words.wasm --wit wit\n  \
    vesicle plugin add slugify.ts\n  \
    vesicle plugin add reader.wasm --ask preopen=/data --ask hosts=api.example.com:443\n  \
    vesicle plugin add 'https://example.com/slugify.wasm#blake3=…' --name slugify\n  \
    vesicle plugin add oci://registry.example.com/slugify@sha256:… --name slugify")]
pub struct AddArgs {
    /// A file, a directory that `vesicle plugin pack` made, or an address that ends in the component's digest
    #[arg(value_name = "FILE|DIR|https://…#blake3=…|oci://…@sha256:…")]
    source: String,

    #[command(flatten)]
    about: AboutArgs,

    /// The manifest that came with it, instead of one that is made of it
    #[arg(long, value_name = "FILE", conflicts_with_all = ["name", "description", "version", "ask", "wit"])]
    manifest: Option<PathBuf>,

    /// The signature that came with its manifest
    #[arg(long, value_name = "FILE", requires = "manifest")]
    signature: Option<PathBuf>,

    /// Make it the next version of the plugin that has its name
    #[arg(long)]
    update: bool,

    #[command(flatten)]
    output: OutputArgs,
}

/// Adds it.
pub fn run(args: &AddArgs, place: &Place) -> anyhow::Result<ExitStatus> {
    let parts = args.parts()?;
    let words = args.words(&parts)?;
    let signature = match &parts.signature {
        Some(file) => Some(text(file, "signature", MANIFEST_BYTES_MAX)?),
        None => None,
    };
    let runtime = place.runtime()?;
    let packed = runtime.block_on(async {
        tokio::select! {
            packed = args.pack(place, &parts, words) => packed.map(Some),
            Ok(()) = tokio::signal::ctrl_c() => Ok(None),
        }
    });
    runtime.shutdown_background();
    let Some(packed) = packed? else {
        return Ok(ExitStatus::Interrupted);
    };
    let store = place.plugins.store();
    let (manifest, name) = (&packed.manifest, packed.manifest.name());
    // The same once more is no second plugin, and mends what is damaged of it.
    let existing = match args.update || is_same(place, manifest) {
        true => Existing::Update,
        false => Existing::Refuse,
    };
    let staged = match store.stage(manifest, &packed.component, signature.as_deref(), existing) {
        Err(StoreError::Taken(name)) => {
            return Err(UsageError(format!(
                "there is a plugin `{name}` that is another; --update makes this its next version, --name gives it another name"
            ))
            .into());
        }
        staged => staged?,
    };
    // It was compiled and read already, and nothing else is known to ask of it.
    store.settle(name, staged, || Ok::<_, StoreError>(()))?;
    args.tell(place, &packed, staged)?;
    Ok(ExitStatus::Success)
}

/// Whether the plugin that serves under this name says the same of itself.
fn is_same(place: &Place, manifest: &Manifest) -> bool {
    let listed = place.plugins.store().listed(manifest.name());
    let listed = listed.ok().flatten();
    listed.is_some_and(|listed| listed.manifest.identity() == manifest.identity())
}

/// Where the parts of a plugin are.
struct Parts {
    /// Its component, unless that is elsewhere.
    component: Option<PathBuf>,
    manifest: Option<PathBuf>,
    signature: Option<PathBuf>,
}

impl AddArgs {
    /// A directory has all of them.
    fn parts(&self) -> Result<Parts, UsageError> {
        let path = Path::new(&self.source);
        if Source::is_meant(&self.source) || !path.is_dir() {
            return Ok(Parts {
                component: (!Source::is_meant(&self.source)).then(|| path.to_owned()),
                manifest: self.manifest.clone(),
                signature: self.signature.clone(),
            });
        }
        let manifest = path.join(FILE_NAME);
        if self.manifest.is_some() || self.about.is_given() || !manifest.is_file() {
            return Err(UsageError(format!(
                "`{}` is a directory; one that `vesicle plugin pack` made is added as it is, of another give the file",
                self.source
            )));
        }
        let name = self.manifest_of(&manifest)?.name().clone();
        let signature = path.join(SIGNATURE);
        Ok(Parts {
            component: Some(path.join(format!("{name}.wasm"))),
            manifest: Some(manifest),
            signature: signature.is_file().then_some(signature),
        })
    }

    fn manifest_of(&self, file: &Path) -> Result<Manifest, UsageError> {
        let text = text(file, "manifest", MANIFEST_BYTES_MAX)?;
        Manifest::parse(&file.display().to_string(), &text)
            .map_err(|error| UsageError(error.to_string()))
    }

    fn words(&self, parts: &Parts) -> anyhow::Result<Words> {
        let provenance = Provenance {
            by: BY.to_owned(),
            at: Utc::now().to_rfc3339_opts(SecondsFormat::Secs, true),
            from: self.from(),
        };
        let Some(file) = &parts.manifest else {
            let about = self.about.words.about(self.name()?, provenance)?;
            return Ok(Words::About(Box::new(about)));
        };
        // What somebody else's manifest says of that is not so here.
        let manifest = Manifest::new(&Contents {
            provenance: Some(provenance),
            ..self.manifest_of(file)?.contents().clone()
        })?;
        Ok(Words::Manifest(manifest))
    }

    /// Where it is, as its provenance has it.
    fn from(&self) -> String {
        match Source::is_meant(&self.source) {
            true => self.source.clone(),
            false => std::fs::canonicalize(&self.source)
                .map_or_else(|_| self.source.clone(), |path| path.display().to_string()),
        }
    }

    fn name(&self) -> Result<PluginName, UsageError> {
        if Source::is_meant(&self.source) && self.about.words.name.is_none() {
            Source::parse(&self.source).map_err(|error| UsageError(error.to_string()))?;
            let what = "an address is no name for a plugin; give one with --name";
            return Err(UsageError(what.to_owned()));
        }
        self.about.words.name_of(Path::new(&self.source))
    }

    async fn pack(&self, place: &Place, parts: &Parts, words: Words) -> anyhow::Result<Packed> {
        if is_script(&self.source) {
            if self.about.wit.is_some() {
                let what =
                    "a module has no WIT: its types and comments are its own; leave --wit out";
                return Err(UsageError(what.to_owned()).into());
            }
            return pack_module(place, &self.source, words).await;
        }
        let bytes = match &parts.component {
            Some(file) => component_file(file)?,
            None => {
                let source = Source::parse(&self.source);
                let source = source.map_err(|error| UsageError(error.to_string()))?;
                let authorities = match place.configuration.ca_file() {
                    Some(file) => text(file, "file of authorities", MANIFEST_BYTES_MAX)?,
                    None => String::new(),
                };
                let _waiting = progress::Waiting::begin("Fetching the plugin");
                Fetcher::new(authorities.as_bytes())?.fetch(&source).await?
            }
        };
        let refused = || format!("`{}` is not added", self.source);
        let documented = self.about.document(&bytes).with_context(refused)?;
        let sandbox: Sandbox = place.sandbox().await?;
        let packed = pack(&sandbox, &documented.component, words).await;
        Ok(Packed {
            kind: documented.kind,
            ..packed.with_context(refused)?
        })
    }

    fn tell(&self, place: &Place, packed: &Packed, staged: Staged) -> anyhow::Result<()> {
        let contents = packed.manifest.contents();
        let rights = place.plugins.rights(&packed.manifest)?;
        let missing = rights.missing();
        let is_new = matches!(staged, Staged::Waiting(_));
        let tools: Vec<&str> = contents
            .tools
            .iter()
            .map(|tool| tool.name.as_str())
            .collect();
        if self.output.get() == Output::Json {
            return print_json(&json!({
                "name": contents.name.as_str(),
                "version": contents.version,
                "digest": contents.digest.to_string(),
                "changed": is_new,
                "kind": kind(packed.kind),
                "tools": tools,
                "refused": packed.refused,
                "warnings": packed.warnings,
                "standing": right::standing(&rights),
                "missing": missing,
            }));
        }
        let mut text = match is_new {
            true => format!("added {} {}", contents.name, contents.version),
            false => format!("{} {} was there already", contents.name, contents.version),
        };
        if packed.kind != Kind::Component {
            text += ", made a component of a core module";
        }
        for tool in &contents.tools {
            text += &format!("\n  {}.{}", contents.name, tool.name);
        }
        for warning in &packed.warnings {
            text += &format!("\nwarning: {warning}");
        }
        for refused in &packed.refused {
            text += &format!("\nno tool: {refused}");
        }
        if !missing.is_empty() {
            text += &format!(
                "\nit asks for what is not granted: {missing}\n`{}` grants it",
                place.plugins.grant_by(&contents.name, &rights)
            );
        }
        print(&text)
    }
}

/// Whether a file is a module, by its name.
pub(super) fn is_script(path: &str) -> bool {
    let extension = Path::new(path).extension().and_then(|it| it.to_str());
    !Source::is_meant(path) && extension.is_some_and(|it| SCRIPTS.contains(&it))
}

/// Makes a plugin of a module. What that prints goes to standard error.
pub(super) async fn pack_module(place: &Place, path: &str, words: Words) -> anyhow::Result<Packed> {
    let name = Path::new(path).file_name().unwrap_or_default();
    let source = text(Path::new(path), "module", MANIFEST_BYTES_MAX)?;
    let sandbox: Sandbox = place.sandbox().await?;
    let context = || format!("no plugin is made of `{path}`");
    let building = build_script(&sandbox, &name.to_string_lossy(), &source).await;
    let BuiltScript { built, warnings } = building.with_context(context)?;
    for printed in [&built.stdout, &built.stderr] {
        if !printed.is_empty() {
            terminal::fail(&place.secrets.redact(printed.trim_end().to_owned()))?;
        }
    }
    let packed = pack(&sandbox, &built.component, words).await;
    let packed = packed.with_context(context)?;
    Ok(Packed { warnings, ..packed })
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Component => "component",
        Kind::Command => "command",
        Kind::Library => "library",
    }
}
