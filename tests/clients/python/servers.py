"""The official Python client, with three real servers behind Vesicle: python servers.py VESICLE CACHE_DIR PLACE

PLACE has the newcomer's `.mcp.json`, a `vesicle.toml`, and `people.csv`. Runs everything twice: over the
session protocol that starts with `initialize`, and over whatever the client negotiates by itself, which
is the stateless protocol of 2026. Ends with a failed assertion, or with 0.
"""

import json
import sys
from pathlib import Path

import anyio
from mcp import Client, MCPError, StdioServerParameters
from mcp.types import ElicitResult

COMMAND, CACHE_DIR, PLACE = sys.argv[1:]
PATIENCE = 60


async def tool(client, name, /, **arguments):
    return await client.call_tool(name, arguments)


async def text(client, name, /, **arguments):
    return (await tool(client, name, **arguments)).content[0].text


async def code(client, code):
    result = await tool(client, "execute_agent_code", code=code)
    assert not result.is_error, result
    return result.structured_content["output"]


async def servers_come_up(client):
    with anyio.fail_after(PATIENCE):
        while True:
            listed = await text(client, "list_servers")
            if all(f"{name}: ready" in listed for name in ("everything", "files", "memory")):
                return
            await anyio.sleep(0.1)


async def finds_and_calls(client):
    names = [tool.name for tool in (await client.list_tools()).tools]
    assert names[:5] == ["execute_agent_code", "search_tools", "describe_tools", "call_tool", "list_servers"], names
    found = await text(client, "search_tools", query="read the text of a file", limit=3)
    assert "read_text_file" in found, found
    described = await text(client, "describe_tools", names=["files.read_text_file", "memory.create_entity"])
    assert "tools.files.read_text_file(" in described, described
    assert "no tool `memory.create_entity`" in described and "`memory.create_entities`" in described, described
    called = await tool(client, "call_tool", name="everything.get-sum", arguments={"a": 40, "b": 2})
    assert not called.is_error and "42" in called.content[0].text, called
    refused = await tool(client, "call_tool", name="everything.get-sum", arguments={"a": "40"})
    assert refused.is_error and refused.content[0].text.startswith("invalid"), refused


async def reads_transforms_and_writes(client):
    told = await code(
        client,
        f"""
        const report = await tools.files.read_text_file({{ path: {json.dumps(PLACE + "/people.csv")} }});
        const rows = report.content.trim().split("\\n").slice(1).map(line => line.split(","));
        const blue = rows.filter(([, team]) => team === "blue").map(([name]) => name);
        await tools.memory.create_entities({{
          entities: blue.map(name => ({{ name, entityType: "person", observations: ["is in team blue"] }})),
        }});
        return blue;
        """,
    )
    assert told == ["Ada", "Cleo"], told
    kept = Path(PLACE, "memory.json").read_text()
    assert "Cleo" in kept and "Bob" not in kept, kept


async def browses(client):
    uri = "vesicle://servers/memory/create_entities.ts"
    resources = (await client.list_resources()).resources
    assert any(str(resource.uri) == uri for resource in resources), resources
    contents = (await client.read_resource(uri)).contents
    assert "tools.memory.create_entities" in contents[0].text, contents
    try:
        await client.read_resource("vesicle://servers/memory/nothing.ts")
    except MCPError as error:
        assert "no tool `memory.nothing`" in str(error), error
    else:
        raise AssertionError("a resource that there is not was read")


async def remove(client, name):
    return await code(
        client,
        f'return tools.memory.delete_entities({{ entityNames: ["{name}"] }}).then(() => "done", error => error.code)',
    )


class Person:
    """Answers questions as it is told."""

    def __init__(self):
        self.action, self.asked = None, []

    async def __call__(self, _context, params):
        self.asked.append(params.message)
        return ElicitResult(action=self.action, content={} if self.action == "accept" else None)

    async def asks(self, client):
        answers = (("Ada", "decline", "denied"), ("Ada", "accept", "done"), ("Cleo", "cancel", "denied"))
        for name, self.action, expected in answers:
            assert await remove(client, name) == expected, self.action
        assert len(self.asked) == 3 and "wants to call memory.delete_entities" in self.asked[0], self.asked
        left = await code(client, "return (await tools.memory.read_graph()).entities.map(entity => entity.name)")
        assert left == ["Cleo"], left


async def cannot_ask(client):
    assert await remove(client, "Cleo") == "denied"


async def main():
    server = StdioServerParameters(
        command=COMMAND,
        args=["serve", "--cache-dir", CACHE_DIR, "--data-dir", f"{PLACE}/data", "--profile", "permissive"],
        cwd=PLACE,
    )
    for mode in ("legacy", "auto"):
        Path(PLACE, "memory.json").unlink(missing_ok=True)
        person = Person()
        async with Client(server, mode=mode, elicitation_callback=person) as client:
            for check in (
                servers_come_up,
                finds_and_calls,
                reads_transforms_and_writes,
                browses,
                # In a session by a request of Vesicle's own; without one by an answer, and the call is made again.
                person.asks,
            ):
                try:
                    await check(client)
                except Exception:
                    print(f"in {check.__name__}, mode {mode}:", file=sys.stderr)
                    raise
        async with Client(server, mode=mode) as client:
            await servers_come_up(client)
            await cannot_ask(client)


anyio.run(main)
