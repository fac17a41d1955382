#!/usr/bin/env python3
"""Malformed requests over HTTP: malformed.py VESICLE [REQUESTS [SEED]]

Sends messages that are cut, mutated, too long, nested too deep, no UTF-8 or of another type, heads that are no heads, and holds slow
connections open meanwhile. Ends with 1 where the host died, did not answer a right request afterwards, answered a malformed one with a
result, or keeps files or memory. Prints what was sent, how it was answered, and what it cost.
"""

import json
import os
import random
import re
import socket
import sys
import tempfile
import time

from host import kb, started

SLOW = 200
# What allocators and pools keep for the next request, in KB.
KEPT_KB = 32 * 1024
CALL = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "tools/call",
    "params": {
        "name": "execute_agent_code",
        "arguments": {"code": "return 1 + 1"},
        "_meta": {
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientInfo": {"name": "load", "version": "1"},
            "io.modelcontextprotocol/clientCapabilities": {},
        },
    },
}
HEAD = {
    "Host": "127.0.0.1",
    "Content-Type": "application/json",
    "Accept": "application/json, text/event-stream",
    "MCP-Protocol-Version": "2026-07-28",
    "Mcp-Method": "tools/call",
    "Mcp-Name": "execute_agent_code",
    "Connection": "close",
}


def request(body, head=None, line="POST /mcp HTTP/1.1"):
    head = {**HEAD, "Content-Length": str(len(body)), **(head or {})}
    lines = [line] + [f"{name}: {value}" for name, value in head.items() if value is not None]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def malformed(random):
    """A request that is wrong, and what is wrong with it."""
    right = json.dumps(CALL).encode()
    kind = random.choice(KINDS)
    if kind == "cut":
        return kind, request(right[: random.randrange(len(right))])
    if kind == "another value":
        message = json.loads(right)
        message[random.choice(["jsonrpc", "method", "params"])] = random.choice([None, 7, [], {}, "x", True])
        return kind, request(json.dumps(message).encode())
    if kind == "no UTF-8":
        at = random.randrange(right.index(b"return"), right.index(b"return") + 6)
        return kind, request(right[:at] + bytes([random.randrange(0x80, 0x100)]) + right[at + 1 :])
    if kind == "nested":
        depth = random.randrange(200, 20_000)
        return kind, request(b"[" * depth + b"]" * random.choice([0, depth]))
    if kind == "too long":
        # Told by its length: what is announced is never sent.
        return kind, request(b"{", {"Content-Length": str((4 << 20) + 1 + random.randrange(1 << 40))})
    if kind == "another type":
        types = ["text/plain", "multipart/form-data", "application/xml", "", "application/json-patch"]
        return kind, request(right, {"Content-Type": random.choice(types)})
    if kind == "no length":
        return kind, request(right, {"Content-Length": random.choice(["-1", "x", "1, 2", "0x10"])})
    if kind == "chunks":
        return kind, request(b"zz\r\n", {"Content-Length": None, "Transfer-Encoding": "chunked"})
    if kind == "header":
        return kind, request(right, {"X-Long": "a" * random.randrange(70_000, 200_000)})
    if kind == "line":
        return kind, request(right, line=random.choice(["GET /mcp HTTP/9.9", "\x00\x01 / HTTP/1.1", "POST  HTTP/1.1"]))
    return kind, random.randbytes(random.randrange(1, 4096))


KINDS = ["cut", "another value", "no UTF-8", "nested", "too long", "another type", "no length", "chunks", "header", "line", "noise"]


def send(address, data, ends=False):
    with socket.create_connection(address, timeout=60) as connection:
        try:
            connection.sendall(data)
            if ends:
                # Whoever has said all and goes is not answered, so only where nothing whole was said.
                connection.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # Answered, or given up, in the middle of it.
        answer = b""
        try:
            while part := connection.recv(65536):
                answer += part
        except OSError:
            pass
        return answer


def status(answer):
    match = re.match(rb"HTTP/1\.1 (\d+)", answer)
    return match.group(1).decode() if match else "none"


def files(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def main():
    vesicle = os.path.realpath(sys.argv[1])
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 10_000
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    chosen = random.Random(seed)
    with tempfile.TemporaryDirectory() as place:
        host, port = started(vesicle, place)
        address = ("127.0.0.1", port)
        HEAD["Host"] = f"127.0.0.1:{port}"
        try:
            run(host, address, chosen, count)
        finally:
            host.terminate()
            host.wait(60)


def run(host, address, chosen, count):
    right = request(json.dumps(CALL).encode())
    assert b'"output":2' in send(address, right), "the host does not answer"
    # What the first malformed ones leave behind is no leak.
    for _ in range(count // 10):
        kind, data = malformed(chosen)
        send(address, data, kind == "noise")
    before_kb, before_files = kb(host), files(host.pid)
    slow = []
    for _ in range(SLOW):
        connection = socket.create_connection(address)
        connection.sendall(b"POST /mcp HTTP/1.1\r\n")
        slow.append(connection)
    answers = {}
    began = time.monotonic()
    for number in range(count):
        kind, data = malformed(chosen)
        answer = send(address, data, kind == "noise")
        told = status(answer)
        if b'"result"' in answer and b'"output":2' in answer:
            sys.exit(f"request {number} ({kind}) has a result: {data[:200]!r}")
        answers.setdefault(kind, {}).setdefault(told, 0)
        answers[kind][told] += 1
        if slow and number % 50 == 0:
            # A byte now and then.
            chosen.choice(slow).sendall(b"x")
    seconds = time.monotonic() - began
    for connection in slow:
        connection.close()
    if host.poll() is not None:
        sys.exit(f"the host ended with {host.returncode}")
    assert b'"output":2' in send(address, right), "the host does not answer any more"
    deadline = time.monotonic() + 60
    while files(host.pid) > before_files and time.monotonic() < deadline:
        time.sleep(0.1)
    for kind, told in sorted(answers.items()):
        print(f"{kind:14}", ", ".join(f"{number} x {status}" for status, number in sorted(told.items())))
    after_kb, after_files = kb(host), files(host.pid)
    print(f"{count} malformed requests in {seconds:.1f} s beside {SLOW} slow connections; the host answers")
    print(f"memory {before_kb} KB, then {after_kb} KB; open files {before_files}, then {after_files}")
    if after_kb > before_kb + KEPT_KB or after_files > before_files:
        sys.exit("the host keeps what is over")


if __name__ == "__main__":
    main()
