//! What providers are sent and what they answer.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::embeddings::{EmbedError, Provider, Purpose};

/// The two forms that there are. Mistral's is OpenAI's.
#[derive(Debug, Clone, Copy)]
pub enum Wire {
    OpenAi,
    Ollama,
}

#[derive(Serialize)]
struct Request<'a> {
    model: &'a str,
    input: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    encoding_format: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    truncate: Option<bool>,
}

#[derive(Deserialize)]
struct OpenAiAnswer {
    data: Vec<OpenAiVector>,
}

#[derive(Deserialize)]
struct OpenAiVector {
    index: usize,
    embedding: Vec<f32>,
}

#[derive(Deserialize)]
struct OllamaAnswer {
    embeddings: Vec<Vec<f32>>,
}

/// What models were trained to see before a text: the beginning of their names, for a query, for a document.
const PREFIXES: [(&str, &str, &str); 3] = [
    ("nomic-embed-text", "search_query: ", "search_document: "),
    (
        "mxbai-embed-large",
        "Represent this sentence for searching relevant passages: ",
        "",
    ),
    ("multilingual-e5", "query: ", "passage: "),
];

impl Wire {
    pub fn of(provider: Provider) -> Self {
        match provider {
            Provider::Ollama => Self::Ollama,
            _ => Self::OpenAi,
        }
    }

    /// Where it is below the base URL.
    pub fn path(self) -> &'static str {
        match self {
            Self::OpenAi => "embeddings",
            Self::Ollama => "api/embed",
        }
    }

    pub fn request(
        self,
        model: &str,
        texts: &[String],
        purpose: Purpose,
    ) -> Result<Vec<u8>, EmbedError> {
        let known = PREFIXES.iter().find(|(name, ..)| model.starts_with(name));
        let prefix = known.map_or("", |(_, query, document)| match purpose {
            Purpose::Query => query,
            Purpose::Document => document,
        });
        // An empty text is refused by OpenAI.
        let filled = |text: &String| if text.is_empty() { " " } else { text }.to_owned();
        let request = Request {
            model,
            input: texts
                .iter()
                .map(|text| prefix.to_owned() + &filled(text))
                .collect(),
            encoding_format: matches!(self, Self::OpenAi).then_some("float"),
            truncate: matches!(self, Self::Ollama).then_some(true),
        };
        serde_json::to_vec(&request).map_err(|error| EmbedError::Answer(error.to_string()))
    }

    /// The vectors in the order of the texts, or what stands there instead.
    pub fn vectors(self, body: &[u8]) -> Result<Vec<Vec<f32>>, String> {
        match self {
            Self::OpenAi => {
                let mut data = read::<OpenAiAnswer>(body)?.data;
                data.sort_by_key(|vector| vector.index);
                if let Some((at, wrong)) = data.iter().enumerate().find(|(at, v)| v.index != *at) {
                    return Err(format!("vector {at} under the index {}", wrong.index));
                }
                Ok(data.into_iter().map(|vector| vector.embedding).collect())
            }
            Self::Ollama => Ok(read::<OllamaAnswer>(body)?.embeddings),
        }
    }
}

fn read<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, String> {
    serde_json::from_slice(body).map_err(|error| format!("what is no list of vectors: {error}"))
}

/// The message of a refusal: `{"error": {"message"}}`, `{"error"}`, `{"message"}` or `{"detail"}`, else the beginning of
/// the text.
pub fn message(body: &[u8]) -> String {
    let parsed: Option<Value> = serde_json::from_slice(body).ok();
    let said = parsed.as_ref().and_then(|value| {
        let error = value.get("error");
        let inner = error.and_then(|error| error.get("message"));
        [inner, error, value.get("message"), value.get("detail")]
            .into_iter()
            .flatten()
            .find_map(Value::as_str)
    });
    let text = String::from_utf8_lossy(body);
    said.unwrap_or(&text).to_owned()
}
