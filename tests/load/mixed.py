#!/usr/bin/env python3
"""Mixed load over HTTP: mixed.py VESICLE [MINUTES [CONNECTIONS]]

Programs, tools of another server from code, plugins, and the memory, from as many connections as are asked for. Each answer is compared with
what it has to be. Prints calls a second, the times of each kind, and the host's memory each half minute. Ends with 1 where an answer was wrong,
or where the memory of the second half grew by more than a tenth.
"""

import collections
import http.client
import json
import os
import pathlib
import sys
import tempfile
import threading
import time

from host import kb, started

HERE = pathlib.Path(__file__).resolve().parent
META = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientInfo": {"name": "load", "version": "1"},
    "io.modelcontextprotocol/clientCapabilities": {},
}
SLUG = "export function slug({ title }: { title: string }): string { return title.toLowerCase().replaceAll(' ', '-') }"
GROWTH = 1.1


class Client:
    def __init__(self, port):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def call(self, tool, arguments):
        params = {"name": tool, "arguments": arguments, "_meta": META}
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params})
        head = {
            "Content-Type": "application/json",
            "Accept": "application/json, text/event-stream",
            "MCP-Protocol-Version": "2026-07-28",
            "Mcp-Method": "tools/call",
            "Mcp-Name": tool,
        }
        self.connection.request("POST", "/mcp", body, head)
        answer = self.connection.getresponse().read()
        result = json.loads(answer).get("result")
        if result is None or result.get("isError"):
            raise ValueError(f"{tool}: {answer[:500]}")
        return result


def output(result):
    return result["structuredContent"]["output"]


def program(client, number):
    code = "return input.map(n => n * 2).reduce((a, b) => a + b, 0)"
    wanted = 2 * sum(range(number % 50))
    return output(client.call("execute_agent_code", {"code": code, "context": {"input": list(range(number % 50))}})) == wanted


def tool(client, number):
    code = "return (await tools.raw.echo({ text: String(input) }))"
    return str(number) in json.dumps(output(client.call("execute_agent_code", {"code": code, "context": {"input": number}})))


def plugin(client, number):
    told = client.call("slugify__slug", {"title": f"A Title {number}"})
    return f"a-title-{number}" in told["content"][0]["text"]


def memory(client, number):
    task = {"task_description": f"answer question {number % 100}", "domain": "load", "task_type": "analysis"}
    made = client.call("create_episode", task)["structuredContent"]["episode_id"]
    client.call("complete_episode", {"episode_id": made, "outcome_type": "success", "verdict": "It is answered."})
    found = client.call("query_memory", {"query": f"question {number % 100}", "domain": "load", "limit": 3})
    # What is remembered takes room, and is no leak.
    client.call("delete_episode", {"episode_id": made, "confirm": True})
    return "episodes" in found["structuredContent"]


# How often each of them is among a hundred.
KINDS = [(program, 60), (tool, 20), (plugin, 15), (memory, 5)]


def worker(port, first, until, times, wrong):
    client = Client(port)
    order = [kind for kind, often in KINDS for _ in range(often)]
    number = first
    while time.monotonic() < until and not wrong:
        kind = order[number * 37 % 100]
        began = time.monotonic()
        try:
            right = kind(client, number)
        except Exception as error:  # Whatever it is, it is no right answer.
            wrong.append(f"{kind.__name__}: {error}")
            return
        if not right:
            wrong.append(f"{kind.__name__} {number} is answered wrongly")
            return
        times[kind.__name__].append(time.monotonic() - began)
        number += 1


def main():
    vesicle = os.path.realpath(sys.argv[1])
    minutes = float(sys.argv[2]) if len(sys.argv) > 2 else 10
    connections = int(sys.argv[3]) if len(sys.argv) > 3 else 8
    with tempfile.TemporaryDirectory() as place:
        server = {"command": "python3", "args": [str(HERE.parent / "servers" / "raw.py")]}
        pathlib.Path(place, ".mcp.json").write_text(json.dumps({"mcpServers": {"raw": server}}))
        # As many as come; what bounds them by default is not what is measured.
        pathlib.Path(place, "vesicle.toml").write_text("[servers.raw]\ncalls_per_minute = 1000000\n")
        host, port = started(vesicle, place)
        try:
            load(host, port, minutes * 60, connections)
        finally:
            host.terminate()
            host.wait(60)


def load(host, port, seconds, connections):
    Client(port).call("save_plugin", {"name": "slugify", "source": SLUG})
    times, wrong, began = collections.defaultdict(list), [], time.monotonic()
    until = began + seconds
    arguments = [(port, 1_000_000 * n, until, times, wrong) for n in range(connections)]
    workers = [threading.Thread(target=worker, args=each) for each in arguments]
    for each in workers:
        each.start()
    sizes = []
    while time.monotonic() < until and not wrong:
        time.sleep(min(30, seconds / 8))
        sizes.append(kb(host))
    for each in workers:
        each.join()
    if wrong:
        sys.exit("\n".join(wrong))
    count = sum(map(len, times.values()))
    print(f"{count} calls from {connections} connections in {time.monotonic() - began:.0f} s, none answered wrongly")
    for kind, took in times.items():
        took.sort()
        print(f"{kind:8} {len(took):8}  p50 {took[len(took) // 2] * 1e3:7.2f} ms  p99 {took[len(took) * 99 // 100] * 1e3:7.2f} ms")
    print("memory in KB:", ", ".join(map(str, sizes)))
    half = sizes[len(sizes) // 2 :]
    if max(half) > min(half) * GROWTH:
        sys.exit("the host's memory grows")


if __name__ == "__main__":
    main()
