// Hands nine megabytes to a tool, and asks one for nine: neither is carried.
// expect: value ["limit_exceeded","limit_exceeded"]
const code = (call: Promise<unknown>) => call.then(() => "carried", (error) => error.code);
return [
  await code(tools.test.echo({ text: "x".repeat(9 << 20) })),
  await code(tools.test.bytes({ n: 9 << 20 })),
];
