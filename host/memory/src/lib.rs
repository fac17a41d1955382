//! Memory of past work: episodes that are kept, found again by meaning, and turned into advice.
//!
//! [`Memory`] is the way in. Beneath it lies a [`Store`], which keeps, and [`Embeddings`], which make texts comparable.
//! All rules of what may be written and all learning are above the store, so that each is there once.

#![forbid(unsafe_code)]

pub mod analysis;
pub mod database;
pub mod embeddings;
mod error;
pub mod evaluation;
mod learning;
pub mod limits;
pub mod memory;
pub mod model;
mod retrieval;
pub mod store;
pub mod text;
pub mod transfer;

pub use embeddings::{EmbedError, Embeddings, Purpose};
pub use error::{Error, ErrorCode, Result};
pub use memory::Memory;
pub use model::*;
pub use retrieval::{Ranking, Why};
pub use store::Store;
pub use store::postgresql::{PostgresStore, PostgresUrl};
pub use store::sqlite::{SqliteOptions, SqliteStore};
