//! All tools of a component.

use std::collections::HashMap;
use std::sync::Arc;

use vesicle_sandbox::{CompileLimits, Component, Function, LoadError, Sandbox};

use super::contract::{Contract, is_of_contract};
use super::{Definition, Tool, Wit, names};
use crate::manifest::Offers;
use crate::script::{Script, ScriptTools};
use crate::types::Budget;

/// How many tools a component may have.
pub const TOOLS_MAX: usize = 1_000;
/// The interface of programs, in all versions of WASI 0.2.
const COMMAND: &str = "wasi:cli/run@0.2.";

/// The tools of one component. Clones share them.
#[derive(Clone)]
pub struct Tools {
    shared: Arc<Shared>,
}

struct Shared {
    definitions: Vec<Definition>,
    tools: HashMap<String, Arc<Tool>>,
    refused: Vec<Refused>,
    behind: Behind,
}

/// What is behind the tools.
pub(crate) enum Behind {
    /// The functions of a component, and those of the contract.
    Component(Component, Box<Contract>),
    /// A module that a component was made of.
    Script(Box<ScriptTools>),
}

/// A function that is no tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The function, with its interface in front.
    pub function: String,
    /// Why it is none.
    pub why: String,
}

impl Tools {
    /// The tools of a component. One that was made of a module is known for that: its tools are the
    /// module's, and it shares the code of the engine that it was made with. Any other is compiled, and
    /// read by [`Tools::read`].
    ///
    /// # Errors
    /// See [`LoadError`].
    pub async fn load(
        sandbox: &Sandbox,
        wasm: Arc<[u8]>,
        limits: CompileLimits,
    ) -> Result<Self, LoadError> {
        limits.check(&wasm)?;
        if let Some(script) = ScriptTools::load(sandbox, &wasm).await? {
            return Ok(Self {
                shared: Arc::new(Shared {
                    definitions: script.script().tools().to_vec(),
                    tools: HashMap::new(),
                    refused: Vec::new(),
                    behind: Behind::Script(Box::new(script)),
                }),
            });
        }
        let component = sandbox.load(wasm.clone(), limits).await?;
        tokio::task::spawn_blocking(move || Self::read(&component, &wasm))
            .await
            .map_err(|error| LoadError::Invalid(format!("its tools cannot be read: {error}")))
    }

    /// The tools of a component, which was loaded from `wasm`. Words come from the WIT that the
    /// component has in it, as far as that can be read. Reads all of `wasm`, which takes some tens of
    /// milliseconds where it has a language's engine in it: not on a thread that others wait for.
    pub fn read(component: &Component, wasm: &[u8]) -> Self {
        let wit = Wit::read(wasm).ok();
        let functions = component.functions();
        let paths: Vec<_> = functions
            .iter()
            .map(|function| match is_command(function) {
                true => (None, "run"),
                false => (function.interface.as_deref(), function.name.as_str()),
            })
            .collect();
        let mut budget = Budget::default();
        let mut found = Found::default();
        for (function, name) in functions.iter().zip(names::names(&paths)) {
            if is_of_contract(function.interface.as_deref()) {
                continue;
            }
            if is_command(function) {
                found.add(function, Ok(Tool::of_command(name, function)));
                continue;
            }
            let tool = match function.name.starts_with('[') {
                true => Err("belongs to a resource: a handle means nothing outside of one instance, and each call has its own".to_owned()),
                false => Tool::of_function(name, function, wit.as_ref(), &mut budget),
            };
            found.add(function, tool);
        }
        let contract = Contract::of(component, &mut budget, &mut found.refused);
        Self {
            shared: Arc::new(Shared {
                definitions: found.definitions,
                tools: found.tools,
                refused: found.refused,
                behind: Behind::Component(component.clone(), Box::new(contract)),
            }),
        }
    }

    /// The tools that its functions are, in the component's order.
    pub fn definitions(&self) -> &[Definition] {
        &self.shared.definitions
    }

    /// The functions that are no tools, and why.
    pub fn refused(&self) -> &[Refused] {
        &self.shared.refused
    }

    /// Whether the component lists further tools when it is asked ([`Tools::list`]).
    pub fn is_dynamic(&self) -> bool {
        self.contract()
            .is_some_and(|contract| contract.dynamic.is_some())
    }

    /// What it offers beside tools ([`Tools::request`]).
    pub fn offers(&self) -> Offers {
        if let Some(script) = self.script() {
            return script.offers();
        }
        let contract = self.contract();
        Offers {
            prompts: contract.is_some_and(|contract| contract.prompts.is_some()),
            resources: contract.is_some_and(|contract| contract.resources.is_some()),
        }
    }

    /// The module that the component was made of, if it was.
    pub fn script(&self) -> Option<&Script> {
        self.script_tools().map(ScriptTools::script)
    }

    /// For a component that was made of a module with the engine that is used here: how many bytes of
    /// memory are the module's. All else is the engine's.
    pub fn own_bytes(&self) -> Option<usize> {
        self.script_tools().and_then(ScriptTools::own_bytes)
    }

    pub(crate) fn tool(&self, name: &str) -> Option<&Arc<Tool>> {
        self.shared.tools.get(name)
    }

    pub(crate) fn behind(&self) -> &Behind {
        &self.shared.behind
    }

    fn contract(&self) -> Option<&Contract> {
        match self.behind() {
            Behind::Component(_, contract) => Some(contract),
            Behind::Script(_) => None,
        }
    }

    fn script_tools(&self) -> Option<&ScriptTools> {
        match self.behind() {
            Behind::Component(..) => None,
            Behind::Script(script) => Some(script),
        }
    }
}

#[derive(Default)]
struct Found {
    definitions: Vec<Definition>,
    tools: HashMap<String, Arc<Tool>>,
    refused: Vec<Refused>,
}

impl Found {
    fn add(&mut self, function: &Function, tool: Result<Tool, String>) {
        let tool = tool.and_then(|tool| match self.definitions.len() < TOOLS_MAX {
            true => Ok(tool),
            false => Err(format!(
                "is one too many: a component may have {TOOLS_MAX} tools"
            )),
        });
        match tool {
            Ok(tool) => {
                self.definitions.push(tool.definition.clone());
                self.tools
                    .insert(tool.definition.name.clone(), Arc::new(tool));
            }
            Err(why) => self.refused.push(Refused {
                function: format!("{function:?}"),
                why,
            }),
        }
    }
}

fn is_command(function: &Function) -> bool {
    let interface = function.interface.as_deref();
    function.name == "run" && interface.is_some_and(|interface| interface.starts_with(COMMAND))
}
