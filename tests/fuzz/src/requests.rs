//! Asks for what an input says, from three guests. What must not be is looked for in `network/`.

use std::time::Duration;

use serde_json::json;
use serde_json::value::to_raw_value;
use vesicle_sandbox::{Execution, Limits, Network};

use crate::host::{block_on, grants, sandbox};
use crate::{Caller, Command, network};

/// How many lines of a script are asked.
const LINES_MAX: usize = 4;

/// What guests that cannot say what is granted have, so that most ways are open to them.
const GRANTS: &str =
    "http://127.0.0.1:80\nhttp://a.b:80@127.0.0.1\na.b:443@127.0.0.1\nhttp://*.c:80";
const ANSWER: &[u8] = b"HTTP/1.1 302 Found\r\nlocation: //a.b/\r\ncontent-length: 2\r\n\r\nok";

/// The same as the guest in Rust does with a line.
const CODE: &str = "
for (const line of input) {
  const [what, url, one, two] = line.split(' ');
  try {
    const init = { redirect: what === 'follow' ? 'follow' : 'manual' };
    if (what === 'post') Object.assign(init, { method: 'POST', body: 'x'.repeat(one) });
    else if (what === 'header') init.headers = { [one]: two };
    else if (what !== 'follow') init.method = what;
    await (await fetch(url, init)).text();
  } catch {}
}";

fn limits() -> Limits {
    Limits {
        wall_time: Duration::from_millis(100),
        ..Limits::default()
    }
}

/// The lines that the guest in Rust reads; it ends at any other.
fn readable(script: &str) -> impl Iterator<Item = &str> {
    script
        .lines()
        .filter(|line| {
            let words: Vec<_> = line.split(' ').collect();
            match words[..] {
                ["get" | "follow" | "leave", _] | ["header", _, _, _] => true,
                ["post", _, bytes] => bytes.parse::<usize>().is_ok_and(|bytes| bytes < 10_000),
                _ => false,
            }
        })
        .take(LINES_MAX)
}

fn granted(lines: &str, answer: &[u8]) -> Network {
    network::start();
    network::grant(lines, answer)
}

/// By `fetch`, which asks through `vesicle:plugin/http`.
pub fn by_javascript(grants: &str, script: &str, answer: &[u8]) {
    let lines: Vec<_> = script.lines().take(LINES_MAX).collect();
    let execution = Execution {
        code: CODE.to_owned(),
        input: to_raw_value(&json!(lines)).expect("JSON"),
        network: granted(grants, answer),
        limits: limits(),
        ..Execution::default()
    };
    block_on(sandbox().execute(execution)).expect("an outcome");
    block_on(network::settle());
}

/// By `wasi:http`.
pub fn by_command(command: &Command, grants: &str, script: &str, answer: &[u8]) {
    let lines: Vec<_> = readable(script).collect();
    command.run(&lines.join("\n"), granted(grants, answer), limits());
    block_on(network::settle());
}

/// By both, called with any numbers.
pub fn numbers(caller: &Caller, script: &[u8]) {
    let mut grants = grants();
    grants.network = granted(GRANTS, ANSWER);
    caller.run_with(script, grants);
    block_on(network::settle());
}
