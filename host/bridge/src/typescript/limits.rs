//! How long what a model reads may get.

/// A tool on one line, in bytes. What is longer is told with less of its types.
pub const SIGNATURE_BYTES_MAX: usize = 600;
/// A whole declaration, in bytes. What is longer is told without comments, then without depth.
pub const DECLARATION_BYTES_MAX: usize = 64 << 10;
