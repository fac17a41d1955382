// Replaces every method of arrays, iteration too: what the host is handed is not made with them.
// expect: value ["{\"list\":[1,2,3]}",{"rows":[[1],[2]]},"a=1&b=2","YQ==","failed",["test.echo"]]
// stdout: [ 1, 2, 3 ] Map(1)
const hijacked = () => { throw new Error("hijacked"); };
const map = new Map<string, number[]>();
map.set("k", [4]);
const keys = Reflect.ownKeys(Array.prototype);
for (let i = 0; i < keys.length; i++) {
  if (keys[i] !== "length") Object.defineProperty(Array.prototype, keys[i], { value: hijacked });
}
const said = await tools.test.said({ list: [1, 2, 3] });
const echoed = await tools.test.echo({ rows: [[1], [2]] });
console.log([1, 2, 3], map);
const search = new URL("https://a.example/?a=1&b=2").searchParams.toString();
const code = await tools.test.fail().catch((error: any) => error.code);
const found = await tools.$search("echo");
return [said, echoed, search, btoa("a"), code, [found[0].name]];
