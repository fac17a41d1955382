// Tasks with the official TypeScript client: node tasks.mjs VESICLE CACHE_DIR DATA_DIR, or node tasks.mjs URL
// Ends with a failed assertion, or with 0.
import assert from "node:assert/strict";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { CallToolResultSchema } from "@modelcontextprotocol/sdk/types.js";

const [command, cacheDir, dataDir] = process.argv.slice(2);
const name = "execute_agent_code";
const transport = () =>
  command.startsWith("http")
    ? new StreamableHTTPClientTransport(new URL(command))
    : new StdioClientTransport({ command, args: ["serve", "--cache-dir", cacheDir, "--data-dir", dataDir] });

// Strict: it makes no request that the server's capabilities do not announce.
const client = new Client({ name: "vesicle-tests", version: "1.0.0" }, { enforceStrictCapabilities: true });
client.onerror = (error) => {
  throw error;
};
await client.connect(transport());
const tasks = client.experimental.tasks;
const call = (code, options) => tasks.callToolStream({ name, arguments: { code } }, CallToolResultSchema, options);
const all = async (stream) => {
  const messages = [];
  for await (const message of stream) messages.push(message);
  return messages;
};

{
  // The client reads from the list which tools take tasks, and asks for one by itself.
  const { tools } = await client.listTools();
  assert.equal(tools.find((tool) => tool.name === name).execution.taskSupport, "optional");
  const messages = await all(call("await new Promise(done => setTimeout(done, 1_200)); return { answer: 42 }"));
  assert.equal(messages[0].type, "taskCreated");
  assert.equal(messages[1].task.status, "working");
  const last = messages.at(-1);
  assert.equal(last.type, "result", JSON.stringify(last));
  // It was held against the tool's schema.
  assert.deepEqual(last.result.structuredContent.output, { answer: 42 });
  const { taskId } = messages[0].task;
  assert.equal((await tasks.getTask(taskId)).status, "completed");
  const kept = await tasks.getTaskResult(taskId, CallToolResultSchema);
  assert.deepEqual(kept.structuredContent, last.result.structuredContent);
  const listed = await tasks.listTasks();
  assert.deepEqual(listed.tasks.map((task) => task.taskId), [taskId]);
}

{
  // Cancelled while it runs.
  const messages = [];
  for await (const message of call("await new Promise(done => setTimeout(done, 4_000))", { task: { ttl: 30_000 } })) {
    messages.push(message);
    if (message.type === "taskCreated") {
      assert.equal(message.task.ttl, 30_000);
      assert.equal((await tasks.cancelTask(message.task.taskId)).status, "cancelled");
    }
  }
  assert.match(messages.at(-1).error.message, /was cancelled/);
}

{
  const messages = await all(call("throw new Error('not today')"));
  assert.match(messages.at(-1).error.message, /failed/);
  const { taskId } = messages[0].task;
  assert.match((await tasks.getTask(taskId)).statusMessage, /not today/);
  await assert.rejects(tasks.getTask("no-such-task"), { code: -32602 });
}

{
  // Another session, without accounts, sees nothing of it.
  if (command.startsWith("http")) {
    const other = new Client({ name: "vesicle-tests", version: "1.0.0" });
    await other.connect(transport());
    assert.deepEqual((await other.experimental.tasks.listTasks()).tasks, []);
    await other.close();
  }
  assert.ok((await tasks.listTasks()).tasks.length > 0);
}

// Closing breaks off the stream that the host would send its own messages on.
client.onerror = undefined;
await client.close();
