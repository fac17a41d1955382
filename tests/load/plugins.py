"""How long a host with many plugins takes to start, and calls to take: python3 plugins.py VESICLE [PLUGINS]

Adds one plugin in TypeScript under that many names (500, unless it is said), which takes a while, and prints medians.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

VESICLE = Path(sys.argv[1]).resolve()
PLUGINS = int(sys.argv[2]) if len(sys.argv) > 2 else 500
STARTS, CALLS = 11, 300
SOURCE = "export function slug(title: string): string { return title.toLowerCase().replaceAll(' ', '-'); }\n"


class Host:
    def __init__(self, place):
        self.began = time.perf_counter()
        command = [VESICLE, "serve", "--data-dir", place / "data"]
        self.process = subprocess.Popen(
            command, cwd=place, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self.id = 0

    def send(self, message):
        self.process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")
        self.process.stdin.flush()

    def ask(self, method, params):
        """The answer, and how long it took in milliseconds."""
        began = time.perf_counter()
        self.id += 1
        self.send({"id": self.id, "method": method, "params": params})
        while (answer := json.loads(self.process.stdout.readline())).get("id") != self.id:
            pass
        return answer, (time.perf_counter() - began) * 1e3

    def initialize(self):
        client = {"name": "load", "version": "1"}
        self.ask("initialize", {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client})
        took = (time.perf_counter() - self.began) * 1e3
        self.send({"method": "notifications/initialized"})
        return took

    def call(self, name, arguments):
        answer, took = self.ask("tools/call", {"name": name, "arguments": arguments})
        assert not answer["result"]["isError"], answer
        return took

    def end(self):
        self.process.stdin.close()
        self.process.wait()


with tempfile.TemporaryDirectory() as place:
    place = Path(place)
    (place / "slug.ts").write_text(SOURCE)
    for number in range(PLUGINS):
        add = [VESICLE, "plugin", "add", "slug.ts", "--name", f"slug{number}", "--data-dir", place / "data"]
        subprocess.run(add, cwd=place, check=True, stdout=subprocess.DEVNULL)
    starts, lists = [], []
    for _ in range(STARTS):
        host = Host(place)
        starts.append(host.initialize())
        lists.append(host.ask("tools/list", {})[1])
        host.end()
    print(f"{PLUGINS} plugins: initialize {statistics.median(starts):.0f} ms, first tools/list {statistics.median(lists):.0f} ms")
    host = Host(place)
    host.initialize()
    host.ask("tools/list", {})
    calls = {"execute_agent_code": {"code": "return 1 + 1"}, "slug0__slug": {"title": "A b"}}
    for name, arguments in calls.items():
        took = statistics.median(host.call(name, arguments) for _ in range(CALLS))
        print(f"{name}: {took:.2f} ms")
    host.end()
