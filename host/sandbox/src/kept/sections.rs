//! Components and core modules as the sections that they consist of.

use wasmparser::{
    BinaryReader, DataKind, DataSectionReader, Instance, InstanceSectionReader,
    MemorySectionReader, Operator,
};

use crate::limits::MEMORY_BYTES_MAX;

/// Sections of a component.
pub mod component {
    pub const CUSTOM: u8 = 0;
    pub const CORE_MODULE: u8 = 1;
    pub const CORE_INSTANCE: u8 = 2;
}

/// Sections of a core module.
pub mod core {
    pub const CUSTOM: u8 = 0;
    pub const TYPE: u8 = 1;
    pub const IMPORT: u8 = 2;
    pub const FUNCTION: u8 = 3;
    pub const MEMORY: u8 = 5;
    pub const GLOBAL: u8 = 6;
    pub const EXPORT: u8 = 7;
    pub const DATA: u8 = 11;
    pub const DATA_COUNT: u8 = 12;
}

/// A section's id and what is in it.
pub type Section<'a> = (u8, &'a [u8]);

const PREAMBLE_BYTES: usize = 8;
const WASM_PAGE_BYTES: u64 = 64 * 1024;

/// A component whose first core module is an engine.
pub struct Engine<'a> {
    /// Without custom ones.
    pub sections: Vec<Section<'a>>,
    /// Which of them is the first core module.
    pub first: usize,
    pub core: Core<'a>,
    /// The first core module's instance.
    pub instance: u32,
}

/// A core module with one memory.
pub struct Core<'a> {
    /// Without custom ones.
    pub sections: Vec<Section<'a>>,
    /// How long its memory is at the start, in pages.
    pub pages: u64,
    /// What is in its memory at the start.
    pub memory: Vec<u8>,
}

impl<'a> Engine<'a> {
    /// Takes a component apart; `None` where it is put together in another way.
    pub fn parse(wasm: &'a [u8]) -> Option<Self> {
        let sections = sections(wasm, component::CUSTOM)?;
        let first = sections
            .iter()
            .position(|(id, _)| *id == component::CORE_MODULE)?;
        Some(Self {
            instance: first_instance(&sections)?,
            core: Core::parse(sections.get(first)?.1)?,
            first,
            sections,
        })
    }
}

impl<'a> Core<'a> {
    fn parse(wasm: &'a [u8]) -> Option<Self> {
        let sections = sections(wasm, core::CUSTOM)?;
        let mut core = Self {
            pages: 0,
            memory: Vec::new(),
            sections,
        };
        let memory = core.section(core::MEMORY)?;
        let mut memories = MemorySectionReader::new(memory).ok()?.into_iter();
        core.pages = memories.next()?.ok()?.initial;
        let bytes = core.pages.checked_mul(WASM_PAGE_BYTES)?;
        if memories.next().is_some() || bytes > MEMORY_BYTES_MAX as u64 {
            return None;
        }
        let mut memory = vec![0; usize::try_from(bytes).ok()?];
        for segment in DataSectionReader::new(core.section(core::DATA)?).ok()? {
            let segment = segment.ok()?;
            let DataKind::Active {
                memory_index: 0,
                offset_expr,
            } = segment.kind
            else {
                // Wizer leaves empty ones.
                continue;
            };
            let Operator::I32Const { value } = offset_expr.get_operators_reader().read().ok()?
            else {
                return None;
            };
            let start = value as u32 as usize;
            let place = memory.get_mut(start..start.checked_add(segment.data.len())?)?;
            place.copy_from_slice(segment.data);
        }
        core.memory = memory;
        Some(core)
    }

    /// A reader of what is in a section.
    pub fn section(&self, id: u8) -> Option<BinaryReader<'a>> {
        let found = self.sections.iter().find(|(own, _)| *own == id)?;
        Some(BinaryReader::new(found.1, 0))
    }
}

/// The sections of a component or a core module, but for those with this id.
pub fn sections(wasm: &[u8], left_out: u8) -> Option<Vec<Section<'_>>> {
    let mut reader = BinaryReader::new(wasm.get(PREAMBLE_BYTES..)?, 0);
    let mut sections = Vec::new();
    while !reader.eof() {
        let id = reader.read_u8().ok()?;
        let length = reader.read_var_u32().ok()?;
        let data = reader.read_bytes(length as usize).ok()?;
        if id != left_out {
            sections.push((id, data));
        }
    }
    Some(sections)
}

/// Which of the core instances is the first core module's.
fn first_instance(sections: &[Section<'_>]) -> Option<u32> {
    let of_instances = sections
        .iter()
        .filter(|(id, _)| *id == component::CORE_INSTANCE);
    let mut index = 0;
    for (_, data) in of_instances {
        for instance in InstanceSectionReader::new(BinaryReader::new(data, 0)).ok()? {
            if let Instance::Instantiate {
                module_index: 0, ..
            } = instance.ok()?
            {
                return Some(index);
            }
            index += 1;
        }
    }
    None
}
