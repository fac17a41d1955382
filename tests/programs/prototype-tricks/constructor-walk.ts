// Walks from every global over properties, prototypes and constructors, and has each function constructor make code: there is one realm, and no object of the host in it.
// expect: value "contained"
const seen = new Set<unknown>();
const queue: unknown[] = [function* () {}, async () => {}, async function* () {}, globalThis, tools.test.echo, tools.test, Reflect.get(globalThis, "input")];
const objects = new Set(["object", "function"]);
const own = (value: any) => {
  if (value !== null && objects.has(typeof value) && !seen.has(value)) {
    seen.add(value);
    queue.push(value);
  }
};
const makers = new Set<any>();
while (queue.length > 0) {
  const value: any = queue.pop();
  if (value === null || !objects.has(typeof value)) continue;
  own(Object.getPrototypeOf(value));
  for (const key of Reflect.ownKeys(value)) {
    const property = Object.getOwnPropertyDescriptor(value, key)!;
    own(property.value);
    own(property.get);
    own(property.set);
  }
  try {
    for (const maker of [value.constructor, value.constructor.constructor]) {
      if (/Function$/.test(maker.name)) makers.add(maker);
    }
  } catch {}
}
const forbidden = ["native", "primordials", "toolCall", "promiseState", "mainModule", "binding", "scriptArgs", "loadScript"];
for (const value of seen) {
  for (const name of forbidden) {
    if (Object.hasOwn(value as object, name)) return ["found", name];
  }
}
for (const maker of makers) {
  try {
    const made = maker("return this")();
    if (objects.has(typeof made) && made !== null && Reflect.has(made, "Array") && made !== globalThis) return "another realm";
  } catch {}
}
return seen.size > 500 && makers.size === 4 ? "contained" : ["seen", seen.size, makers.size];
