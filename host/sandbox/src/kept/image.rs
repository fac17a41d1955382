//! The memory in which one engine differs from another of the same code.

use std::ops::Range;

use super::sections::{Core, Engine, Section, component, core, sections};

/// Memory is compared in pieces of this size.
const PIECE_BYTES: usize = 64;
/// What is the same is copied as well where it is shorter than this and lies between what is not:
/// each copy costs a call of the host.
const GAP_BYTES: usize = 512;
/// How many copies there are at most; with more, longer gaps are copied as well. They are one function's
/// code, which takes a compiler longer than its length.
const COPIES_MAX: usize = 2_000;
/// Sections of the engine that differ with its memory.
const OF_MEMORY: [u8; 3] = [core::MEMORY, core::DATA, core::DATA_COUNT];

/// Memory that is another.
pub struct Image {
    /// By how many pages it is longer.
    pub more_pages: u64,
    /// What is in it, and where.
    pub pieces: Vec<(usize, Vec<u8>)>,
}

impl Image {
    /// How many bytes are others.
    pub fn bytes(&self) -> usize {
        self.pieces.iter().map(|(_, bytes)| bytes.len()).sum()
    }
}

impl Engine<'_> {
    /// What of its memory is another in `wasm`; `None` where anything else differs.
    pub fn difference(&self, wasm: &[u8]) -> Option<Image> {
        let other = Engine::parse(wasm)?;
        let is_same =
            self.sections.len() == other.sections.len()
                && self.first == other.first
                && self.sections.iter().zip(&other.sections).enumerate().all(
                    |(at, (own, other))| {
                        at == self.first || own == other || is_same_module(own, other)
                    },
                )
                && is_same_code(&self.core, &other.core)
                && self.core.pages <= other.core.pages;
        is_same.then(|| Image {
            more_pages: other.core.pages - self.core.pages,
            pieces: pieces(&self.core.memory, &other.core.memory),
        })
    }
}

/// Wizer gives modules without memory a section of no data.
fn is_same_module(one: &Section<'_>, other: &Section<'_>) -> bool {
    const NO_DATA: Section<'_> = (core::DATA, &[0]);
    let (component::CORE_MODULE, component::CORE_MODULE) = (one.0, other.0) else {
        return false;
    };
    let (Some(one), Some(other)) = (
        sections(one.1, core::CUSTOM),
        sections(other.1, core::CUSTOM),
    ) else {
        return false;
    };
    let has_some = |part: &&Section<'_>| **part != NO_DATA;
    let (one, other) = (one.iter(), other.iter());
    one.filter(has_some).eq(other.filter(has_some))
}

fn is_same_code(one: &Core<'_>, other: &Core<'_>) -> bool {
    let is_code = |section: &&Section<'_>| !OF_MEMORY.contains(&section.0);
    let (one, other) = (one.sections.iter(), other.sections.iter());
    one.filter(is_code).eq(other.filter(is_code))
}

/// Where `after` differs from `before`, which is followed by zeros.
fn pieces(before: &[u8], after: &[u8]) -> Vec<(usize, Vec<u8>)> {
    let mut gap = GAP_BYTES;
    let mut places = different(before, after);
    loop {
        places = joined(places, gap);
        if places.len() <= COPIES_MAX {
            break;
        }
        gap *= 2;
    }
    let copied = places.into_iter();
    copied
        .map(|place| (place.start, after[place].to_vec()))
        .collect()
}

fn different(before: &[u8], after: &[u8]) -> Vec<Range<usize>> {
    const ZEROS: [u8; PIECE_BYTES] = [0; PIECE_BYTES];
    let pieces = after.chunks(PIECE_BYTES).enumerate();
    let places = pieces.filter_map(|(number, piece)| {
        let start = number * PIECE_BYTES;
        let end = start + piece.len();
        let old = before.get(start..end).unwrap_or(&ZEROS[..piece.len()]);
        (piece != old).then_some(start..end)
    });
    places.collect()
}

/// With what lies between them where that is shorter than `gap`.
fn joined(places: Vec<Range<usize>>, gap: usize) -> Vec<Range<usize>> {
    let mut joined: Vec<Range<usize>> = Vec::new();
    for place in places {
        match joined.last_mut() {
            Some(last) if place.start - last.end < gap => last.end = place.end,
            _ => joined.push(place),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_is_found_and_little_gaps_are_bridged() {
        let before = vec![1; 4096];
        let mut after = before.clone();
        after.resize(8192, 0);
        assert!(pieces(&before, &after).is_empty());
        after[100] = 2;
        after[300] = 2;
        after[2000] = 0;
        after[8191] = 3;
        let found = pieces(&before, &after);
        let places: Vec<_> = found
            .iter()
            .map(|(start, bytes)| (*start, bytes.len()))
            .collect();
        assert_eq!(places, [(64, 256), (1984, 64), (8128, 64)]);
        let mut made = before.clone();
        made.resize(8192, 0);
        for (start, bytes) in found {
            made[start..start + bytes.len()].copy_from_slice(&bytes);
        }
        assert_eq!(made, after);
    }

    #[test]
    fn there_are_no_more_copies_than_may_be() {
        let before = vec![0; (COPIES_MAX + 1) * 1024];
        for (copies, expected) in [(COPIES_MAX, COPIES_MAX), (COPIES_MAX + 1, 1)] {
            let mut after = before.clone();
            for number in 0..copies {
                after[number * 1024] = 1;
            }
            assert_eq!(pieces(&before, &after).len(), expected);
        }
    }
}
