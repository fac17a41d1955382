// A server whose tools have the names that it is given: node strange.mjs NAME…
import { createInterface } from "node:readline";

const tools = process.argv.slice(2).map((name) => ({
  name: `look ${name}`,
  description: `Looks. ${name}`,
  inputSchema: { type: "object", properties: { [name]: { type: "string" } } },
}));

for await (const line of createInterface({ input: process.stdin })) {
  const { id, method, params } = JSON.parse(line);
  if (id === undefined) continue;
  const result =
    method === "initialize"
      ? { protocolVersion: params.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: process.argv[2], version: process.argv[3] } }
      : method === "tools/list"
        ? { tools }
        : {};
  process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", id, result })}\n`);
}
