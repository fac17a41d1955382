// Forges a stack with places that are not in the program and with the host's files: nothing of the host is read for it.
// expect: error Error: forged
const error = new Error("forged");
error.stack = [
  "    at a (agent.ts:4294967295:4294967295)",
  "    at b (agent.ts:0:0)",
  "    at c (agent.ts:99999999999999999999:1)",
  "    at d (agent.ts:-1:-1)",
  "    at e (/etc/passwd:1:1)",
  "    at f (agent.ts:1:1:1:1)",
  "agent.ts:".repeat(10_000),
].join("\n");
console.log(error.stack);
throw error;
