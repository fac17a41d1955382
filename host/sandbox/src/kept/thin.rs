//! A component of an engine's code and another memory. It imports the engine's core module, has all
//! else as the engine's component has it, and at its end a second core module that puts the memory in
//! place when it is instantiated. Compiling that takes some milliseconds, and its code is small.

use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{
    CodeSection, Component, ComponentImportSection, ComponentTypeRef, CoreTypeSection,
    DataCountSection, DataSection, EntityType, Function, FunctionSection, ImportSection,
    InstanceSection, MemoryType, Module, ModuleArg, ModuleSection, ModuleType, RawSection,
    StartSection, TypeSection,
};
use wasmparser::{
    ExportSectionReader, ExternalKind, FunctionSectionReader, GlobalSectionReader,
    ImportSectionReader, TypeRef, TypeSectionReader,
};

use super::image::Image;
use super::sections::{Core, Engine, component, core};
use crate::javascript::CORE;

/// By which the second module knows the engine.
const ENGINE: &str = "engine";
const MEMORY: &str = "memory";
/// The second module's only function and its type.
const START: u32 = 0;

impl Engine<'_> {
    /// The engine with this memory. `None` where its code cannot be imported.
    pub fn with_image(&self, image: &Image) -> Option<Vec<u8>> {
        let mut thin = Component::new();
        let mut modules = 0;
        for (id, data) in &self.sections {
            let is_module = *id == component::CORE_MODULE;
            if is_module && modules == 0 {
                let mut types = CoreTypeSection::new();
                types.ty().module(&self.core.ty()?);
                thin.section(&types);
                let mut imports = ComponentImportSection::new();
                imports.import(CORE, ComponentTypeRef::Module(0));
                thin.section(&imports);
            } else {
                thin.section(&RawSection { id: *id, data });
            }
            modules += u32::from(is_module);
        }
        thin.section(&ModuleSection(&putting(image, self.core.pages)?));
        let mut instances = InstanceSection::new();
        instances.instantiate(modules, [(ENGINE, ModuleArg::Instance(self.instance))]);
        thin.section(&instances);
        Some(thin.finish())
    }
}

impl<'a> Core<'a> {
    /// What it imports and exports.
    fn ty(&self) -> Option<ModuleType> {
        let mut ty = ModuleType::new();
        let types = TypeSectionReader::new(self.section(core::TYPE)?).ok()?;
        for function in types.into_iter_err_on_gc_types() {
            let function = function.ok()?;
            let values = |values: &[wasmparser::ValType]| -> Option<Vec<_>> {
                let mut same = RoundtripReencoder;
                values
                    .iter()
                    .map(|value| same.val_type(*value).ok())
                    .collect()
            };
            let (params, results) = (values(function.params())?, values(function.results())?);
            ty.ty().function(params, results);
        }
        let mut functions = Vec::new();
        let imports = ImportSectionReader::new(self.section(core::IMPORT)?).ok()?;
        for import in imports.into_imports() {
            let import = import.ok()?;
            let TypeRef::Func(of) = import.ty else {
                return None;
            };
            functions.push(of);
            ty.import(import.module, import.name, EntityType::Function(of));
        }
        for of in FunctionSectionReader::new(self.section(core::FUNCTION)?).ok()? {
            functions.push(of.ok()?);
        }
        for export in ExportSectionReader::new(self.section(core::EXPORT)?).ok()? {
            let export = export.ok()?;
            let of = match export.kind {
                ExternalKind::Func => EntityType::Function(*functions.get(export.index as usize)?),
                ExternalKind::Memory => EntityType::Memory(memory(self.pages)),
                ExternalKind::Global => EntityType::Global(self.global(export.index)?),
                _ => return None,
            };
            ty.export(export.name, of);
        }
        Some(ty)
    }

    fn global(&self, index: u32) -> Option<wasm_encoder::GlobalType> {
        let globals = GlobalSectionReader::new(self.section(core::GLOBAL)?).ok()?;
        let global = globals.into_iter().nth(index as usize)?.ok()?;
        RoundtripReencoder.global_type(global.ty).ok()
    }
}

fn memory(pages: u64) -> MemoryType {
    MemoryType {
        minimum: pages,
        maximum: None,
        memory64: false,
        shared: false,
        page_size_log2: None,
    }
}

/// The module that puts memory in place.
fn putting(image: &Image, pages: u64) -> Option<Module> {
    let mut types = TypeSection::new();
    types.ty().function([], []);
    let mut imports = ImportSection::new();
    imports.import(ENGINE, MEMORY, memory(pages));
    let mut functions = FunctionSection::new();
    functions.function(START);

    let (mut put, mut data) = (Function::new([]), DataSection::new());
    let mut instructions = put.instructions();
    if image.more_pages > 0 {
        // What does not fit ends the instance, and the limit on its memory is told.
        instructions
            .i32_const(i32::try_from(image.more_pages).ok()?)
            .memory_grow(0)
            .i32_const(0)
            .i32_lt_s()
            .if_(wasm_encoder::BlockType::Empty)
            .unreachable()
            .end();
    }
    for (number, (start, bytes)) in image.pieces.iter().enumerate() {
        instructions
            .i32_const(u32::try_from(*start).ok()?.cast_signed())
            .i32_const(0)
            .i32_const(i32::try_from(bytes.len()).ok()?)
            .memory_init(0, u32::try_from(number).ok()?);
        data.passive(bytes.iter().copied());
    }
    instructions.end();
    let mut code = CodeSection::new();
    code.function(&put);

    let mut module = Module::new();
    let count = DataCountSection { count: data.len() };
    module.section(&types).section(&imports).section(&functions);
    module.section(&StartSection {
        function_index: START,
    });
    module.section(&count).section(&code).section(&data);
    Some(module)
}
