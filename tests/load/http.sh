#!/usr/bin/env bash
# Calls of execute_agent_code over HTTP on loopback: http.sh VESICLE [CALLS [CONNECTIONS [RATE]]]
# Prints calls a second and percentiles of their times. Each connection calls as soon as it is answered; with a RATE, all of
# them together call so often a second. Needs `ab` (Debian: apache2-utils), and with a RATE `h2load` (nghttp2-client). The
# caller shares the processors with the host.
set -euo pipefail
vesicle=$(realpath "${1:?the vesicle to measure}")
calls=${2:-30000}
connections=${3:-64}
rate=${4:-}

. "$(dirname "$0")/../http-host.sh" "$vesicle"
meta='"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"load","version":"1"},"io.modelcontextprotocol/clientCapabilities":{}'
printf '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"execute_agent_code","arguments":{"code":"return 1 + 1"},"_meta":{%s}}}' "$meta" >"$place/call.json"
load() {
  ab -q -k -l -c "$connections" -n "$1" -p "$place/call.json" -T application/json \
    -H 'Accept: application/json, text/event-stream' -H 'MCP-Protocol-Version: 2026-07-28' \
    -H 'Mcp-Method: tools/call' -H 'Mcp-Name: execute_agent_code' "$url"
}
paced() {
  h2load --h1 -c "$connections" -n "$calls" --rps $((rate / connections)) --log-file="$place/times" -d "$place/call.json" \
    -H 'Content-Type: application/json' -H 'Accept: application/json, text/event-stream' -H 'MCP-Protocol-Version: 2026-07-28' \
    -H 'Mcp-Method: tools/call' -H 'Mcp-Name: execute_agent_code' "$url" | grep -E 'finished in|^requests'
  # The third column is how long it took, in microseconds.
  sort -n -k3 "$place/times" | awk '{ took[NR] = $3 / 1000 } END { print "50%", took[int(NR * .5)], "ms, 99%", took[int(NR * .99)], "ms, 100%", took[NR], "ms" }'
}
load $((connections * 20)) >/dev/null
if [ -n "$rate" ]; then
  paced
  exit
fi
load "$calls" | grep -E 'Complete requests|Failed requests|Non-2xx|Requests per second|  50%|  99%|100%'
grep -E 'VmRSS|VmHWM' "/proc/$host/status"
