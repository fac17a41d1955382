"""Serves tool definitions from a file, over stdio: python replay.py FILE

The file is {"tools": [...]} as in tests/data. Definitions are sent as they stand there, in pages of 50. A
call answers with its own name and arguments, as JSON text.
"""

import asyncio
import json
import sys

from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
from mcp.types import CallToolResult, ListToolsResult, TextContent, Tool

PAGE = 50

with open(sys.argv[1], encoding="utf-8") as file:
    TOOLS = [Tool.model_validate(tool) for tool in json.load(file)["tools"]]


async def list_tools(_context, params):
    start = int(params.cursor) if params and params.cursor else 0
    after = start + PAGE
    return ListToolsResult(tools=TOOLS[start:after], next_cursor=str(after) if after < len(TOOLS) else None)


async def call_tool(_context, params):
    said = json.dumps({"name": params.name, "arguments": params.arguments})
    return CallToolResult(content=[TextContent(type="text", text=said)])


async def main():
    server = Server("replay", version="0.1", on_list_tools=list_tools, on_call_tool=call_tool)
    async with stdio_server() as (read, write):
        await server.run(read, write, server.create_initialization_options())


asyncio.run(main())
