//! All tools of a component.

use std::collections::HashMap;
use std::sync::Arc;

use vesicle_sandbox::{Component, Function};

use super::{Definition, Entry, Reply, Tool, Wit, names};
use crate::types::{Budget, nearest};

/// How many tools a component may have.
pub const TOOLS_MAX: usize = 1_000;
/// The interface of components that list their tools themselves.
const DYNAMIC: &str = "vesicle:plugin/tools@0.1.0";
/// The interface of programs, in all versions of WASI 0.2.
const COMMAND: &str = "wasi:cli/run@0.2.";

/// The tools of one component. Clones share them.
#[derive(Clone)]
pub struct Tools {
    shared: Arc<Shared>,
}

struct Shared {
    component: Component,
    definitions: Vec<Definition>,
    tools: HashMap<String, Arc<Tool>>,
    refused: Vec<Refused>,
    dynamic: Option<Dynamic>,
}

/// The functions of a component that lists its tools itself.
pub(crate) struct Dynamic {
    pub list: Function,
    pub call: Function,
    /// What a call answers.
    pub reply: Box<Reply>,
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
            if function.interface.as_deref() == Some(DYNAMIC) {
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
        let dynamic = dynamic(component, &mut budget, &mut found);
        Self {
            shared: Arc::new(Shared {
                component: component.clone(),
                definitions: found.definitions,
                tools: found.tools,
                refused: found.refused,
                dynamic,
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
        self.shared.dynamic.is_some()
    }

    /// The component.
    pub fn component(&self) -> &Component {
        &self.shared.component
    }

    /// The tool name that is most like `asked`, if one is like it.
    pub fn nearest(&self, asked: &str) -> Option<&str> {
        nearest(asked, self.shared.tools.keys())
    }

    pub(crate) fn tool(&self, name: &str) -> Option<&Arc<Tool>> {
        self.shared.tools.get(name)
    }

    pub(crate) fn dynamic(&self) -> Option<&Dynamic> {
        self.shared.dynamic.as_ref()
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

fn dynamic(component: &Component, budget: &mut Budget, found: &mut Found) -> Option<Dynamic> {
    let list = component.function(Some(DYNAMIC), "list-tools")?;
    let call = component.function(Some(DYNAMIC), "call-tool")?;
    let tool = Tool::of_function("call_tool".to_owned(), call, None, budget);
    match tool {
        Ok(Tool {
            definition,
            entry: Entry::Function(call, reply),
            ..
        }) if definition.signature.starts_with(DYNAMIC_SIGNATURE) => Some(Dynamic {
            list: list.clone(),
            call,
            reply,
        }),
        _ => {
            found.refused.push(Refused {
                function: format!("{call:?}"),
                why: format!("is not what {DYNAMIC} has it to be"),
            });
            None
        }
    }
}

/// What `call-tool` is, up to its error.
const DYNAMIC_SIGNATURE: &str =
    "call-tool: func(name: string, arguments: string) -> result<string, ";
