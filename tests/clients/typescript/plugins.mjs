// The official TypeScript client writes a plugin, and has it in later sessions: node plugins.mjs VESICLE CACHE_DIR PLACE
// Ends with a failed assertion, or with 0.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { ElicitRequestSchema, ToolListChangedNotificationSchema } from "@modelcontextprotocol/sdk/types.js";

const [command, cacheDir, place] = process.argv.slice(2);
const PATIENCE_MS = 60_000;
const places = ["--cache-dir", cacheDir, "--data-dir", `${place}/data`];

async function connect(capabilities = {}) {
  const client = new Client({ name: "vesicle-tests", version: "1.0.0" }, { capabilities });
  client.onerror = (error) => {
    throw error;
  };
  await client.connect(new StdioClientTransport({ command, args: ["serve", "--watch", ...places], cwd: place }));
  client.changes = 0;
  client.setNotificationHandler(ToolListChangedNotificationSchema, () => {
    client.changes += 1;
  });
  return client;
}

const plugin = (...args) => execFileSync(command, ["plugin", ...args, ...places], { cwd: place, encoding: "utf8" });
const text = (result) => result.content[0].text;
const names = async (client) => (await client.listTools()).tools.map((tool) => tool.name);
const call = (client, name, args = {}) => client.callTool({ name, arguments: args });

async function until(holds) {
  const began = Date.now();
  while (!(await holds())) {
    assert.ok(Date.now() - began < PATIENCE_MS);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const source = `
/** How often it was called. */
export async function count({ by }: { by: number }): Promise<{ count: number }> {
  const count = ((await state.get("count")) ?? 0) + by;
  await state.set("count", count);
  return { count };
}`;
const counter = { name: "counter", language: "typescript", source, permissions: { state: true } };

let client = await connect();
{
  assert.ok((await names(client)).includes("save_plugin"));
  const saved = await call(client, "save_plugin", counter);
  assert.equal(saved.isError, false, JSON.stringify(saved));
  assert.equal(saved.structuredContent.missing, "state");
  await until(() => client.changes > 0);
  // From here on the client holds each result against the plugin's own schema.
  assert.ok((await names(client)).includes("counter__count"));
  const denied = await call(client, "counter__count", { by: 1 });
  assert.equal(denied.isError, true);
  assert.match(text(denied), /not granted to it: state; the operator grants it with `vesicle plugin grant counter --all`/);
  await client.close();
}

client = await connect();
{
  assert.ok((await names(client)).includes("counter__count"));
  assert.equal((await call(client, "counter__count", { by: 1 })).isError, true);
  plugin("grant", "counter", "--all");
  const granted = await call(client, "counter__count", { by: 2 });
  assert.deepEqual(granted.structuredContent, { count: 2 });
  const ran = await call(client, "execute_agent_code", { code: "return (await plugins.counter.count({ by: 3 })).count" });
  assert.equal(ran.structuredContent.output, 5, JSON.stringify(ran));

  // Two sessions, and another process.
  const other = await connect();
  assert.deepEqual((await call(other, "counter__count", { by: 1 })).structuredContent, { count: 6 });
  const before = client.changes;
  assert.equal((await call(other, "remove_plugin", { name: "counter" })).isError, false);
  await until(() => client.changes > before);
  assert.ok(!(await names(client)).includes("counter__count"));
  await other.close();
  await client.close();
}

client = await connect({ elicitation: {} });
{
  const asked = [];
  let action = "decline";
  client.setRequestHandler(ElicitRequestSchema, ({ params }) => {
    asked.push(params.message);
    return action === "accept" ? { action, content: {} } : { action };
  });
  await call(client, "save_plugin", counter);
  await client.listTools();
  assert.equal((await call(client, "counter__count", { by: 1 })).isError, true);
  action = "accept";
  const saved = await call(client, "save_plugin", counter);
  assert.equal(saved.structuredContent.changed, false);
  assert.equal(saved.structuredContent.standing, "granted");
  const counted = await call(client, "counter__count", { by: 1 });
  assert.equal(counted.isError, false, JSON.stringify(counted));
  assert.equal(asked.length, 2);
  assert.match(asked[0], /asks for: state/);
  const { plugins } = (await call(client, "list_plugins")).structuredContent;
  assert.deepEqual(plugins.map(({ name, standing }) => [name, standing]), [["counter", "granted"]]);
  assert.equal((await call(client, "plugin_info", { name: "counter" })).structuredContent.rights.state.effective[0], "state");
}
await client.close();
