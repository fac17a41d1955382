//! `vesicle plugin info`: all that there is to know of a plugin before it is trusted.

use std::{
    fmt::Write as _,
    sync::Arc,
    time::{Duration, Instant},
};

use serde_json::{Value, json, value::RawValue};
use vesicle::plugins::PluginError;
use vesicle_plugins::{
    Inspection, WitText,
    grants::{Rights, Standing},
    manifest::{Contents, Reuse, Tool},
    name::PluginName,
    signatures::Verdict,
    store::Loaded,
};
use vesicle_sandbox::{CompileLimits, LoadError};

use super::{Output, OutputArgs, Place, first_line, plugin_name, print, print_json, right};
use crate::cli::ExitStatus;

/// Show what a plugin is, what it asks for, what it is granted and what of that holds
///
/// Also its tools, its WIT, what it imports and exports, how large it is, and how long loading it
/// took just now.
#[derive(Debug, clap::Args)]
pub struct InfoArgs {
    /// The plugin
    #[arg(value_parser = plugin_name)]
    name: PluginName,

    #[command(flatten)]
    output: OutputArgs,
}

/// What is told.
struct Told {
    loaded: Loaded,
    rights: Rights,
    signature: String,
    inspection: Result<Inspection, String>,
    /// How long loading it took, and compiling, where that was not done before; or why it is not loaded.
    took: Result<(Duration, Option<Duration>), String>,
}

/// Prints it.
pub fn run(args: &InfoArgs, place: &Place) -> anyhow::Result<ExitStatus> {
    let loaded = place.plugins.store().load(&args.name)?;
    let rights = place.plugins.rights(&loaded.manifest)?;
    let signature = match place.plugins.verdict(&loaded) {
        Ok(verdict) => words(&verdict),
        Err(PluginError::Signature { why, .. }) => format!("refused: {why}"),
        Err(error) => return Err(error.into()),
    };
    let bytes: Arc<[u8]> = loaded.component.bytes().into();
    let limits = CompileLimits::default();
    let runtime = place.runtime()?;
    let took = runtime.block_on(async {
        let sandbox = place.sandbox().await?;
        let began = Instant::now();
        let component = sandbox.load(bytes.clone(), limits).await;
        anyhow::Ok(component.map(|it| (began.elapsed(), it.compiled_in())))
    })?;
    let missing = match &took {
        Err(LoadError::UnknownImports(missing)) => missing.clone(),
        _ => vec![],
    };
    let inspection = Inspection::of(&bytes, &limits, &missing);
    let told = Told {
        loaded,
        rights,
        signature,
        inspection: inspection.map_err(|error| error.to_string()),
        took: took.map_err(|error| error.to_string()),
    };
    match args.output.get() {
        Output::Pretty => print(told.pretty().trim_end())?,
        Output::Json => print_json(&told.json()?)?,
    }
    Ok(ExitStatus::Success)
}

fn ms(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn words(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Unsigned => "none".to_owned(),
        Verdict::Untrusted(why) => format!("not trusted: {why}"),
        Verdict::Trusted(key) => format!("by `{}` ({})", key.name, key.public),
    }
}

/// How the plugin stands with the operator.
fn standing(rights: &Rights) -> &'static str {
    match &rights.standing {
        Standing::Never if rights.is_complete() => "it asks for nothing",
        Standing::Never => "nothing was granted yet",
        Standing::Changed(_) => {
            "something was granted to another component of this name, and does not hold for this one"
        }
        Standing::Granted(_) if rights.is_complete() => "all that it asks for",
        Standing::Granted(_) => "a part of what it asks for",
    }
}

impl Told {
    fn contents(&self) -> &Contents {
        self.loaded.manifest.contents()
    }

