//! How the tool presents itself: to models, in a description; to people, in a title and
//! hints.

use rmcp::model::{Tool, ToolAnnotations, object};

use super::{NAME, schema};
use crate::limits::Policy;

const DESCRIPTION: &str = "\
Run TypeScript or JavaScript in a fresh sandbox and get its result as JSON.

Write the body of an async function: top-level `await` works, `return value` gives the result. Or \
write a module whose `export default` is the result (a function is called with the input). Types \
are stripped, not checked. The result must be JSON: Map, Set, Date, BigInt and typed arrays are \
converted, cycles are an error.

Globals: `input` (what you send as `context.input`), console, URL, URLSearchParams, TextEncoder, \
TextDecoder, structuredClone, setTimeout, setInterval, queueMicrotask, crypto.getRandomValues, \
crypto.randomUUID, performance.now, AbortController, atob, btoa, and the language's own. Only `state` \
is kept between calls: state.get(key), set(key, json), delete(key), keys(prefix). There is no fetch, \
fs, process, require, import or eval.

Return what you need and little else; use console.log for notes. Errors come back with the line \
and column of your code.";

/// The tool for callers under this policy.
pub fn definition(policy: &Policy) -> Tool {
    Tool::new(NAME, DESCRIPTION, object(schema::input(policy)))
        .with_title("Run code in a sandbox")
        .with_raw_output_schema(object(schema::output()).into())
        .with_annotations(
            // Nothing outside of the sandbox is in its reach but its own `state`.
            ToolAnnotations::with_title("Run code in a sandbox")
                .read_only(false)
                .destructive(false)
                .idempotent(false)
                .open_world(false),
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_reads_this() {
        insta::assert_json_snapshot!(definition(&Policy::default()));
    }

    #[test]
    fn the_description_stays_short() {
        assert!(DESCRIPTION.split_whitespace().count() < 200);
    }
}
