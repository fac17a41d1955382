//! How much of a schema is read. Real tools stay far below; each bound is there for a hostile one.

/// How deep types may nest without a name between them.
pub const DEPTH_MAX: usize = 24;
/// How many types one schema may make.
pub const TYPES_MAX: usize = 8_000;
/// How many properties of one object are told.
pub const PROPERTIES_MAX: usize = 512;
/// How many members of an enum, a union, an intersection or a tuple are told.
pub const MEMBERS_MAX: usize = 256;
/// How many named types one schema may make.
pub const DEFINITIONS_MAX: usize = 256;
/// How much text of the schema (names, descriptions, literals) goes into its types, in bytes.
pub const TEXT_BYTES_MAX: usize = 128 << 10;
/// How long one description may be, in bytes.
pub const DESCRIPTION_BYTES_MAX: usize = 4 << 10;
/// How long the name of a property or a literal may be, in bytes. It is left out above, as half
/// a name is a wrong one.
pub const NAME_BYTES_MAX: usize = 512;