    // Writing to a string cannot fail.
    fn pretty(&self) -> String {
        let contents = self.contents();
        let mut text = format!(
            "{} {}\n{}\n\n",
            contents.name, contents.version, contents.description
        );
        let bytes = self.loaded.component.bytes().len();
        let _ = writeln!(text, "component   {} ({bytes} bytes)", contents.digest);
        let _ = writeln!(text, "signature   {}", self.signature);
        if contents.reuse == Reuse::Session {
            text.push_str("instances   one for each session\n");
        }
        if let Some(from) = &contents.provenance {
            let _ = writeln!(text, "added       {} from {}", from.at, from.from);
        }
        let _ = match &self.took {
            Ok((took, compiled)) => writeln!(
                text,
                "loaded      in {} ms, {}",
                took.as_millis(),
                match compiled {
                    Some(took) => format!("of which compiling took {}", took.as_millis()),
                    None => "from the cache of compiled components".to_owned(),
                }
            ),
            Err(why) => writeln!(text, "NOT LOADED  {why}"),
        };
        let _ = writeln!(text, "granted     {}", standing(&self.rights));
        let table = right::table(&self.rights);
        if !table.is_empty() {
            let head = ["", "asked", "granted", "effective"].map(str::to_owned);
            text += "\nrights\n";
            text += &columns(&[&[head], table.as_slice()].concat());
        }
        text += "\ntools\n";
        for tool in &contents.tools {
            let _ = writeln!(text, "  {}  {}", tool.name, first_line(&tool.description));
        }
        match &self.inspection {
            Err(why) => {
                let _ = writeln!(text, "\nit cannot be read: {why}");
            }
            Ok(inspection) => text += &inspected(inspection),
        }
        text
    }

    fn json(&self) -> anyhow::Result<Value> {
        let contents = self.contents();
        let tools: Result<Vec<Value>, _> = contents.tools.iter().map(tool).collect();
        let provenance = contents.provenance.as_ref();
        let mut told = json!({
            "name": contents.name.as_str(),
            "version": contents.version,
            "reuse": contents.reuse.name(),
            "description": contents.description,
            "digest": contents.digest.to_string(),
            "manifest": self.loaded.version.to_string(),
            "signature": self.signature,
            "provenance": provenance.map(|from| json!({"by": from.by, "at": from.at, "from": from.from})),
            "standing": right::standing(&self.rights),
            "rights": right::as_json(&self.rights),
            "tools": tools?,
            "load_ms": self.took.as_ref().ok().map(|(took, _)| ms(*took)),
            "cached": self.took.as_ref().ok().map(|(_, compiled)| compiled.is_none()),
            "compile_ms": self.took.as_ref().ok().and_then(|(_, compiled)| compiled.map(ms)),
            "load_error": self.took.as_ref().err(),
        });
        if let (Value::Object(told), Ok(inspection)) = (&mut told, &self.inspection) {
            told.insert("component".to_owned(), serde_json::to_value(inspection)?);
        }
        Ok(told)
    }
}

/// A tool for programs.
pub(super) fn tool(tool: &Tool) -> Result<Value, serde_json::Error> {
    let schema = |text: &str| serde_json::from_str::<Box<RawValue>>(text);
    let optional = |text: &Option<String>| text.as_deref().map(schema).transpose();
    Ok(json!({
        "name": tool.name,
        "description": tool.description,
        "signature": tool.signature,
        "input_schema": schema(&tool.input)?,
        "output_schema": optional(&tool.output)?,
        "error_schema": optional(&tool.error)?,
    }))
}

fn inspected(inspection: &Inspection) -> String {
    let mut text = String::new();
    if !inspection.imports.is_empty() {
        text += "\nimports\n";
        for import in &inspection.imports {
            let provided = match import.provided {
                true => "",
                false => "  (nobody provides it)",
            };
            text += &format!("  {}{provided}\n", import.name);
        }
    }
    if !inspection.exports.is_empty() {
        text += "\nexports\n";
        for export in &inspection.exports {
            text += &format!("  {export}\n");
        }
    }
    match &inspection.wit {
        WitText::Text(wit) => text + "\nWIT\n" + wit,
        WitText::None(why) => text + &format!("\nno WIT: {why}\n"),
    }
}

/// Rows as columns of equal width.
fn columns(rows: &[[String; 4]]) -> String {
    let width = |column: usize| {
        let widths = rows.iter().filter_map(|row| row.get(column));
        widths.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths = [0, 1, 2, 3].map(width);
    let mut text = String::new();
    for row in rows {
        let cells = row.iter().zip(widths);
        let cells: Vec<String> = cells
            .map(|(cell, width)| format!("{cell:width$}"))
            .collect();
        text += &format!("  {}\n", cells.join("  ").trim_end());
    }
    text
}
