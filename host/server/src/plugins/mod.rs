//! Plugins as this process uses them: the store in the user's data directory, what the operator grants and
//! whom they trust, and the way of a component from a file to a call.

mod call;
mod called;
mod chain;
mod dispatch;
mod document;
mod doors;
mod fresh;
mod instances;
mod listed;
mod loaded;
mod narrowed;
mod offered;
mod package;
mod rights;
mod save;
mod script;
mod shelf;
pub mod shown;
mod smoke;
mod told;
mod unasked;

use std::{
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use vesicle_plugins::{
    grants::{GrantsFile, Rights},
    manifest::Manifest,
    name::{NameError, PluginName},
    operator::OperatorError,
    signatures::{SignatureError, TrustFile, Verdict},
    store::{Loaded, Store, StoreError},
};
use vesicle_sandbox::LoadError;

pub use called::{Called, NotCalled};
pub use chain::{Chain, ChainError, DEPTH_MAX};
pub use dispatch::{Asked, Dispatcher, OnBehalf, Parts};
pub use document::{Documented, document};
pub use doors::WithPlugins;
pub use instances::Instances;
pub use listed::{ListError, all_tools};
pub use loaded::LOADED_MAX;
pub use package::{About, AddError, Packed, Words, pack};
pub use rights::{GrantError, Surroundings, as_limits};
pub use save::{Language, PROVENANCE, SaveError, Saved, Wanted, is_saved};
pub use script::{BuildScriptError, BuiltScript, build_script, pack_script};
pub use shelf::{BareNames, Named, PREFIX, Shelf, ShelfTool, mcp_name};
pub use smoke::Smoke;
pub use told::{rights_as_json, standing};

/// What the configuration says of plugins. A place is none where the system tells no directory and nobody else does.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PluginsConfig {
    /// The store.
    pub dir: Option<PathBuf>,
    /// What the operator grants.
    pub grants: Option<PathBuf>,
    /// The keys that are trusted.
    pub trusted_keys: Option<PathBuf>,
    /// Whether only what a trusted key signed is called.
    pub require_signature: bool,
    /// How many tools an MCP client is listed.
    pub listed_tools: usize,
    /// The plugins whose tools, prompts and resources clients know by their own names alone.
    pub bare: Vec<String>,
    /// Whether agents save plugins.
    pub saving: Saving,
    /// How long an instance that is kept for a session may be silent.
    pub session_idle: Duration,
    /// Whose they are, where they are an account's.
    pub account: Option<String>,
}

impl PluginsConfig {
    /// Those of an account: a store and grants of its own, in the directory of its name beside those of all. What its plugins
    /// ask for is granted by the operator, and not by whoever shows its token.
    pub fn of_account(&self, account: &str) -> Self {
        let own = |path: &PathBuf| {
            let directory = path.parent().unwrap_or(Path::new(""));
            let name = path.file_name().unwrap_or_default();
            directory.join("accounts").join(account).join(name)
        };
        Self {
            dir: self.dir.as_ref().map(own),
            grants: self.grants.as_ref().map(own),
            saving: match self.saving {
                Saving::Never => Saving::Never,
                Saving::Ask | Saving::Operator => Saving::Operator,
            },
            account: Some(account.to_owned()),
            ..self.clone()
        }
    }
}

/// Whether agents save plugins over MCP, and who grants what these ask for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Saving {
    /// The operator grants it, or a person whom the client asks.
    #[default]
    Ask,
    /// The operator grants it.
    Operator,
    /// They do not.
    Never,
}

