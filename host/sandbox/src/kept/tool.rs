//! A tool of a module, as the snapshot has it to tell.

use wasmtime::component::{ComponentType, Lower};

/// A tool, as `vesicle:plugin/tools` tells it.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lower)]
#[component(record)]
pub struct KeptTool {
    /// Its name.
    pub name: String,
    /// What it does.
    pub description: String,
    /// JSON Schema of its arguments.
    #[component(name = "input-schema")]
    pub input_schema: String,
    /// JSON Schema of its result, where it has one.
    #[component(name = "output-schema")]
    pub output_schema: Option<String>,
}
