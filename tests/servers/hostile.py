"""Servers that misbehave over stdio, each in one way: python hostile.py MISDEED"""

import json
import os
import sys
import time

MISDEED = sys.argv[1]
out = sys.stdout.buffer


def write(data):
    out.write(data)
    out.flush()


def line(message):
    return json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n"


def text(value):
    return {"content": [{"type": "text", "text": value}]}


def initialized(request):
    return {
        "protocolVersion": request["params"]["protocolVersion"],
        "capabilities": {"tools": {}},
        "serverInfo": {"name": "hostile", "version": "0"},
    }


def listed(request):
    tool = {"name": "t", "inputSchema": {"type": "object"}, "annotations": {"readOnlyHint": True}}
    if MISDEED == "pages":
        cursor = int(request.get("params", {}).get("cursor") or 0) + 1
        return {"tools": [{**tool, "name": f"t{cursor}"}], "nextCursor": str(cursor)}
    if MISDEED == "names":
        names = ["t", "t", "", "a\nb", "\u001b[2J", "x" * 1000, "constructor", "\u202et"]
        return {"tools": [{**tool, "name": name} for name in names]}
    if MISDEED == "schema":
        loop = {"$defs": {"a": {"allOf": [{"$ref": "#/$defs/b"}] * 9}}, "$ref": "http://127.0.0.1:9/schema"}
        return {"tools": [{**tool, "inputSchema": loop}]}
    return {"tools": [tool]}


def called(request):
    identifier = request["id"]
    if MISDEED == "gigabyte":
        write(b'{"jsonrpc":"2.0","result":{"content":[{"type":"text","text":"')
        chunk = b"x" * (1 << 20)
        for _ in range(1024):
            write(chunk)
        write(b'"}]},"id":%d}\n' % identifier)
    elif MISDEED == "large":
        write(line({"result": text("x" * (20 << 20)), "id": identifier}))
    elif MISDEED == "half":
        write(line({"id": identifier, "result": text("x")})[:20])
    elif MISDEED == "utf8":
        write(b'{"jsonrpc":"2.0","id":%d,"result":{"content":[{"type":"text","text":"\xff\xfe"}]}}\n' % identifier)
        write(b"\xff\xfe\n")
        write(line({"id": identifier, "result": text("after")}))
    elif MISDEED == "duplicates":
        for other in (identifier + 1, identifier + 1000, identifier, identifier, 0):
            write(line({"id": other, "result": text(f"for {other - identifier}")}))
    elif MISDEED == "garbage":
        for _ in range(1000):
            write(b"Listening on port 3000...\n\n\x00\x01\n[]\n{}\n42\n" + line({"id": None, "result": 1}))
        write(line({"id": identifier, "result": text("after")}))
    elif MISDEED == "deep":
        write(b'{"jsonrpc":"2.0","id":%d,"result":{"structuredContent":' % identifier + b"[" * 100_000 + b"]" * 100_000 + b"}}\n")
    elif MISDEED == "questions":
        # Never reads again.
        question = line({"id": "q", "method": "ping"})
        while True:
            write(question * 1000)
    elif MISDEED == "flood":
        note = line({"method": "notifications/message", "params": {"level": "info", "data": "x"}})
        while True:
            write(note * 1000)
    elif MISDEED == "silent":
        return
    elif MISDEED == "deaf":
        time.sleep(3)
        write(line({"id": identifier, "result": text("fine")}))
    elif MISDEED == "dies":
        os._exit(9)
    elif MISDEED == "shape":
        write(line({"id": identifier, "result": {"content": "not a list"}}))
    else:
        write(line({"id": identifier, "result": text("fine")}))


if MISDEED == "mute":
    time.sleep(600)
if MISDEED == "crash":
    print("Error: no licence key", file=sys.stderr, flush=True)
    sys.exit(1)
if MISDEED == "stderr":
    sys.stderr.write("y" * (10 << 20) + "\n")
    sys.stderr.flush()
for incoming in sys.stdin:
    request = json.loads(incoming)
    method = request.get("method")
    if "id" not in request or method is None:
        continue
    if method == "initialize":
        write(line({"id": request["id"], "result": initialized(request)}))
    elif method == "tools/list":
        write(line({"id": request["id"], "result": listed(request)}))
    elif method == "tools/call":
        called(request)
    elif method == "ping" and MISDEED == "deaf":
        continue
    else:
        write(line({"id": request["id"], "result": {}}))
