// Fills a WeakMap whose values keep its own keys alive.
// expect: out_of_memory
// limits: memory_bytes=33554432
const map = new WeakMap<object, object>();
let key: object = {};
while (Date.now() >= 0) {
  const next = { previous: key };
  map.set(next, { of: next, key });
  key = next;
}
