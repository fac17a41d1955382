//! Other MCP servers, for code that runs in a sandbox.
