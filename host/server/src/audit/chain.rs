//! Lines that are chained: each names the hash of the one before and ends with its own.
//!
//! A line is a JSON object that begins `{"seq":N,"prev":"…",` and ends `,"hash":"…"}`. The hash is
//! BLAKE3 over the line's bytes as they stand, with the member `hash` and its comma taken out.
//! Bytes, not values: there is nothing to agree on about spaces, keys or numbers.

use blake3::Hash;
use serde::Deserialize;

/// What the first line of a chain names as the one before.
pub const ORIGIN: Hash = Hash::from_bytes([0; blake3::OUT_LEN]);

const HASH_HEAD: &str = ",\"hash\":\"";
const HASH_TAIL: &str = "\"}";
const HEX_LEN: usize = 2 * blake3::OUT_LEN;
const TRAILER_LEN: usize = HASH_HEAD.len() + HEX_LEN + HASH_TAIL.len();

/// A place in a chain: the line that is the newest there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Its number, from 1; 0 where there is no line yet.
    pub seq: u64,
    /// Its hash.
    pub hash: Hash,
}

impl Head {
    /// The place before the first line.
    pub const NONE: Self = Self {
        seq: 0,
        hash: ORIGIN,
    };
}

/// Appends to `to` the line, with its line feed, that holds the members of `object` and follows
/// `head`, which it becomes. `object` is a JSON object with at least one member, on one line.
pub fn seal(object: &str, head: &mut Head, to: &mut Vec<u8>) {
    let begin = to.len();
    let seq = head.seq + 1;
    to.extend_from_slice(format!("{{\"seq\":{seq},\"prev\":\"{}\",", head.hash).as_bytes());
    to.extend_from_slice(object.strip_prefix('{').unwrap_or(object).as_bytes());
    let hash = blake3::hash(to.get(begin..).unwrap_or_default());
    to.pop();
    to.extend_from_slice(format!("{HASH_HEAD}{hash}{HASH_TAIL}\n").as_bytes());
    *head = Head { seq, hash };
}

/// A line that is as it was written.
#[derive(Debug, PartialEq, Eq)]
pub struct Sealed {
    /// Its own place.
    pub head: Head,
    /// The hash of the line before.
    pub prev: Hash,
}

#[derive(Deserialize)]
struct Place<'l> {
    seq: u64,
    prev: &'l str,
}

/// The line's place, if its hash fits it. `line` is without its line feed.
pub fn open(line: &[u8]) -> Option<Sealed> {
    let claimed = claimed_hash(line)?;
    let body = line.get(..line.len() - TRAILER_LEN)?;
    let mut hasher = blake3::Hasher::new();
    hasher.update(body).update(b"}");
    if hasher.finalize() != claimed {
        return None;
    }
    let place: Place<'_> = serde_json::from_slice(line).ok()?;
    Some(Sealed {
        head: Head {
            seq: place.seq,
            hash: claimed,
        },
        prev: Hash::from_hex(place.prev).ok()?,
    })
}

/// The hash that a line ends with, whether it fits or not.
pub fn claimed_hash(line: &[u8]) -> Option<Hash> {
    let trailer = line.get(line.len().checked_sub(TRAILER_LEN)?..)?;
    let hex = trailer
        .strip_prefix(HASH_HEAD.as_bytes())?
        .strip_suffix(HASH_TAIL.as_bytes())?;
    Hash::from_hex(hex).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_fits_its_hash_and_no_changed_line_does() {
        let mut head = Head::NONE;
        let mut lines = Vec::new();
        seal(r#"{"a":1}"#, &mut head, &mut lines);
        seal(r#"{"b":"}"}"#, &mut head, &mut lines);
        let text = String::from_utf8(lines).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        let [first, second] = [0, 1].map(|at| open(lines[at].as_bytes()).unwrap());
        assert_eq!((first.head.seq, first.prev), (1, ORIGIN));
        assert_eq!((second.head.seq, second.prev), (2, first.head.hash));
        assert_eq!(second.head, head);

        // The hash can be made again from what stands there, as the documentation says.
        let (body, _) = lines[1].rsplit_once(",\"hash\"").unwrap();
        assert_eq!(blake3::hash(format!("{body}}}").as_bytes()), head.hash);

        let line = lines[1].as_bytes();
        for at in 0..line.len() {
            let mut changed = line.to_vec();
            changed[at] ^= 1;
            assert_eq!(open(&changed), None, "byte {at}");
            assert_eq!(open(&line[..at]), None, "cut at {at}");
        }
    }
}
