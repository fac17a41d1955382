//! A sentence model of the BERT family, run in this process by candle: from a directory with `model.safetensors`,
//! `tokenizer.json` and `config.json`, as sentence-transformers keeps them. The mean over the tokens, of length 1.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::bert::{BertModel, Config};
use tokenizers::{PaddingParams, Tokenizer, TruncationParams};

use super::{EmbedError, Embeddings, Purpose, normalize};

/// Tokens of a text that are read when the model does not say.
const TOKENS_DEFAULT: usize = 256;
/// Bytes of a model's weights.
const WEIGHTS_BYTES_MAX: u64 = 4 * 1024 * 1024 * 1024;
/// Characters of the digest of the weights in the key.
const DIGEST_CHARS: usize = 12;

/// A model that was read.
struct Local {
    name: String,
    digest: String,
    dimension: usize,
    batch_size: usize,
    model: Arc<Model>,
}

struct Model {
    bert: BertModel,
    tokenizer: Tokenizer,
}

impl std::fmt::Debug for Local {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Local")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// Reads the model of a directory.
pub async fn local(
    directory: PathBuf,
    batch_size: usize,
) -> Result<Arc<dyn Embeddings>, EmbedError> {
    let read = tokio::task::spawn_blocking(move || Local::open(&directory, batch_size)).await;
    let local = read.map_err(|error| broken_off(&error))??;
    Ok(Arc::new(local))
}

impl Local {
    fn open(directory: &Path, batch_size: usize) -> Result<Self, EmbedError> {
        let config: Config = serde_json::from_slice(&file(directory, "config.json")?)
            .map_err(|error| unreadable(directory, "config.json", &error))?;
        let mut tokenizer = Tokenizer::from_bytes(file(directory, "tokenizer.json")?)
            .map_err(|error| unreadable(directory, "tokenizer.json", &error))?;
        // What the file says of both was for training.
        let truncation = TruncationParams {
            max_length: tokens_max(directory, &config),
            ..TruncationParams::default()
        };
        tokenizer
            .with_padding(Some(PaddingParams::default()))
            .with_truncation(Some(truncation))
            .map_err(|error| unreadable(directory, "tokenizer.json", &error))?;
        let weights = file(directory, "model.safetensors")?;
        let mut digest = blake3::hash(&weights).to_hex().to_string();
        digest.truncate(DIGEST_CHARS);
        let bert = VarBuilder::from_buffered_safetensors(weights, DType::F32, &Device::Cpu)
            .and_then(|weights| BertModel::load(weights, &config))
            .map_err(|error| unreadable(directory, "model.safetensors", &error))?;
        let name = directory.file_name().unwrap_or(directory.as_os_str());
        Ok(Self {
            name: name.to_string_lossy().into_owned(),
            digest,
            dimension: config.hidden_size,
            batch_size,
            model: Arc::new(Model { bert, tokenizer }),
        })
    }
}

impl Model {
    fn embed(&self, texts: Vec<String>) -> Result<Vec<Vec<f32>>, EmbedError> {
        let encoded = self
            .tokenizer
            .encode_batch(texts, true)
            .map_err(|error| EmbedError::Answer(format!("the text has no tokens: {error}")))?;
        let rows = encoded.len();
        let list = |of: fn(&tokenizers::Encoding) -> &[u32]| -> Vec<u32> {
            encoded.iter().flat_map(of).copied().collect()
        };
        let columns = encoded.first().map_or(0, |encoded| encoded.get_ids().len());
        let run = || {
            let tensor = |list| Tensor::from_vec(list, (rows, columns), &Device::Cpu);
            let mask = tensor(list(tokenizers::Encoding::get_attention_mask))?;
            let tokens = tensor(list(tokenizers::Encoding::get_ids))?;
            let types = tokens.zeros_like()?;
            let states = self.bert.forward(&tokens, &types, Some(&mask))?;
            // The mean over what is text; padding counts nothing.
            let mask = mask.to_dtype(DType::F32)?.unsqueeze(2)?;
            let sums = states.broadcast_mul(&mask)?.sum(1)?;
            sums.broadcast_div(&mask.sum(1)?)?.to_vec2::<f32>()
        };
        let mut vectors: Vec<Vec<f32>> =
            run().map_err(|error| EmbedError::Answer(format!("the model failed: {error}")))?;
        vectors.iter_mut().for_each(|vector| normalize(vector));
        Ok(vectors)
    }
}

#[async_trait]
impl Embeddings for Local {
    fn provider(&self) -> &str {
        "local"
    }

    fn model(&self) -> &str {
        &self.name
    }

    fn dimension(&self) -> usize {
        self.dimension
    }

    fn batch_size(&self) -> usize {
        self.batch_size
    }

    async fn embed(&self, texts: &[String], _: Purpose) -> Result<Vec<Vec<f32>>, EmbedError> {
        let mut vectors = Vec::with_capacity(texts.len());
        for batch in texts.chunks(self.batch_size.max(1)) {
            let (model, batch) = (Arc::clone(&self.model), batch.to_vec());
            let made = tokio::task::spawn_blocking(move || model.embed(batch)).await;
            vectors.append(&mut made.map_err(|error| broken_off(&error))??);
        }
        Ok(vectors)
    }

    /// By the weights: another directory of the same name may hold another model.
    fn key(&self) -> String {
        format!("local/{}@{}/{}", self.name, self.digest, self.dimension)
    }
}

/// What sentence-transformers kept, if it did; no more than the model has places for.
fn tokens_max(directory: &Path, config: &Config) -> usize {
    let said = file(directory, "sentence_bert_config.json").ok();
    let said = said.and_then(|bytes| serde_json::from_slice::<serde_json::Value>(&bytes).ok());
    let said = said.and_then(|value| value.get("max_seq_length")?.as_u64());
    let said = said.and_then(|tokens| usize::try_from(tokens).ok());
    said.unwrap_or(TOKENS_DEFAULT)
        .clamp(2, config.max_position_embeddings.max(2))
}

fn file(directory: &Path, name: &str) -> Result<Vec<u8>, EmbedError> {
    let path = directory.join(name);
    let bytes = std::fs::metadata(&path).map(|metadata| metadata.len());
    match bytes {
        Ok(bytes) if bytes > WEIGHTS_BYTES_MAX => Err(EmbedError::Configuration(format!(
            "{} has {bytes} bytes, and {WEIGHTS_BYTES_MAX} are the most; take a smaller model",
            path.display()
        ))),
        Ok(_) => std::fs::read(&path).map_err(|error| unreadable(directory, name, &error)),
        Err(error) => Err(unreadable(directory, name, &error)),
    }
}

fn unreadable(directory: &Path, name: &str, error: &dyn std::fmt::Display) -> EmbedError {
    EmbedError::Configuration(format!(
        "{} cannot be read: {error}; name a directory with model.safetensors, tokenizer.json and config.json of a BERT-family sentence model",
        directory.join(name).display()
    ))
}

fn broken_off(error: &tokio::task::JoinError) -> EmbedError {
    EmbedError::Unavailable(format!("the model was broken off: {error}; try it again"))
}
