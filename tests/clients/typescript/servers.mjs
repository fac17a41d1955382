// The official TypeScript client, with three real servers behind Vesicle: node servers.mjs VESICLE CACHE_DIR PLACE
// PLACE has the newcomer's `.mcp.json`, a `vesicle.toml`, and `people.csv`. Ends with a failed assertion, or with 0.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { ElicitRequestSchema } from "@modelcontextprotocol/sdk/types.js";

const [command, cacheDir, place] = process.argv.slice(2);
const PATIENCE_MS = 60_000;
const args = ["serve", "--cache-dir", cacheDir, "--data-dir", `${place}/data`, "--profile", "permissive"];

async function connect(capabilities) {
  const client = new Client({ name: "vesicle-tests", version: "1.0.0" }, { capabilities });
  client.onerror = (error) => {
    throw error;
  };
  await client.connect(new StdioClientTransport({ command, args, cwd: place }));
  return client;
}

let client = await connect({ elicitation: {} });
const tool = (name, args = {}) => client.callTool({ name, arguments: args });
const text = (result) => result.content[0].text;
const code = async (code) => {
  const result = await tool("execute_agent_code", { code });
  assert.equal(result.structuredContent.status, "success", JSON.stringify(result));
  return result.structuredContent.output;
};

{
  // From here on the client checks every structuredContent against the output schema.
  const { tools } = await client.listTools();
  const names = ["execute_agent_code", "search_tools", "describe_tools", "call_tool", "list_servers"];
  assert.deepEqual(tools.map((tool) => tool.name), names);
}

{
  // Node.js takes its time to start three of them.
  const began = Date.now();
  for (;;) {
    const listed = text(await tool("list_servers"));
    if (["everything", "files", "memory"].every((name) => listed.includes(`${name}: ready`))) break;
    assert.ok(Date.now() - began < PATIENCE_MS, listed);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

{
  const found = text(await tool("search_tools", { query: "read the text of a file", limit: 3 }));
  assert.match(found, /read_text_file/);
  const within = text(await tool("search_tools", { query: "add two numbers", server: "everything", detail: "names" }));
  assert.match(within, /^everything: get-sum,/);
  const described = text(await tool("describe_tools", { names: ["files.read_text_file", "memory.create_entity"] }));
  assert.match(described, /tools\.files\.read_text_file\(/);
  assert.match(described, /no tool `memory\.create_entity`[^]*`memory\.create_entities`/);
  const called = await tool("call_tool", { name: "everything.get-sum", arguments: { a: 40, b: 2 } });
  assert.equal(called.isError, false);
  assert.match(text(called), /42/);
  const refused = await tool("call_tool", { name: "everything.get-sum", arguments: { a: "40" } });
  assert.equal(refused.isError, true);
  assert.match(text(refused), /^invalid.input: /);
}

{
  // One script reads from one server, transforms, and writes to another, in one call.
  const told = await code(`
    const report = await tools.files.read_text_file({ path: ${JSON.stringify(`${place}/people.csv`)} });
    const rows = report.content.trim().split("\\n").slice(1).map(line => line.split(","));
    const blue = rows.filter(([, team]) => team === "blue").map(([name]) => name);
    await tools.memory.create_entities({
      entities: blue.map(name => ({ name, entityType: "person", observations: ["is in team blue"] })),
    });
    return blue;
  `);
  assert.deepEqual(told, ["Ada", "Cleo"]);
  const kept = await readFile(`${place}/memory.json`, "utf8");
  assert.ok(kept.includes("Cleo") && !kept.includes("Bob"), kept);
}

{
  const { resources } = await client.listResources();
  const uri = "vesicle://servers/memory/create_entities.ts";
  assert.ok(resources.some((resource) => resource.uri === uri), JSON.stringify(resources));
  const { resourceTemplates } = await client.listResourceTemplates();
  assert.equal(resourceTemplates[0].uriTemplate, "vesicle://servers/{server}/{tool}.ts");
  const { contents } = await client.readResource({ uri });
  assert.match(contents[0].text, /tools\.memory\.create_entities/);
  await assert.rejects(client.readResource({ uri: "vesicle://servers/memory/nothing.ts" }), /no tool `memory\.nothing`/);
}

{
  // `vesicle.toml` has a person asked before anything is deleted.
  const remove = (name) =>
    code(`return tools.memory.delete_entities({ entityNames: ["${name}"] }).then(() => "done", error => error.code)`);
  const asked = [];
  for (const [name, action, expected] of [
    ["Ada", "decline", "denied"],
    ["Ada", "accept", "done"],
    ["Cleo", "cancel", "denied"],
  ]) {
    client.setRequestHandler(ElicitRequestSchema, ({ params }) => {
      asked.push(params.message);
      return action === "accept" ? { action, content: {} } : { action };
    });
    assert.equal(await remove(name), expected, action);
  }
  assert.equal(asked.length, 3);
  assert.match(asked[0], /wants to call memory\.delete_entities with[^]*"Ada"/);
  const left = await code("return (await tools.memory.read_graph()).entities.map(entity => entity.name)");
  assert.deepEqual(left, ["Cleo"]);
  await client.close();

  // A client that cannot ask.
  client = await connect({});
  assert.equal(await remove("Cleo"), "denied");
}

await client.close();
