// Sends arguments that are nested deeper than readers of JSON go: refused before they reach one.
// expect: value ["carried","invalid_input","invalid_input","carried"]
const nested = (depth: number) => {
  let value: object = {};
  for (let i = 1; i < depth; i++) value = i === depth - 1 ? { value } : [value];
  return value;
};
const code = (call: Promise<unknown>) => call.then(() => "carried", (error) => error.code);
return [
  await code(tools.test.echo(nested(100))),
  await code(tools.test.echo(nested(101))),
  await code(tools.test.echo(nested(4000))),
  await code(tools.test.echo({ text: '[{"\\'.repeat(1000) })),
];
