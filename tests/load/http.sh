#!/usr/bin/env bash
# Calls of execute_agent_code over HTTP on loopback: http.sh VESICLE [CALLS [CONNECTIONS]]
# Prints calls a second and percentiles of their times. Needs `ab` (Debian: apache2-utils). The caller shares the
# processors with the host.
set -euo pipefail
vesicle=$(realpath "${1:?the vesicle to measure}")
calls=${2:-30000}
connections=${3:-64}

. "$(dirname "$0")/../http-host.sh" "$vesicle"
meta='"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"load","version":"1"},"io.modelcontextprotocol/clientCapabilities":{}'
printf '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"execute_agent_code","arguments":{"code":"return 1 + 1"},"_meta":{%s}}}' "$meta" >"$place/call.json"
load() {
  ab -q -k -l -c "$connections" -n "$1" -p "$place/call.json" -T application/json \
    -H 'Accept: application/json, text/event-stream' -H 'MCP-Protocol-Version: 2026-07-28' \
    -H 'Mcp-Method: tools/call' -H 'Mcp-Name: execute_agent_code' "$url"
}
load $((connections * 20)) >/dev/null
load "$calls" | grep -E 'Complete requests|Failed requests|Non-2xx|Requests per second|  50%|  99%|100%'
grep -E 'VmRSS|VmHWM' "/proc/$host/status"
