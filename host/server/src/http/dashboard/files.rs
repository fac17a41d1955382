//! The files of the page. They are part of the program, so that the page fits the host that gives it.

use axum::{
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse as _, Response},
};

/// A file of the page.
pub struct File {
    /// Where it is.
    pub path: &'static str,
    kind: &'static str,
    text: &'static str,
}

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

macro_rules! file {
    ($path:literal, $kind:expr, $name:literal) => {
        File {
            path: $path,
            kind: $kind,
            text: include_str!(concat!("page/", $name)),
        }
    };
}

/// All of them.
pub static FILES: &[File] = &[
    file!("/", HTML, "index.html"),
    file!("/page/style.css", CSS, "style.css"),
    file!("/page/parts.css", CSS, "parts.css"),
    file!("/page/icon.svg", SVG, "icon.svg"),
    file!("/page/theme.js", SCRIPT, "theme.js"),
    file!("/page/main.js", SCRIPT, "main.js"),
    file!("/page/host.js", SCRIPT, "host.js"),
    file!("/page/dom.js", SCRIPT, "dom.js"),
    file!("/page/tables.js", SCRIPT, "tables.js"),
    file!("/page/words.js", SCRIPT, "words.js"),
    file!("/page/charts.js", SCRIPT, "charts.js"),
    file!("/page/overview.js", SCRIPT, "overview.js"),
    file!("/page/executions.js", SCRIPT, "executions.js"),
    file!("/page/servers.js", SCRIPT, "servers.js"),
    file!("/page/plugins.js", SCRIPT, "plugins.js"),
    file!("/page/memory.js", SCRIPT, "memory.js"),
    file!("/page/audit.js", SCRIPT, "audit.js"),
    file!("/page/savings.js", SCRIPT, "savings.js"),
];

/// The file, or that the browser has it already.
pub fn given(file: &'static File, headers: &HeaderMap) -> Response {
    let hash = blake3::hash(file.text.as_bytes()).to_hex();
    let tag = format!("\"{}\"", hash.get(..32).unwrap_or_default());
    let known = headers.get(header::IF_NONE_MATCH);
    let is_known = known.is_some_and(|known| known.as_bytes() == tag.as_bytes());
    // Asked for each time: a host that was updated gives other files, and all of them have to fit each other.
    let cached = (header::CACHE_CONTROL, "no-cache".to_owned());
    let tag = (header::ETAG, tag);
    if is_known {
        return (StatusCode::NOT_MODIFIED, [cached, tag]).into_response();
    }
    let kind = (header::CONTENT_TYPE, file.kind.to_owned());
    ([cached, tag, kind], file.text).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_that_the_page_names_is_given_and_no_code_stands_in_it() {
        let index = FILES.iter().find(|file| file.path == "/").unwrap().text;
        let named = FILES.iter().flat_map(|file| {
            let of_page = file.text.split(['"', '\'']);
            of_page.filter(|text| text.starts_with("/page/") || text.starts_with("./"))
        });
        let mut count = 0;
        for name in named {
            let path = name.replacen("./", "/page/", 1);
            assert!(FILES.iter().any(|file| file.path == path), "{name}");
            count += 1;
        }
        assert!(count > 10, "{count}");
        for inline in ["<style", "style=", "onclick=", "onload=", "javascript:"] {
            assert!(!index.contains(inline), "{inline}");
        }
        let scripts = index.matches("<script").count();
        assert_eq!(scripts, index.matches("<script src=\"/page/").count());
        for file in FILES.iter().filter(|file| file.kind == SCRIPT) {
            for markup in [
                "innerHTML",
                "outerHTML",
                "insertAdjacentHTML",
                "document.write",
                "eval(",
            ] {
                assert!(!file.text.contains(markup), "{}: {markup}", file.path);
            }
        }
    }

    #[test]
    fn a_file_that_the_browser_has_is_not_sent_again() {
        let file = &FILES[0];
        let first = given(file, &HeaderMap::new());
        assert_eq!(first.status(), StatusCode::OK);
        let tag = first.headers()[header::ETAG].clone();
        let again = HeaderMap::from_iter([(header::IF_NONE_MATCH, tag)]);
        assert_eq!(given(file, &again).status(), StatusCode::NOT_MODIFIED);
        let other = HeaderMap::from_iter([(header::IF_NONE_MATCH, "\"x\"".parse().unwrap())]);
        assert_eq!(given(file, &other).status(), StatusCode::OK);
    }
}
