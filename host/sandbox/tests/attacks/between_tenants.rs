//! What one tenant left behind is not there for the next, whose instance gets the same slot of the
//! pool: looked for by the next tenant in all that it can allocate, and by the host in the whole of
//! its memory.

mod memory;
mod texts;
