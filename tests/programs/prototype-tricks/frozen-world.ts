// Freezes every object that it can reach: host functions keep no state where a guest can freeze it.
// expect: value [{"a":1},"failed",["test.echo"],"fired",1]
// stdout: printed 2
const seen = new Set<any>();
const freeze = (value: any) => {
  if (value === null || (typeof value !== "object" && typeof value !== "function") || seen.has(value)) return;
  seen.add(value);
  for (const key of Reflect.ownKeys(value)) {
    const property = Object.getOwnPropertyDescriptor(value, key)!;
    for (const part of [property.value, property.get, property.set]) freeze(part);
  }
  freeze(Object.getPrototypeOf(value));
  if (value !== globalThis && !ArrayBuffer.isView(value)) try { Object.freeze(value); } catch {}
};
freeze(globalThis);
const echoed = await tools.test.echo({ a: 1 });
const code = await tools.test.fail().catch((error) => error.code);
const found = await tools.$search("echo");
console.log("printed", 2);
const fired = await new Promise((done) => setTimeout(done, 1, "fired"));
return [echoed, code, found.map((tool: any) => tool.name), fired, 1];
