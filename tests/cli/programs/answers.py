"""Runs a program at a terminal and types an answer whenever it asks with `[Y/n] `; prints what the terminal saw."""

import os
import pty
import sys

answers, arguments = sys.argv[1].split("\n"), sys.argv[2:]
child, terminal = pty.fork()
if child == 0:
    os.execv(arguments[0], arguments)
seen, asked = b"", 0
while True:
    try:
        read = os.read(terminal, 4096)
    except OSError:
        read = b""
    if not read:
        break
    seen += read
    while seen.count(b"[Y/n] ") > asked:
        answer = answers[asked] if asked < len(answers) else "\x04"
        os.write(terminal, (answer + ("\n" if answer != "\x04" else "")).encode())
        asked += 1
_, status = os.waitpid(child, 0)
sys.stdout.buffer.write(seen)
sys.exit(os.waitstatus_to_exitcode(status))
