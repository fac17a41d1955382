//! A stack that is deep enough for oxc.
//!
//! Its parser, its visitors and its printer recurse with the nesting of the program, and have no
//! limit of their own: 100 KB of `(` would overflow a thread's stack, which kills the process.
//! Nesting costs at least one token a level, so the number of tokens bounds the depth, and for
//! most programs that bound says that the stack at hand is enough.

/// What one level of nesting takes at most, in bytes, in a build without optimizations.
const BYTES_PER_TOKEN: usize = 6 * 1024;
/// What oxc takes whatever the program.
const BYTES_MIN: usize = 256 * 1024;

/// Runs `work` on a stack that is deep enough for a program of this text.
pub fn with_stack_for<T>(source: &str, work: impl FnOnce() -> T) -> T {
    let need = BYTES_MIN + tokens_max(source) * BYTES_PER_TOKEN;
    stacker::maybe_grow(need, need, work)
}

/// At least as many tokens as `source` has: every run of word characters is one, and so is every
/// other character that is no white space.
fn tokens_max(source: &str) -> usize {
    let mut tokens = 0;
    let mut in_word = false;
    for byte in source.bytes() {
        let word = byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || byte >= 0x80;
        let goes_on = byte.is_ascii_whitespace() || word && in_word;
        tokens += usize::from(!goes_on);
        in_word = word;
    }
    tokens
}
