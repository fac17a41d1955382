//! Random bytes, from the host.

use crate::wasi::random::random::get_random_u64;

/// Fills `bytes`. Eight at a time: the import that gives them in one piece would cost every sandbox
/// more than the few programs that want many bytes would gain.
pub fn fill(bytes: &mut [u8]) {
    for chunk in bytes.chunks_mut(size_of::<u64>()) {
        chunk.copy_from_slice(&get_random_u64().to_le_bytes()[..chunk.len()]);
    }
}
