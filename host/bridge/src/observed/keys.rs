//! Whether a key is the name of a property or a piece of data.

/// How long a name may be, in bytes.
pub const NAME_BYTES_MAX: usize = 48;
/// How many properties an object may have before it counts as a map.
pub const NAMES_MAX: usize = 64;
/// In how many results an object must have been seen before its keys are compared with each other.
pub const RESULTS_BEFORE_COMPARING: u64 = 3;

/// Whether `key` looks like what a programmer calls a property: a short word or some, with no long
/// run of digits in it and not itself a number in hexadecimal.
pub fn is_name(key: &str) -> bool {
    let bytes = key.as_bytes();
    let starts_well = bytes
        .first()
        .is_some_and(|c| c.is_ascii_alphabetic() || matches!(c, b'_' | b'$' | b'@'));
    let is_word = bytes
        .iter()
        .all(|c| c.is_ascii_alphanumeric() || matches!(c, b'_' | b'-' | b'$' | b'@' | b':'));
    starts_well
        && is_word
        && bytes.len() <= NAME_BYTES_MAX
        && bytes.iter().skip(1).all(|c| *c != b'@')
        && !is_number(bytes)
}

fn is_number(key: &[u8]) -> bool {
    let digits = key.iter().filter(|c| c.is_ascii_digit()).count();
    let is_hex = key.iter().all(|c| c.is_ascii_hexdigit() || *c == b'-');
    // `sha256`, `ipv4` and `line1` are names; `user_20251121` and `deadbeef01` are not.
    digits > 4 || (is_hex && digits > 0 && key.len() >= 7)
}

/// Whether keys seen so often in so many results look like data: many keys, and most of them in
/// few of the results.
pub fn vary(results: u64, seen: impl ExactSizeIterator<Item = u64>) -> bool {
    let keys = seen.len();
    let rare = seen
        .filter(|seen| seen.saturating_mul(2) <= results)
        .count();
    results >= RESULTS_BEFORE_COMPARING && keys >= 4 && rare * 4 >= keys * 3
}
