// Gives every object inherited getters, setters and descriptor fields: tools' arguments, answers and the result are as without.
// expect: value ["{\"a\":{\"b\":1}}",{"a":[1]},"https://a.example/?q=1",["test.echo"],"failed",{"own":true}]
void tools.test.said;
void tools.test.echo;
const polluted: any = Object.prototype;
const hijacked = () => { throw new Error("hijacked"); };
polluted.get = hijacked;
polluted.set = hijacked;
polluted.value = "hijacked";
polluted.enumerable = true;
polluted.writable = false;
polluted.code = "hijacked";
polluted.limit = 0;
polluted.signal = "hijacked";
polluted.isError = true;
polluted.then = undefined;
for (const key of ["0", "1", "id", "index", "name", "result", "outcome", "type", "listeners", "deadline", "args", "callback"]) {
  try {
    Object.defineProperty(polluted, key, { __proto__: null, get: hijacked, set: hijacked, configurable: true } as any);
  } catch {}
}
for (const key of ["get", "set", "value", "enumerable", "writable", "code", "limit", "signal", "isError", "then"]) {
  Object.defineProperty(polluted, key, { __proto__: null, enumerable: false } as any);
}
const said = await tools.test.said({ __proto__: null, a: { __proto__: null, b: 1 } } as any);
const echoed = await tools.test.echo({ a: [1] });
console.log({ a: 1 }, [1, 2]);
const url = new URL("https://a.example/");
url.searchParams.append("q", "1");
const found = (await tools.$search("echo", { __proto__: null, limit: 5 } as any)).map((tool: any) => tool.name);
const code = await tools.test.fail().catch((error) => error.code);
await new Promise<void>((done) => setTimeout(() => done(), 1));
return [said, echoed, url.href, found, code, { own: true }];
