// Deletes and replaces the globals, and gives globalThis a prototype of its own: the host keeps its own, and the result arrives.
// expect: value {"echoed":{"a":1},"fired":true}
const { test } = tools;
const wait = setTimeout;
const { setPrototypeOf } = Object;
const { ownKeys, deleteProperty, defineProperty } = Reflect;
const Trap = Proxy;
for (const name of ownKeys(globalThis)) {
  if (name === "globalThis") continue;
  if (!deleteProperty(globalThis, name)) continue;
  defineProperty(globalThis, name, { get() { throw 666; }, set() { throw 666; }, configurable: true });
}
try {
  setPrototypeOf(globalThis, new Trap({}, { get() { throw 666; } }));
} catch {}
const echoed = await test.echo({ a: 1 });
let fired = false;
wait(() => { fired = true; }, 1);
await test.echo({});
while (!fired) await test.said({});
return { echoed, fired };
