//! What the process has in memory, read from outside of Rust's and WebAssembly's rules.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;

const CHUNK_BYTES: usize = 1 << 20;

/// A range of addresses.
#[derive(Debug, Clone, Copy)]
pub struct Mapping {
    pub start: u64,
    pub end: u64,
}

/// All memory that the process may write, in the order of its addresses; what adjoins is one.
pub fn writable() -> Vec<Mapping> {
    let maps = fs::read_to_string("/proc/self/maps").expect("Linux tells its mappings");
    let mut mappings: Vec<Mapping> = Vec::new();
    for mapping in maps.lines().filter_map(read_mapping) {
        match mappings.last_mut() {
            Some(last) if last.end == mapping.start => last.end = mapping.end,
            _ => mappings.push(mapping),
        }
    }
    mappings
}

fn read_mapping(line: &str) -> Option<Mapping> {
    let (range, rest) = line.split_once(' ')?;
    let (start, end) = range.split_once('-')?;
    rest.starts_with("rw-p").then_some(())?;
    Some(Mapping {
        start: u64::from_str_radix(start, 16).ok()?,
        end: u64::from_str_radix(end, 16).ok()?,
    })
}

/// How often `needle` is found in this memory.
pub fn count(mapping: Mapping, needle: &[u8]) -> usize {
    let memory = File::open("/proc/self/mem").expect("the process may read itself");
    let mut found = 0;
    let mut buffer = vec![0; CHUNK_BYTES + needle.len() - 1];
    let mut at = mapping.start;
    while at < mapping.end {
        // What begins in this chunk may end in the next.
        let length = buffer.len().min((mapping.end - at) as usize);
        let Ok(read) = memory.read_at(&mut buffer[..length], at) else {
            // Unmapped since.
            break;
        };
        found += memchr::memmem::find_iter(&buffer[..read], needle).count();
        at += CHUNK_BYTES as u64;
    }
    found
}
