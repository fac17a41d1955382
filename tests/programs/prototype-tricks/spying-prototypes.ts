// Replaces the methods of every class by spies that keep what they are called on and with: nothing of the host is handed to them.
// expect: value "contained"
const { ownKeys, getOwnPropertyDescriptor, defineProperty, apply, has, getPrototypeOf } = Reflect;
const caught: any[] = [];
let count = 0;
const keep = (value: any) => {
  if (value !== null && (typeof value === "object" || typeof value === "function")) {
    defineProperty(caught, count++, { value, configurable: true, enumerable: true, writable: true });
  }
};
let watching = false;
const spied = ["Array", "Map", "Set", "WeakMap", "Promise", "Function", "Object", "String", "RegExp", "Date", "Uint8Array", "DataView", "Error"];
for (const name of spied) {
  const prototype = (globalThis as any)[name].prototype;
  for (const key of ownKeys(prototype)) {
    const property = getOwnPropertyDescriptor(prototype, key)!;
    if (key === "constructor" || typeof property.value !== "function" || !property.configurable) continue;
    const original = property.value;
    defineProperty(prototype, key, {
      ...property,
      value(this: unknown, ...args: unknown[]) {
        if (watching) {
          watching = false;
          keep(this);
          for (let i = 0; i < args.length; i++) keep(args[i]);
          watching = true;
        }
        return apply(original, this, args);
      },
    });
  }
}
for (const key of ["native", "shared", "primordials", "hooks", "toolCall", "write", "members", "above", "toolError"]) {
  defineProperty(Object.prototype, key, { set(value) { keep(this); keep(value); }, get() { keep(this); return undefined; }, configurable: true });
}
watching = true;
await tools.test.echo({ a: [1] });
await tools.other.thing().catch(() => {});
await tools.$search("echo");
console.log({ a: 1 }, [new Map(), new Error("x")]);
new URL("https://a.example/?a=1").searchParams.get("a");
structuredClone(new Map([[1, { a: 1 }]]));
new TextDecoder().decode(new TextEncoder().encode("a"));
const controller = new AbortController();
controller.signal.addEventListener("abort", () => {});
controller.abort();
setTimeout(() => {}, 0);
setInterval(() => {}, 1);
watching = false;
const internals = ["toolCall", "promiseState", "primordials", "fireTimers", "defineGlobal"];
for (const value of caught) {
  for (let level = value; level !== null && level !== undefined && level !== Object.prototype; level = getPrototypeOf(level)) {
    for (const name of internals) {
      if (getOwnPropertyDescriptor(level, name) !== undefined) return ["the host's", name];
    }
  }
}
return "contained";
