// Calls a tool without end: after its number of calls each is refused, and code can catch that.
// expect: value [100,"ToolError","limit_exceeded"]
// limits: host_calls=100
let calls = 0;
try {
  while (Date.now() >= 0) {
    await tools.test.echo({ calls });
    calls++;
  }
} catch (error) {
  return [calls, error.name, error.code];
}
