//! From texts to vectors.

use std::path::Path;

use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::bert::BertModel;
use tokenizers::Tokenizer;

use super::directory::Directory;
use super::groups::Tokens;
use crate::EmbedError;
use crate::embeddings::normalize;

/// A network with its tokenizer.
pub struct Model {
    name: String,
    digest: String,
    dimension: usize,
    bert: BertModel,
    tokenizer: Tokenizer,
}

impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Model")
            .field("name", &self.name)
            .field("digest", &self.digest)
            .finish_non_exhaustive()
    }
}

/// Without the stack that candle adds where `RUST_BACKTRACE` is set.
fn plain(error: candle_core::Error) -> candle_core::Error {
    match error {
        candle_core::Error::WithBacktrace { inner, .. } => plain(*inner),
        other => other,
    }
}

impl Model {
    pub fn read(directory: &Path) -> Result<Self, EmbedError> {
        let mut read = Directory::read(directory)?;
        let weights = std::mem::take(&mut read.weights);
        let bert = VarBuilder::from_buffered_safetensors(weights, DType::F32, &Device::Cpu)
            .and_then(|weights| BertModel::load(weights, &read.config))
            .map_err(|error| read.weights_unusable(plain(error)))?;
        Ok(Self {
            name: read.name,
            digest: read.digest,
            dimension: read.config.hidden_size,
            bert,
            tokenizer: read.tokenizer,
        })
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn digest(&self) -> &str {
        &self.digest
    }

    pub fn dimension(&self) -> usize {
        self.dimension
    }

    /// The tokens of each text, cut where the model ends.
    pub fn encode(&self, texts: Vec<String>) -> Result<Vec<Tokens>, EmbedError> {
        let encoded = self.tokenizer.encode_batch(texts, true);
        let encoded = encoded.map_err(|error| {
            EmbedError::Answer(format!("a text cannot be cut into tokens: {error}"))
        })?;
        Ok(encoded.iter().map(|text| text.get_ids().to_vec()).collect())
    }

    /// The vector of each text, in their order.
    pub fn vectors(&self, texts: &[Tokens]) -> Result<Vec<Vec<f32>>, EmbedError> {
        let mut vectors = self.means(texts).map_err(|error| {
            let error = plain(error);
            EmbedError::Answer(format!("the model failed: {error}; take another model"))
        })?;
        vectors.iter_mut().for_each(|vector| normalize(vector));
        Ok(vectors)
    }

    fn means(&self, texts: &[Tokens]) -> candle_core::Result<Vec<Vec<f32>>> {
        // A text without a token has one that counts nothing, so that the tensor is none of nothing.
        let columns = texts.iter().map(Vec::len).max().unwrap_or(0).max(1);
        let tensor = |row: &dyn Fn(&Tokens) -> Tokens| {
            let rows = texts.iter().flat_map(|text| {
                let mut row = row(text);
                row.resize(columns, 0);
                row
            });
            Tensor::from_vec(rows.collect(), (texts.len(), columns), &Device::Cpu)
        };
        let tokens = tensor(&Clone::clone)?;
        let mask = tensor(&|text| vec![1; text.len()])?;
        let states = self
            .bert
            .forward(&tokens, &tokens.zeros_like()?, Some(&mask))?;
        // The mean over what is text; padding counts nothing.
        let mask = mask.to_dtype(DType::F32)?.unsqueeze(2)?;
        let counts = mask.sum(1)?.clamp(1.0, f64::INFINITY)?;
        let sums = states.broadcast_mul(&mask)?.sum(1)?;
        sums.broadcast_div(&counts)?.to_vec2()
    }
}
