// Returns proxies whose traps lie about keys, lengths and descriptors: what comes is JSON, or an error of the program.
// expect: value [["a","b"],{"x":1,"y":{"z":[]}},"keys refused","length refused"]
const attempt = (make: () => unknown, name: string) => {
  try {
    return JSON.parse(JSON.stringify(make()));
  } catch {
    return `${name} refused`;
  }
};
const keys = new Proxy({}, { ownKeys: () => ["a", "a"] });
const length = new Proxy([], { get: (_, key) => key === "length" ? Symbol() : undefined });
return [
  new Proxy(["a", "b"], { getOwnPropertyDescriptor: () => undefined as any, has: () => false }),
  new Proxy({}, {
    ownKeys: () => ["x", "y"],
    getOwnPropertyDescriptor: () => ({ configurable: true, enumerable: true, value: "not this" }),
    get: (_, key) => key === "x" ? 1 : key === "y" ? { z: new Proxy([], {}) } : undefined,
  }),
  attempt(() => keys, "keys"),
  attempt(() => length, "length"),
];
