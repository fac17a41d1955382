// The official TypeScript client against a real server: node client.mjs VESICLE CACHE_DIR DATA_DIR, or node client.mjs URL
// Ends with a failed assertion, or with 0.
import assert from "node:assert/strict";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";

const [command, cacheDir, dataDir] = process.argv.slice(2);
const CONCURRENCY = 4;
const name = "execute_agent_code";

const client = new Client({ name: "vesicle-tests", version: "1.0.0" });
client.onerror = (error) => {
  throw error;
};
const isUrl = command.startsWith("http");
await client.connect(
  isUrl
    ? new StreamableHTTPClientTransport(new URL(command))
    : new StdioClientTransport({
        command,
        args: ["serve", "--cache-dir", cacheDir, "--data-dir", dataDir, "--concurrency", String(CONCURRENCY)],
      }),
);
const call = (args, options) => client.callTool({ name, arguments: args }, undefined, options);

{
  assert.equal(client.getServerVersion().name, "vesicle");
  assert.match(client.getInstructions(), /sandbox/);
  await client.ping();
}

{
  // From here on the client checks every structuredContent against the output schema.
  const { tools } = await client.listTools();
  assert.equal(tools[0].name, name);
  assert.deepEqual(tools[0].inputSchema.required, ["code"]);
  assert.equal(tools[0].outputSchema.type, "object");
  assert.equal(tools[0].annotations.readOnlyHint, false);
}

{
  const result = await call({
    code: "console.log('adding'); const add = (a: number, b: number): number => a + b; return { sum: add(input.a, input.b) }",
    context: { task: "add two numbers", input: { a: 2, b: 40 } },
  });
  assert.equal(result.isError, false);
  assert.equal(result.structuredContent.status, "success");
  assert.deepEqual(result.structuredContent.output, { sum: 42 });
  assert.deepEqual(
    result.content.map((block) => block.text),
    ['{"sum":42}', "stdout:\nadding\n"],
  );
}

{
  const result = await call({ code: "const order = null;\nreturn order.total;" });
  assert.equal(result.isError, true);
  assert.equal(result.structuredContent.status, "error");
  assert.equal(result.structuredContent.error_type, "runtime");
  assert.equal(result.structuredContent.location.line, 2);
  assert.match(result.content[0].text, /TypeError[^]*return order\.total/);
}

{
  const result = await call({ code: "while (Date.now()) {}", timeout_ms: 200 });
  assert.equal(result.isError, true);
  assert.equal(result.structuredContent.status, "timeout");
  assert.equal(result.structuredContent.limit_ms, 200);
}

{
  const result = await call({ program: "return 1" });
  assert.equal(result.isError, true);
  assert.match(result.content[0].text, /`code` is missing/);
  await assert.rejects(client.callTool({ name: "no_such_tool", arguments: {} }), { code: -32602 });
}

{
  const seen = [];
  const result = await call(
    { code: "await new Promise(resolve => setTimeout(resolve, 2_500)); return 'done'" },
    { onprogress: (progress) => seen.push(progress) },
  );
  assert.equal(result.structuredContent.output, "done");
  assert.ok(seen.length >= 2, `progress was told ${seen.length} times`);
  assert.match(seen[0].message, /^running for \d+ s$/);
  assert.ok(seen[1].progress > seen[0].progress);
  assert.equal(seen[0].total, 5_000);
}

{
  // As many as there are slots: if one were kept, the call after them would wait for seconds.
  const abort = new AbortController();
  const endless = Array.from({ length: CONCURRENCY }, () =>
    call({ code: "while (Date.now()) {}", profile: "permissive" }, { signal: abort.signal }),
  );
  setTimeout(() => abort.abort("no longer needed"), 300);
  const ended = await Promise.allSettled(endless);
  assert.ok(ended.every(({ status }) => status === "rejected"));
  const result = await call({ code: "return 'still here'" }, { timeout: 5_000 });
  assert.equal(result.structuredContent.output, "still here");
}

{
  const results = await Promise.all(
    Array.from({ length: 100 }, (_, i) => call({ code: "return input * input", context: { input: i } })),
  );
  assert.deepEqual(
    results.map((result) => result.structuredContent.output),
    Array.from({ length: 100 }, (_, i) => i * i),
  );
}

// Closing breaks off the stream that the host would send its own messages on.
client.onerror = undefined;
await client.close();
