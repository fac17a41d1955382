// Replaces call, apply, bind and the rest of what functions inherit: host functions do not call through them.
// expect: value [{"a":1},"failed","https://a.example/b","YQ==",{"c":[1]},"fired"]
// stdout: function f
const hijacked = () => { throw new Error("hijacked"); };
for (const key of ["call", "apply", "bind", "toString"]) {
  (Function.prototype as any)[key] = hijacked;
}
const echoed = await tools.test.echo({ a: 1 });
const code = await tools.test.fail().catch((error: any) => error.code);
const fired = await new Promise((done) => setTimeout(done, 1, "fired"));
function f() {}
console.log("%s", typeof f === "function" ? "function f" : f);
return [echoed, code, new URL("b", "https://a.example").href, btoa("a"), structuredClone({ c: [1] }), fired];
