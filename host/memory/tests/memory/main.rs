//! The memory, through its own doors.

mod learning;
mod queries;
mod shared;
mod writing;
