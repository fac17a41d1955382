//! `SKILL.md`: what an agent with a shell has to know, in under 500 tokens whatever is connected.

use std::fmt::Write as _;

use super::Server;
use crate::{hygiene, names::is_identifier, typescript::quoted};

/// How long the list of servers may get, in bytes: what a token is at least, times what is left.
const SERVERS_BYTES_MAX: usize = 500;

const HEAD: &str = "\
---
name: vesicle-tools
description: Call the tools of connected MCP servers from TypeScript that runs in a sandbox.
---

# Tools as code

`servers/<server>/<tool>` declares one tool each: its arguments, its result, how it is called.

1. Find it: `ls servers`, `grep -ril \"pull request\" servers`, or `vesicle tools search \"merge a pull request\"`.
2. Read its file, and only that one.
3. Run a program with `vesicle run` or the MCP tool `execute_agent_code`:

```ts
const repos = ['web', 'api'];
const issues = await Promise.all(repos.map((repo) => tools.github.list_issues({ owner: 'octo', repo })));
return issues.map((found) => found.length);
```

A call gives the structured result, or the JSON that its text is, or its content blocks. It throws a `ToolError` with `code`, \
`message` and, where waiting helps, `retryAfterMs`. Return what is needed and no more.
";

/// The text for these servers.
pub fn skill(servers: &[Server<'_>]) -> String {
    let mut out = HEAD.to_owned();
    let mut list = String::new();
    let mut told = 0;
    for server in servers {
        let name = hygiene::strip(server.name).replace('\n', " ");
        let name = match is_identifier(&name) {
            true => name,
            false => quoted(&name),
        };
        let line = format!("- {name}: {} tools\n", server.tools.len());
        if list.len() + line.len() > SERVERS_BYTES_MAX {
            break;
        }
        list.push_str(&line);
        told += 1;
    }
    if told > 0 {
        let _ = write!(out, "\nServers:\n\n{list}");
    }
    if told < servers.len() {
        let _ = writeln!(out, "- and {} more: `ls servers`", servers.len() - told);
    }
    out
}
