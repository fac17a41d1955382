// Calls every host function with a foreign `this`, as a constructor, through Reflect and with proxies: errors or answers, never the host's end.
// expect: value "contained"
// uncaught: 16
const functions: [string, any][] = [];
for (const name of Object.getOwnPropertyNames(globalThis)) {
  const value = Reflect.get(globalThis, name);
  if (typeof value !== "function") continue;
  functions.push([name, value]);
  for (const holder of [value, value.prototype]) {
    if (holder === undefined || holder === null) continue;
    for (const key of Reflect.ownKeys(holder)) {
      const property = Object.getOwnPropertyDescriptor(holder, key)!;
      for (const part of [property.value, property.get, property.set]) {
        if (typeof part === "function") functions.push([`${name}.${String(key)}`, part]);
      }
    }
  }
}
const revoked = Proxy.revocable({}, {});
revoked.revoke();
// Made anew for each call, since calls change them.
const values = (): any[] => [undefined, null, 1, "text", Symbol.iterator, 1n, {}, [], () => {}, new Proxy({}, {}), new Proxy(() => {}, {}), revoked.proxy, Object.create(null)];
// What may wait for ever by right, and what makes chains of prototypes that have no end.
const left = /wait|[pP]rototype|__proto__/;
let calls = 0;
for (const [name, f] of functions) {
  if (left.test(name)) continue;
  for (const self of values()) {
    for (const attempt of [
      () => Reflect.apply(f, self, [self]),
      () => Reflect.apply(f, {}, [self, self, self]),
      () => Reflect.construct(f, [self]),
      () => Reflect.construct(Object, [], f),
    ]) {
      calls++;
      try {
        Promise.resolve(attempt()).then(() => {}, () => {});
      } catch {}
    }
  }
}
for (let id = 0; id < 2000; id++) clearTimeout(id);
await null;
return calls > 1000 ? "contained" : calls;
