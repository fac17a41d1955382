"""Starts hosts for the loads beside it, and says what they have in memory."""

import re
import subprocess
import sys


def started(vesicle, place):
    """A host that serves HTTP with its data in `place`, and its port."""
    command = [vesicle, "serve", "--http", "127.0.0.1:0", "--data-dir", place]
    host = subprocess.Popen(command, cwd=place, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
    for line in host.stderr:
        if found := re.search(r"http://127\.0\.0\.1:(\d+)", line):
            # Whatever it logs must not fill the pipe.
            subprocess.Popen(["cat"], stdin=host.stderr, stdout=subprocess.DEVNULL)
            return host, int(found.group(1))
    sys.exit("the host does not start")


def kb(host):
    """What it has in memory, in KB."""
    with open(f"/proc/{host.pid}/status") as file:
        return int(re.search(r"VmRSS:\s+(\d+)", file.read()).group(1))
