// Lets a reviver change what is still being read, and replaces JSON's functions: answers of tools are read by the sandbox's own.
// expect: value [{"a":{"b":1}},{"a":1},"{\"c\":[1,2]}",[1,2]]
const revived = JSON.parse('{"a":{"b":1},"later":[1,2,3]}', function (this: any, key, value) {
  if (key === "b") delete this.later;
  if (Array.isArray(this)) this.length = 0;
  return key === "later" ? undefined : value;
});
let hijacked = 0;
JSON.parse = () => (hijacked++, { a: "hijacked" });
(JSON as any).stringify = () => (hijacked++, '{"a":"hijacked"}');
const echoed = await tools.test.echo({ a: 1 });
const said = await tools.test.said({ c: [1, 2] });
await tools.$search("echo");
if (hijacked > 0) return "hijacked";
return [revived, echoed, said, structuredClone([1, 2])];
