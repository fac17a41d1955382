//! A sentence model of the BERT family, run in this process by candle: the mean over the tokens, of length 1.
//!
//! Models compute for long, so they do it on threads for what blocks, one group of texts at a time. Between two groups
//! whoever waits has its turn: a query does not wait until a whole memory is embedded.

mod directory;
mod groups;
mod model;

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::Semaphore;

use self::groups::{Tokens, groups};
use self::model::Model;
use super::{EmbedError, Embeddings, Purpose};

/// A model that was read.
#[derive(Debug)]
struct Local {
    model: Arc<Model>,
    batch_size: usize,
    /// Who computes. A model takes all cores, so that two at once would only take twice the memory.
    turn: Arc<Semaphore>,
}

/// Reads the model of a directory.
pub async fn local(
    directory: PathBuf,
    batch_size: usize,
) -> Result<Arc<dyn Embeddings>, EmbedError> {
    let model = blocking(move || Model::read(&directory)).await?;
    Ok(Arc::new(Local {
        model: Arc::new(model),
        batch_size,
        turn: Arc::new(Semaphore::new(1)),
    }))
}

#[async_trait]
impl Embeddings for Local {
    fn provider(&self) -> &str {
        "local"
    }

    fn model(&self) -> &str {
        self.model.name()
    }

    fn dimension(&self) -> usize {
        self.model.dimension()
    }

    fn batch_size(&self) -> usize {
        self.batch_size
    }

    async fn embed(&self, texts: &[String], _: Purpose) -> Result<Vec<Vec<f32>>, EmbedError> {
        let (model, texts) = (Arc::clone(&self.model), texts.to_vec());
        let encoded = blocking(move || model.encode(texts)).await?;
        let mut vectors = vec![Vec::new(); encoded.len()];
        for group in groups(encoded) {
            // Never closed; and held by the thread, which goes on when nobody waits for it any more.
            let turn = Arc::clone(&self.turn).acquire_owned().await;
            let model = Arc::clone(&self.model);
            let (places, rows): (Vec<usize>, Vec<Tokens>) = group.into_iter().unzip();
            let made = blocking(move || {
                let _turn = turn;
                model.vectors(&rows)
            });
            for (place, vector) in places.into_iter().zip(made.await?) {
                if let Some(kept) = vectors.get_mut(place) {
                    *kept = vector;
                }
            }
        }
        Ok(vectors)
    }

    /// By what was read: another directory of the same name may hold another model.
    fn key(&self) -> String {
        let (name, digest) = (self.model.name(), self.model.digest());
        format!("local/{name}@{digest}/{}", self.model.dimension())
    }
}

/// On a thread for what blocks, so that those of the runtime go on.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, EmbedError> + Send + 'static,
) -> Result<T, EmbedError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| {
        Err(EmbedError::Answer(format!(
            "the model failed: {error}; take another model"
        )))
    })
}
