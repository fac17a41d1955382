// Replaces iteration of arrays, strings, maps and sets, down to `next`: host functions and the result do not iterate with them.
// expect: value [{"a":[1,2]},{"k":1},[1,2],"a=1","failed"]
// stdout: Map(1) { 'k' => 1 } Set(1) { 1 }
const hijacked = () => { throw new Error("hijacked"); };
const map = new Map([["k", 1]]);
const set = new Set([1, 2]);
const one = new Set([1]);
const search = new URLSearchParams("a=1");
const iterables: any[] = [[], "", map, set];
const types = [Array, String, Map, Set];
for (let i = 0; i < 4; i++) {
  const iterator = Object.getPrototypeOf(iterables[i][Symbol.iterator]());
  Object.defineProperty(iterator, "next", { value: hijacked });
}
for (let i = 0; i < 4; i++) {
  Object.defineProperty(types[i].prototype, Symbol.iterator, { value: hijacked });
}
const echoed = await tools.test.echo({ a: [1, 2] });
console.log(map, one);
const code = await tools.test.fail().catch((error: any) => error.code);
return [echoed, map, set, search.toString(), code];
