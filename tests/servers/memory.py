"""A memory server in the manner of AutoMem: over HTTP, with a bearer token, made with the official SDK.

python memory.py PORT TOKEN FILE; what is stored lies in the file, so that it outlives the process.
"""

import json
import os
import sys
import time

import uvicorn
from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import ToolAnnotations

PORT, TOKEN, FILE = int(sys.argv[1]), sys.argv[2], sys.argv[3]
CONTENT_CHARS_MAX = 2_000
server = MCPServer("memory", instructions="Stores what you learn, and finds it again.")


def load() -> list[dict]:
    if not os.path.exists(FILE):
        return []
    with open(FILE) as file:
        return [json.loads(line) for line in file]


@server.tool(annotations=ToolAnnotations(idempotent_hint=False))
def store_memory(content: str, importance: float = 0.5, tags: list[str] | None = None) -> dict:
    """Stores one memory."""
    if len(content) > CONTENT_CHARS_MAX:
        raise ToolError(f"content has {len(content)} characters, and {CONTENT_CHARS_MAX} are allowed")
    with open(FILE, "a") as file:
        file.write(json.dumps({"content": content, "importance": importance, "tags": tags or []}) + "\n")
    return {"stored": len(load())}


@server.tool(annotations=ToolAnnotations(read_only_hint=True))
def recall(query: str, limit: int = 5) -> dict:
    """Finds memories that contain words of the query, the most important first."""
    words = query.lower().split()
    found = [memory for memory in load() if any(word in memory["content"].lower() for word in words)]
    found.sort(key=lambda memory: -memory["importance"])
    return {"memories": found[:limit]}


@server.tool(annotations=ToolAnnotations(read_only_hint=True))
def recall_slowly(query: str) -> dict:
    """Takes its time."""
    time.sleep(1)
    return recall(query)


app = server.streamable_http_app()


async def guarded(scope, receive, send):
    """Lets only those in who know the token."""
    if scope["type"] == "http" and (b"authorization", f"Bearer {TOKEN}".encode()) not in scope["headers"]:
        await send({"type": "http.response.start", "status": 401, "headers": [(b"www-authenticate", b"Bearer")]})
        await send({"type": "http.response.body", "body": b"no"})
        return
    await app(scope, receive, send)


uvicorn.run(guarded, host="127.0.0.1", port=PORT, log_level="warning")
