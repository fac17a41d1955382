"""Measures Monty: a sandboxed Python interpreter, in worker processes that are started once.

Each repetition takes a fresh session, runs the program and gives the session back. Prints one JSON
object a line, as measure.mjs does.
"""

import json
import math
import sys
import time

PEER = "Monty, warm worker process"

FIB = """\
def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)
fib(25)"""

JSON_ROWS = """\
import json
rows = json.loads(text)
out = json.dumps([{**row, 'amount': row['amount'] * 2} for row in rows if row['active']])
len(out) > 100_000"""

TOOL_CALLS = """\
total = 0
for i in range(100):
    total = add({'a': total, 'b': i})['sum']
total"""

REGIONS = ["north", "east", "south", "west"]


def rows_text():
    """What `vesicle bench` uses."""
    rows = (
        f'{{"id":{id},"name":"customer number {id}","region":"{REGIONS[id % 4]}",'
        f'"amount":{id % 977}.25,"active":{"true" if id % 3 else "false"}}}'
        for id in range(10_000)
    )
    return f"[{','.join(rows)}]"


def add(arguments):
    return {"sum": arguments["a"] + arguments["b"]}


PROGRAMS = [
    ("one_plus_one", "1 + 1", {}, {}, 2, 500),
    ("fib_25", FIB, {}, {}, 75_025, 30),
    ("json_10k_rows", JSON_ROWS, {"text": rows_text()}, {}, True, 20),
    ("tool_calls_100", TOOL_CALLS, {}, {"add": add}, 4950, 100),
]


def measure(pool, key, code, inputs, lookup, expected, repetitions):
    times = []
    warm_ups = math.ceil(repetitions / 10)
    for i in range(-warm_ups, repetitions):
        began = time.perf_counter()
        with pool.checkout() as session:
            result = session.feed_run(code, inputs=inputs, external_lookup=lookup)
        took = time.perf_counter() - began
        if result != expected:
            raise ValueError(f"it gave {result} instead of {expected}")
        if i >= 0:
            times.append(took)
    times.sort()
    p50 = times[max(1, math.ceil(len(times) * 0.5)) - 1]
    print(json.dumps({"peer": PEER, "key": key, "p50_us": p50 * 1e6, "count": repetitions}), flush=True)


def main():
    try:
        from pydantic_monty import Monty, MontyError
    except ImportError as error:
        print(f"pydantic-monty: not measured: {error}", file=sys.stderr)
        return
    quick = "--quick" in sys.argv
    with Monty() as pool:
        for *program, repetitions in PROGRAMS:
            try:
                measure(pool, *program, max(3, repetitions // 10) if quick else repetitions)
            except (MontyError, ValueError) as error:
                print(f"{PEER}, {program[0]}: not measured: {error}", file=sys.stderr)


main()