/// Why a plugin cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PluginError {
    /// Nobody says where plugins are.
    #[error("there is no user's data directory for plugins; give --plugin-dir and --data-dir")]
    NoDirectory,
    /// As the store says.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A file of the operator's is wrong.
    #[error(transparent)]
    Operator(#[from] OperatorError),
    /// Its signature does not do.
    #[error("plugin `{name}` is not used: {why}")]
    Signature {
        /// The plugin.
        name: PluginName,
        /// Why not.
        why: SignatureError,
    },
    /// Its component is not taken any more.
    #[error("plugin `{name}` cannot be loaded: {why}")]
    Load {
        /// The plugin.
        name: PluginName,
        /// Why not.
        why: LoadError,
    },
    /// The tools that it lists itself are not known.
    #[error("plugin `{name}` is not used: {why}")]
    List {
        /// The plugin.
        name: PluginName,
        /// Why not.
        why: ListError,
    },
    /// Its manifest says something else of its tools than they are.
    #[error("the manifest of `{name}` is wrong, so the plugin is not called: {}; add the plugin again", claims.join("; "))]
    Lies {
        /// The plugin.
        name: PluginName,
        /// What is wrong.
        claims: Vec<String>,
    },
    /// What was granted cannot be had.
    #[error(transparent)]
    Grant(#[from] GrantError),
    /// No plugin can be called so.
    #[error(transparent)]
    Name(NameError),
    /// A name is none of a tool.
    #[error("`{0}` names no tool of a plugin: write `plugin.tool`")]
    NoTool(String),
}

/// All that there is of plugins.
#[derive(Debug, Clone)]
pub struct Plugins {
    store: Store,
    grants: PathBuf,
    trusted_keys: PathBuf,
    require_signature: bool,
    account: Option<String>,
}

impl Plugins {
    /// Those of this configuration. Nothing is read.
    ///
    /// # Errors
    /// There is no place for them, or anybody may write there.
    pub fn new(config: &PluginsConfig) -> Result<Self, PluginError> {
        let place = |place: &Option<PathBuf>| place.clone().ok_or(PluginError::NoDirectory);
        Ok(Self {
            store: Store::open(&place(&config.dir)?)?,
            grants: place(&config.grants)?,
            trusted_keys: place(&config.trusted_keys)?,
            require_signature: config.require_signature,
            account: config.account.clone(),
        })
    }

    /// The command that grants what a plugin with these rights is missing.
    pub fn grant_by(&self, plugin: &PluginName, rights: &Rights) -> String {
        let preopens = rights.rows.iter().find(|row| row.kind == "preopen");
        let missing = preopens.into_iter().flat_map(|row| &row.missing);
        let directories: String = missing
            .filter_map(|asked| asked.split_whitespace().next())
            .map(|guest| format!(" preopen=DIRECTORY:{guest}"))
            .collect();
        let account = self.account.as_ref();
        let account = account.map(|account| format!(" --account {account}"));
        let account = account.unwrap_or_default();
        format!("vesicle plugin grant{account} {plugin} --all{directories}")
    }

    /// Where they lie.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// What the operator grants, as it stands now.
    ///
    /// # Errors
    /// The file is wrong, or cannot be read.
    pub fn grants(&self) -> Result<GrantsFile, PluginError> {
        Ok(GrantsFile::read(&self.grants)?)
    }

    /// Whom the operator trusts, as it stands now.
    ///
    /// # Errors
    /// The file is wrong, or cannot be read.
    pub fn trusted(&self) -> Result<TrustFile, PluginError> {
        Ok(TrustFile::read(&self.trusted_keys)?)
    }

    /// What a plugin with this manifest asks for, is granted, and may do.
    ///
    /// # Errors
    /// The file of grants is wrong, or cannot be read.
    pub fn rights(&self, manifest: &Manifest) -> Result<Rights, PluginError> {
        let contents = manifest.contents();
        let standing = self.grants()?.standing(&contents.name, contents.digest);
        Ok(Rights::new(&contents.permissions, standing))
    }

    /// The files of what is granted and of who is trusted.
    pub(crate) fn operator_files(&self) -> [PathBuf; 2] {
        [self.grants.clone(), self.trusted_keys.clone()]
    }

    /// What its signature is worth.
    ///
    /// # Errors
    /// It is one of something else, or not what is required.
    pub fn verdict(&self, loaded: &Loaded) -> Result<Verdict, PluginError> {
        self.check(
            &self.trusted()?,
            &loaded.manifest,
            loaded.signature.as_deref(),
        )
    }

    /// The same, by what is trusted according to `trusted`.
    ///
    /// # Errors
    /// As for [`Self::verdict`].
    pub(crate) fn check(
        &self,
        trusted: &TrustFile,
        manifest: &Manifest,
        signature: Option<&str>,
    ) -> Result<Verdict, PluginError> {
        let now = SystemTime::now();
        let checked = trusted.check(manifest, signature, self.require_signature, now);
        checked.map_err(|why| PluginError::Signature {
            name: manifest.name().clone(),
            why,
        })
    }
}
