//! What a component may consist of, counted before anything compiles it. Time to compile grows with
//! these; most of them bound what grows faster than the component's length.

use std::time::Duration;

use wasmparser::{Parser, Payload};

use super::errors::told;
use super::{LoadError, types};

/// What compiling one component may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CompileLimits {
    /// How long it may be, in bytes.
    pub wasm_bytes: usize,
    /// How long it may take, waiting for its turn left out. Where a [`Compiler`](super::Compiler) is
    /// configured it is ended then; otherwise the answer comes then, and a thread may go on.
    pub wall_time: Duration,
    /// How much memory the compiler may use, in bytes. Only where a [`Compiler`](super::Compiler) is
    /// configured.
    pub memory_bytes: usize,
    /// How many core functions it may have, in all of its modules.
    pub functions: usize,
    /// How long one core function may be, in bytes.
    pub function_bytes: usize,
    /// How many types, core ones and those of the component model, it may define.
    pub types: usize,
    /// How many imports, exports, globals, segments, aliases, instances and conversions it may have,
    /// within it and to the outside.
    pub definitions: usize,
    /// How many modules and components it may contain.
    pub modules: usize,
    /// How deep components, and their types, may be nested in one another.
    pub nesting: usize,
    /// Whether it is compiled to be called with [`Limits::fuel`](crate::Limits::fuel).
    pub fuel: bool,
}

impl Default for CompileLimits {
    fn default() -> Self {
        Self {
            wasm_bytes: 64 << 20,
            wall_time: Duration::from_secs(60),
            memory_bytes: 2 << 30,
            functions: 100_000,
            function_bytes: 1 << 20,
            types: 50_000,
            definitions: 100_000,
            modules: 200,
            nesting: 16,
            fuel: false,
        }
    }
}

/// What was counted so far.
#[derive(Default)]
struct Counts {
    functions: usize,
    types: usize,
    definitions: usize,
    modules: usize,
    /// How many components and modules have begun and not ended.
    open: usize,
}

impl CompileLimits {
    /// Refuses what is too long, before it is even copied.
    pub(super) fn check_length(&self, wasm: &[u8]) -> Result<(), LoadError> {
        check("bytes", "wasm_bytes", wasm.len(), self.wasm_bytes)
    }

    /// Refuses what is too much. Reads headers and lengths alone, once, so that it takes time in
    /// proportion to the length; whether all is valid is the compiler's question. What passed can
    /// be given to readers that recurse.
    ///
    /// # Errors
    /// [`LoadError::TooLarge`] and [`LoadError::Invalid`].
    pub fn check(&self, wasm: &[u8]) -> Result<(), LoadError> {
        self.check_length(wasm)?;
        let mut counts = Counts::default();
        for payload in Parser::new(0).parse_all(wasm) {
            let payload = payload.map_err(invalid)?;
            self.count(&mut counts, wasm, &payload)?;
        }
        Ok(())
    }

    fn count(
        &self,
        counts: &mut Counts,
        wasm: &[u8],
        payload: &Payload<'_>,
    ) -> Result<(), LoadError> {
        let more = |count: &mut usize, more: u32| {
            *count += more as usize;
            *count
        };
        match payload {
            Payload::FunctionSection(section) => {
                let functions = more(&mut counts.functions, section.count());
                check("functions", "functions", functions, self.functions)
            }
            Payload::CodeSectionEntry(body) => {
                let length = body.range().len();
                check(
                    "bytes in one function",
                    "function_bytes",
                    length,
                    self.function_bytes,
                )
            }
            Payload::TypeSection(section) => self.types(more(&mut counts.types, section.count())),
            Payload::CoreTypeSection(section) => {
                self.types(more(&mut counts.types, section.count()))
            }
            Payload::ComponentTypeSection(section) => {
                counts.types += types::declared(&wasm[section.range()], self.nesting)?;
                self.types(counts.types)
            }
            Payload::ImportSection(section) => self.names(counts, section.count()),
            Payload::ExportSection(section) => self.names(counts, section.count()),
            Payload::GlobalSection(section) => self.names(counts, section.count()),
            Payload::ElementSection(section) => self.names(counts, section.count()),
            Payload::DataSection(section) => self.names(counts, section.count()),
            Payload::ComponentImportSection(section) => self.names(counts, section.count()),
            Payload::ComponentExportSection(section) => self.names(counts, section.count()),
            Payload::ComponentAliasSection(section) => self.names(counts, section.count()),
            Payload::ComponentCanonicalSection(section) => self.names(counts, section.count()),
            Payload::InstanceSection(section) => self.names(counts, section.count()),
            Payload::ComponentInstanceSection(section) => self.names(counts, section.count()),
            Payload::ModuleSection { .. } => self.module(counts),
            Payload::ComponentSection { .. } => self.module(counts),
            Payload::Version { .. } => {
                counts.open += 1;
                check(
                    "components within one another",
                    "nesting",
                    counts.open,
                    self.nesting,
                )
            }
            Payload::End(_) => {
                counts.open -= 1;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn types(&self, types: usize) -> Result<(), LoadError> {
        check("types", "types", types, self.types)
    }

    fn names(&self, counts: &mut Counts, more: u32) -> Result<(), LoadError> {
        counts.definitions += more as usize;
        check(
            "imports, exports and other definitions",
            "definitions",
            counts.definitions,
            self.definitions,
        )
    }

    fn module(&self, counts: &mut Counts) -> Result<(), LoadError> {
        counts.modules += 1;
        check(
            "modules and components within it",
            "modules",
            counts.modules,
            self.modules,
        )
    }
}

/// What the parser says of bytes that are no component.
pub(super) fn invalid(error: wasmparser::BinaryReaderError) -> LoadError {
    LoadError::Invalid(told(&error.to_string()))
}

pub(super) fn check(
    what: &'static str,
    limit: &'static str,
    count: usize,
    most: usize,
) -> Result<(), LoadError> {
    match count > most {
        false => Ok(()),
        true => Err(LoadError::TooLarge {
            what,
            limit,
            count: count as u64,
            most: most as u64,
        }),
    }
}
