//! Stands in for local models where they were not built in.

use std::path::PathBuf;
use std::sync::Arc;

use super::{EmbedError, Embeddings};

/// Says what to do instead.
pub async fn local(_: PathBuf, _: usize) -> Result<Arc<dyn Embeddings>, EmbedError> {
    Err(EmbedError::Configuration(
        "this Vesicle was built without local models; build it with `--features local-embeddings`, or take builtin, ollama, or openai with the base_url of a local server".to_owned(),
    ))
}
