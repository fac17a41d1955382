//! The interfaces of the contract that a component exports beside its own functions: tools that it lists itself,
//! prompts, resources, and what fits where they are filled in. Each counts only as a whole, and as `wit/` has it.

use vesicle_sandbox::{Component, Function};

use super::{Entry, Refused, Reply, Tool};
use crate::types::Budget;

const TOOLS: &str = "vesicle:plugin/tools@0.1.0";
const RICH_TOOLS: &str = "vesicle:plugin/rich-tools@0.1.0";
const PROMPTS: &str = "vesicle:plugin/prompts@0.1.0";
const RESOURCES: &str = "vesicle:plugin/resources@0.1.0";
const SUGGESTIONS: &str = "vesicle:plugin/suggestions@0.1.0";

/// All of them.
const INTERFACES: [&str; 5] = [TOOLS, RICH_TOOLS, PROMPTS, RESOURCES, SUGGESTIONS];

/// What its functions are, up to their errors.
const TOOLS_FUNCTIONS: [&str; 2] = [
    "list-tools: func() -> result<list<record>, ",
    "call-tool: func(name: string, arguments: string) -> result<string, ",
];
const RICH_TOOLS_FUNCTIONS: [&str; 2] = [
    "list-tools: func() -> result<list<record>, ",
    "call-tool: func(name: string, arguments: string) -> result<record, ",
];
const PROMPTS_FUNCTIONS: [&str; 2] = [
    "list-prompts: func() -> result<list<record>, ",
    "get-prompt: func(name: string, arguments: list<tuple<string, string>>) -> result<list<record>, ",
];
const RESOURCES_FUNCTIONS: [&str; 3] = [
    "list-resources: func() -> result<list<record>, ",
    "list-templates: func() -> result<list<record>, ",
    "read-resource: func(uri: string) -> result<list<record>, ",
];

const SUGGESTIONS_FUNCTIONS: [&str; 2] = [
    "suggest-for-prompt: func(name: string, argument: string, typed: string, filled-in: list<tuple<string, string>>) -> result<list<string>, ",
    "suggest-for-template: func(name: string, argument: string, typed: string, filled-in: list<tuple<string, string>>) -> result<list<string>, ",
];

/// A function of the contract, and what it answers.
pub(crate) struct Known {
    pub function: Function,
    pub reply: Reply,
}

/// What a component exports of the contract.
#[derive(Default)]
pub(crate) struct Contract {
    /// Tools that it lists itself.
    pub dynamic: Option<Dynamic>,
    /// `list-prompts` and `get-prompt`.
    pub prompts: Option<[Known; 2]>,
    /// `list-resources`, `list-templates` and `read-resource`.
    pub resources: Option<[Known; 3]>,
    /// `suggest-for-prompt` and `suggest-for-template`.
    pub suggestions: Option<[Known; 2]>,
}

/// The functions of a component that lists its tools itself.
pub(crate) struct Dynamic {
    pub list: Known,
    pub call: Known,
    /// Whether they answer with more than JSON.
    pub rich: bool,
}

/// Whether an interface is one of the contract's, so that its functions are no tools.
pub(crate) fn is_of_contract(interface: Option<&str>) -> bool {
    interface.is_some_and(|interface| INTERFACES.contains(&interface))
}

impl Contract {
    /// Looks for all of it. What has a name of the contract's and another form is told to `refused`.
    pub fn of(component: &Component, budget: &mut Budget, refused: &mut Vec<Refused>) -> Self {
        let mut functions =
            |interface, expected: &[&str]| known(component, interface, expected, budget, refused);
        let rich = functions(RICH_TOOLS, &RICH_TOOLS_FUNCTIONS);
        let (tools, rich) = match pair(rich) {
            Some(rich) => (Some(rich), true),
            None => (pair(functions(TOOLS, &TOOLS_FUNCTIONS)), false),
        };
        Self {
            dynamic: tools.map(|[list, call]| Dynamic { list, call, rich }),
            prompts: pair(functions(PROMPTS, &PROMPTS_FUNCTIONS)),
            suggestions: pair(functions(SUGGESTIONS, &SUGGESTIONS_FUNCTIONS)),
            resources: functions(RESOURCES, &RESOURCES_FUNCTIONS)
                .and_then(|known| known.try_into().ok()),
        }
    }
}

fn pair(known: Option<Vec<Known>>) -> Option<[Known; 2]> {
    known?.try_into().ok()
}

/// The functions of one interface, if it is all there.
fn known(
    component: &Component,
    interface: &str,
    expected: &[&str],
    budget: &mut Budget,
    refused: &mut Vec<Refused>,
) -> Option<Vec<Known>> {
    let mut functions = component.functions().iter();
    functions.find(|function| function.interface.as_deref() == Some(interface))?;
    let mut all = Vec::new();
    for signature in expected {
        let name = signature.split(':').next().unwrap_or_default();
        let known = component
            .function(Some(interface), name)
            .and_then(|function| {
                let tool = Tool::of_function(name.to_owned(), function, None, budget).ok()?;
                let fits = tool.definition.signature.starts_with(signature);
                match tool.entry {
                    Entry::Function(function, reply) if fits => Some(Known {
                        function,
                        reply: *reply,
                    }),
                    _ => None,
                }
            });
        let Some(known) = known else {
            refused.push(Refused {
                function: format!("{interface}#{name}"),
                why: format!("is not what {interface} has it to be"),
            });
            return None;
        };
        all.push(known);
    }
    Some(all)
}
