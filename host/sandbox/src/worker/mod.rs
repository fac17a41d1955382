//! Programs in processes of their own, so that even an escape from WebAssembly lands in an empty place.
//!
//! A worker process is this library again, in a program that calls [`work_for_parent`]. It is started ahead, loads the compiled
//! engine, and is locked (`lock.rs`) before it sees the first program: it can compute, and speak with the host over one socket
//! (`frames.rs`, `messages.rs`). Whatever a program may use is asked of the host (`link.rs` there, `desk.rs` here), which looks
//! at each grant again and takes nothing of what a worker says for granted. A worker serves one session with the same
//! directories, so many calls at most, and is ended with any call that does not end well (`pool.rs`).

mod alone;
mod artifact;
mod conversation;
mod desk;
mod frames;
mod link;
mod lock;
mod messages;
mod pool;
mod process;
mod starter;

pub use lock::check as check_isolation;
pub use pool::Pool;
pub use process::work_for_parent;
