"""The official Python client against a real server: python client.py VESICLE CACHE_DIR DATA_DIR, or python client.py URL

Runs everything twice: over the session protocol that starts with `initialize`, and over whatever
the client negotiates by itself, which is the stateless protocol of 2026. Ends with a failed
assertion, or with 0.
"""

import sys

import anyio
from mcp import Client, MCPError, StdioServerParameters

COMMAND, *DIRECTORIES = sys.argv[1:]
CONCURRENCY = 4
NAME = "execute_agent_code"


async def call(client, code, **rest):
    return await client.call_tool(NAME, {"code": code, **rest})


async def lists(client):
    assert client.server_info.name == "vesicle", client.server_info
    tools = (await client.list_tools()).tools
    assert tools[0].name == NAME, tools
    assert tools[0].input_schema["required"] == ["code"]


async def succeeds(client):
    result = await call(
        client,
        "console.log('adding'); return { sum: input.a + input.b }",
        context={"task": "add two numbers", "input": {"a": 2, "b": 40}},
    )
    assert not result.is_error, result
    assert result.structured_content["status"] == "success"
    assert result.structured_content["output"] == {"sum": 42}
    assert [block.text for block in result.content] == ['{"sum":42}', "stdout:\nadding\n"]


async def fails_at_the_right_place(client):
    result = await call(client, "const order = null;\nreturn order.total;")
    assert result.is_error
    assert result.structured_content["error_type"] == "runtime"
    assert result.structured_content["location"]["line"] == 2
    assert "return order.total" in result.content[0].text


async def runs_out_of_time(client):
    result = await call(client, "while (Date.now()) {}", timeout_ms=200)
    assert result.is_error
    assert result.structured_content["status"] == "timeout"


async def refuses(client):
    result = await client.call_tool(NAME, {"program": "return 1"})
    assert result.is_error
    assert "`code` is missing" in result.content[0].text
    try:
        await client.call_tool("no_such_tool", {})
    except MCPError as error:
        assert error.code == -32602, error
    else:
        raise AssertionError("a tool that there is not was called")


async def tells_progress(client):
    seen = []

    async def on_progress(progress, total, message):
        seen.append((progress, total, message))

    result = await client.call_tool(
        NAME,
        {"code": "await new Promise(resolve => setTimeout(resolve, 2_500)); return 'done'"},
        progress_callback=on_progress,
    )
    assert result.structured_content["output"] == "done"
    assert len(seen) >= 2, seen
    assert seen[0][0] < seen[1][0] and seen[0][1] == 5_000, seen
    assert seen[0][2].startswith("running for "), seen


async def cancels(client):
    # As many as there are slots: if one were kept, the call after them would wait for seconds.
    with anyio.move_on_after(0.5) as scope:
        async with anyio.create_task_group() as group:
            for _ in range(CONCURRENCY):
                group.start_soon(lambda: call(client, "while (Date.now()) {}", profile="permissive"))
    assert scope.cancelled_caught
    with anyio.fail_after(5):
        result = await call(client, "return 'still here'")
    assert result.structured_content["output"] == "still here"


async def runs_in_parallel(client):
    outputs = {}

    async def square(i):
        result = await call(client, "return input * input", context={"input": i})
        outputs[i] = result.structured_content["output"]

    async with anyio.create_task_group() as group:
        for i in range(100):
            group.start_soon(square, i)
    assert outputs == {i: i * i for i in range(100)}, outputs


async def main():
    server = COMMAND
    if DIRECTORIES:
        cache_dir, data_dir = DIRECTORIES
        server = StdioServerParameters(
            command=COMMAND,
            args=["serve", "--cache-dir", cache_dir, "--data-dir", data_dir, "--concurrency", str(CONCURRENCY)],
        )
    for mode in ("legacy", "auto"):
        async with Client(server, mode=mode) as client:
            for check in (
                lists,
                succeeds,
                fails_at_the_right_place,
                runs_out_of_time,
                refuses,
                tells_progress,
                cancels,
                runs_in_parallel,
            ):
                try:
                    await check(client)
                except Exception:
                    print(f"in {check.__name__}, mode {mode}:", file=sys.stderr)
                    raise


anyio.run(main)
