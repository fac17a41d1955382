//! The directory of a model, as sentence-transformers keeps it: what is read of it, and what is refused.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use candle_transformers::models::bert::Config;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokenizers::{Tokenizer, TruncationParams};

use crate::EmbedError;

/// Tokens of a text that are read when the model does not say.
const TOKENS_DEFAULT: usize = 256;
/// Bytes of a model's weights.
const WEIGHTS_BYTES_MAX: u64 = 2 * 1024 * 1024 * 1024;
/// Bytes of each other file; the vocabularies of the largest are a quarter of it.
const FILE_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Characters of the digest in the key.
const DIGEST_CHARS: usize = 12;

/// What a directory holds.
pub struct Directory {
    pub name: String,
    /// Of everything that a vector depends on.
    pub digest: String,
    pub config: Config,
    pub tokenizer: Tokenizer,
    pub weights: Vec<u8>,
    path: PathBuf,
}

#[derive(Default, Deserialize)]
struct SentenceConfig {
    max_seq_length: Option<usize>,
}

#[derive(Deserialize)]
struct Pooling {
    #[serde(default)]
    pooling_mode_mean_tokens: bool,
}

impl Directory {
    pub fn read(path: &Path) -> Result<Self, EmbedError> {
        let config_bytes = needed(path, "config.json", FILE_BYTES_MAX)?;
        let config: Config = parsed(path, "config.json", &config_bytes)?;
        check(path, &config)?;
        let pooling: Option<Pooling> = optional(path, "1_Pooling/config.json")?;
        if pooling.is_some_and(|pooling| !pooling.pooling_mode_mean_tokens) {
            return Err(unusable(
                &path.join("1_Pooling/config.json"),
                "the model takes another token than the mean of all",
            ));
        }
        let sentence: Option<SentenceConfig> = optional(path, "sentence_bert_config.json")?;
        let said = sentence.unwrap_or_default().max_seq_length;
        let tokens_max = said
            .unwrap_or(TOKENS_DEFAULT)
            .min(config.max_position_embeddings);

        let tokenizer_bytes = needed(path, "tokenizer.json", FILE_BYTES_MAX)?;
        let tokenizer = tokenizer(&tokenizer_bytes, tokens_max)
            .map_err(|error| unusable(&path.join("tokenizer.json"), error))?;
        let weights = needed(path, "model.safetensors", WEIGHTS_BYTES_MAX)?;

        let mut digest = blake3::Hasher::new();
        for part in [&config_bytes, &tokenizer_bytes, &weights] {
            digest.update(&part.len().to_le_bytes()).update(part);
        }
        digest.update(&tokens_max.to_le_bytes());
        let mut digest = digest.finalize().to_hex().to_string();
        digest.truncate(DIGEST_CHARS);
        let name = path.file_name().unwrap_or(path.as_os_str());
        Ok(Self {
            name: name.to_string_lossy().into_owned(),
            digest,
            config,
            tokenizer,
            weights,
            path: path.to_owned(),
        })
    }

    /// The weights are not those of the configuration.
    pub fn weights_unusable(&self, error: impl std::fmt::Display) -> EmbedError {
        unusable(&self.path.join("model.safetensors"), error)
    }
}

/// What candle takes on trust, and what it would compute wrongly without a word.
fn check(directory: &Path, config: &Config) -> Result<(), EmbedError> {
    let wrong = |what: String| Err(unusable(&directory.join("config.json"), what));
    if let Some(family) = config.model_type.as_deref().filter(|name| *name != "bert") {
        return wrong(format!("its model_type is {family}, and only bert is run"));
    }
    let (size, heads) = (config.hidden_size, config.num_attention_heads);
    if heads == 0 || size == 0 || !size.is_multiple_of(heads) {
        return wrong(format!("{size} numbers cannot be shared by {heads} heads"));
    }
    if config.max_position_embeddings < 3 {
        return wrong("it has no places for tokens".to_owned());
    }
    Ok(())
}

fn tokenizer(bytes: &[u8], tokens_max: usize) -> tokenizers::Result<Tokenizer> {
    let mut tokenizer = Tokenizer::from_bytes(bytes)?;
    // What the file says of both was for training.
    tokenizer
        .with_padding(None)
        .with_truncation(Some(TruncationParams {
            max_length: tokens_max,
            ..TruncationParams::default()
        }))?;
    Ok(tokenizer)
}

fn needed(directory: &Path, name: &str, bytes_max: u64) -> Result<Vec<u8>, EmbedError> {
    let path = directory.join(name);
    bounded(&path, bytes_max).map_err(|error| unusable(&path, error))
}

fn optional<T: DeserializeOwned>(directory: &Path, name: &str) -> Result<Option<T>, EmbedError> {
    let path = directory.join(name);
    match bounded(&path, FILE_BYTES_MAX) {
        Ok(bytes) => parsed(directory, name, &bytes).map(Some),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(unusable(&path, error)),
    }
}

/// A file's bytes. Devices and pipes are none: reading one may never end.
fn bounded(path: &Path, bytes_max: u64) -> std::io::Result<Vec<u8>> {
    if !std::fs::metadata(path)?.is_file() {
        return Err(std::io::Error::other("it is no file"));
    }
    let mut bytes = Vec::new();
    let mut file = std::fs::File::open(path)?.take(bytes_max + 1);
    file.read_to_end(&mut bytes)?;
    if bytes.len() as u64 > bytes_max {
        return Err(std::io::Error::other(format!(
            "it has more than {bytes_max} bytes"
        )));
    }
    Ok(bytes)
}

fn parsed<T: DeserializeOwned>(
    directory: &Path,
    name: &str,
    bytes: &[u8],
) -> Result<T, EmbedError> {
    serde_json::from_slice(bytes).map_err(|error| unusable(&directory.join(name), error))
}

fn unusable(path: &Path, error: impl std::fmt::Display) -> EmbedError {
    EmbedError::Configuration(format!(
        "{} cannot be used: {error}; name a directory with model.safetensors, tokenizer.json and config.json of a sentence model of the BERT family, such as all-MiniLM-L6-v2",
        path.display()
    ))
}
