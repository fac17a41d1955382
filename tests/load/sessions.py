#!/usr/bin/env python3
"""What idle sessions cost: sessions.py VESICLE [SESSIONS [MB_MAX]]

Opens as many sessions as are asked for (2 000, unless it is said), each as a client does: `initialize`, `notifications/initialized` and
`tools/list`. Prints what the host's memory grew by meanwhile, and ends with 1 where that is more than MB_MAX (100, unless it is said).
"""

import http.client
import json
import os
import sys
import tempfile

from host import kb, started

HELLO = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "load", "version": "1"}}


def post(connection, message, session=None):
    """Sends a message; the answer's headers."""
    head = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
    if session:
        head |= {"Mcp-Session-Id": session, "MCP-Protocol-Version": "2025-11-25"}
    connection.request("POST", "/mcp", json.dumps({"jsonrpc": "2.0", **message}), head)
    answer = connection.getresponse()
    text = answer.read()
    if answer.status not in (200, 202):
        sys.exit(f"{answer.status}: {text[:500]}")
    return answer.headers


def opened(connection):
    session = post(connection, {"id": 0, "method": "initialize", "params": HELLO})["Mcp-Session-Id"]
    post(connection, {"method": "notifications/initialized"}, session)
    post(connection, {"id": 1, "method": "tools/list"}, session)


def main():
    vesicle = os.path.realpath(sys.argv[1])
    sessions = int(sys.argv[2]) if len(sys.argv) > 2 else 2_000
    mb_max = float(sys.argv[3]) if len(sys.argv) > 3 else 100
    with tempfile.TemporaryDirectory() as place:
        with open(f"{place}/vesicle.toml", "w") as file:
            file.write(f"[http]\nsessions = {sessions + 1}\n")
        host, port = started(vesicle, place)
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            # What the first session of all brings along is no other's.
            opened(connection)
            before = kb(host)
            for _ in range(sessions):
                opened(connection)
            after = kb(host)
        finally:
            host.terminate()
            host.wait(60)
    grown = after - before
    print(f"{sessions} sessions: {grown / 1024:.1f} MB, {grown / sessions:.1f} KB each; the host had {before / 1024:.1f} MB before")
    if grown > mb_max * 1024:
        sys.exit(f"that is more than {mb_max:g} MB")


if __name__ == "__main__":
    main()
