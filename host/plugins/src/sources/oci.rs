//! Components as artifacts in a registry: a manifest, by its digest, that names the component's digest.
//!
//! Of the distribution protocol this is what reading an artifact by digest takes: two requests, and one for a token that
//! anybody gets. The client libraries there are do not bound what they read.

use reqwest::{Response, Url};
use ring::digest::{SHA256, digest};
use serde_json::Value;

use super::download::{Fetcher, bounded, successful};
use super::{FetchError, Origin};
use crate::store::COMPONENT_BYTES_MAX;

/// The longest manifest of an artifact, in bytes.
pub const OCI_MANIFEST_BYTES_MAX: usize = 1 << 20;
/// The longest answer of a server of tokens, in bytes.
const TOKEN_BYTES_MAX: usize = 64 << 10;
/// What layers of components are called: by the CNCF's guidance, and by tools before it.
pub const WASM_LAYERS: [&str; 3] = [
    "application/wasm",
    "application/vnd.wasm.content.layer.v1+wasm",
    "application/vnd.bytecodealliance.wasm.component.layer.v0+wasm",
];
const MANIFESTS: &str = "application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json";

pub(super) async fn fetch(
    fetcher: &Fetcher,
    origin: &Origin,
    name: &str,
    sha256: &str,
) -> Result<Vec<u8>, FetchError> {
    let mut token = None;
    let url = origin.at(&format!("/v2/{name}/manifests/sha256:{sha256}"));
    let mut response = fetcher
        .get(origin.is_plain(), &url, MANIFESTS, None)
        .await?;
    if response.status() == 401 {
        token = anybodys_token(fetcher, origin, &response).await?;
        response = fetcher
            .get(origin.is_plain(), &url, MANIFESTS, token.as_deref())
            .await?;
    }
    let manifest = bounded(successful(response)?, OCI_MANIFEST_BYTES_MAX).await?;
    check(&url, &manifest, sha256)?;
    let layer = layer(&manifest).map_err(|why| FetchError::NoComponent {
        url: url.to_string(),
        why,
    })?;
    let url = origin.at(&format!("/v2/{name}/blobs/sha256:{layer}"));
    let response = fetcher
        .get(origin.is_plain(), &url, "*/*", token.as_deref())
        .await?;
    let component = bounded(successful(response)?, COMPONENT_BYTES_MAX).await?;
    check(&url, &component, &layer)?;
    Ok(component)
}

/// The digest of the one layer that is a component, in hexadecimal digits.
fn layer(manifest: &[u8]) -> Result<String, String> {
    let manifest: Value = serde_json::from_slice(manifest)
        .map_err(|error| format!("its manifest is no JSON: {error}"))?;
    if manifest.get("manifests").is_some() {
        return Err("it is an index of several artifacts; name the digest of one".to_owned());
    }
    let layers = manifest
        .get("layers")
        .and_then(Value::as_array)
        .map_or(&[][..], Vec::as_slice);
    let text = |layer: &Value, key: &str| {
        layer
            .get(key)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let components: Vec<&Value> = layers
        .iter()
        .filter(|layer| WASM_LAYERS.contains(&text(layer, "mediaType").as_str()))
        .collect();
    let [component] = components.as_slice() else {
        let types: Vec<String> = layers
            .iter()
            .take(8)
            .map(|layer| text(layer, "mediaType"))
            .collect();
        return Err(format!(
            "it has {} layers with WebAssembly, and should have one; its layers are [{}]",
            components.len(),
            types.join(", ").escape_debug()
        ));
    };
    let digest = text(component, "digest");
    let digits = digest.strip_prefix("sha256:").unwrap_or_default();
    match digits.len() == 64 && digits.bytes().all(|c| c.is_ascii_hexdigit()) {
        true => Ok(digits.to_ascii_lowercase()),
        false => Err("its layer has no sha256 digest".to_owned()),
    }
}

fn check(url: &Url, bytes: &[u8], wanted: &str) -> Result<(), FetchError> {
    let sum = digest(&SHA256, bytes);
    let actual: String = sum
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    match actual == wanted {
        true => Ok(()),
        false => Err(FetchError::Other {
            url: url.to_string(),
            wanted: format!("sha256:{wanted}"),
            actual: format!("sha256:{actual}"),
        }),
    }
}

/// Asks where a refusal says for the token that anybody gets; nothing where it does not say so. The place has to be as safe
/// as the registry.
async fn anybodys_token(
    fetcher: &Fetcher,
    origin: &Origin,
    refusal: &Response,
) -> Result<Option<String>, FetchError> {
    let header = refusal
        .headers()
        .get("www-authenticate")
        .and_then(|value| value.to_str().ok());
    let Some(mut url) = header
        .and_then(|header| parameter(header, "realm"))
        .and_then(|realm| Url::parse(&realm).ok())
    else {
        return Ok(None);
    };
    let is_plain = origin.is_plain() && super::source::is_loopback(&url);
    for key in ["service", "scope"] {
        if let Some(value) = header.and_then(|header| parameter(header, key)) {
            url.query_pairs_mut().append_pair(key, &value);
        }
    }
    let response = fetcher
        .get(is_plain, &url, "application/json", None)
        .await?;
    let answer = bounded(successful(response)?, TOKEN_BYTES_MAX).await?;
    let answer: Value = serde_json::from_slice(&answer).unwrap_or_default();
    let token = ["token", "access_token"]
        .into_iter()
        .find_map(|key| answer.get(key)?.as_str());
    // A token with other characters could not stand in a header.
    Ok(token
        .filter(|token| token.bytes().all(|c| c.is_ascii_graphic()))
        .map(str::to_owned))
}

/// A parameter of `Bearer realm="…",service="…"`.
fn parameter(header: &str, name: &str) -> Option<String> {
    let rest = header
        .strip_prefix("Bearer ")
        .or_else(|| header.strip_prefix("bearer "))?;
    let start = rest.find(&format!("{name}=\""))? + name.len() + 2;
    let value = rest.get(start..)?;
    value.split_once('"').map(|(value, _)| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_one_layer_of_webassembly_is_taken() {
        let digest = format!("sha256:{}", "0a".repeat(32));
        let of = |layers: &str| {
            layer(format!("{{\"layers\":[{}]}}", layers.replace('D', &digest)).as_bytes())
        };
        let wasm = r#"{"mediaType":"application/wasm","digest":"D"}"#;
        let other = r#"{"mediaType":"text/plain","digest":"D"}"#;
        assert_eq!(of(&format!("{other},{wasm}")), Ok("0a".repeat(32)));
        let told: Vec<String> = [
            of(other),
            of(&format!("{wasm},{wasm}")),
            of(""),
            of(r#"{"mediaType":"application/wasm","digest":"sha256:../x"}"#),
            layer(b"{\"manifests\":[]}"),
            layer(b"[1"),
        ]
        .into_iter()
        .map(Result::unwrap_err)
        .collect();
        insta::assert_snapshot!(told.join("\n"));
    }

    #[test]
    fn a_refusal_says_where_tokens_are() {
        let header = r#"Bearer realm="https://auth.example/token",service="registry",scope="repository:a:pull""#;
        assert_eq!(
            parameter(header, "realm").as_deref(),
            Some("https://auth.example/token")
        );
        assert_eq!(
            parameter(header, "scope").as_deref(),
            Some("repository:a:pull")
        );
        assert_eq!(parameter("Basic realm=\"x\"", "realm"), None);
        assert_eq!(parameter("Bearer realm=\"x", "realm"), None);
    }
}
