// Replaces what promises are settled and awaited with: tools answer, and nothing of the host is handed to the replacement.
// expect: value [{"a":1},"failed",2,"contained"]
let reached = "contained";
const look = (value: any) => {
  if (value !== null && typeof value === "object" && (Reflect.has(value, "toolCall") || Reflect.has(value, "primordials"))) reached = "the host";
};
const { then } = Promise.prototype;
let calls = 0;
Promise.prototype.then = function (this: any, ...callbacks: any[]) {
  calls++;
  look(this);
  for (const callback of callbacks) look(callback);
  return Reflect.apply(then, this, callbacks);
} as any;
for (const name of ["resolve", "reject", "all", "race", "allSettled", "any", "withResolvers", "try"]) {
  (Promise as any)[name] = () => { throw new Error("hijacked"); };
}
Object.defineProperty(Promise.prototype, "constructor", { get() { look(this); return Promise; } });
const echoed = await tools.test.echo({ a: 1 });
const code = await tools.test.fail().then(() => "sent", (error: any) => error.code);
globalThis.Promise = class { constructor() { throw new Error("hijacked"); } } as any;
await tools.$search("echo");
queueMicrotask(() => {});
return [echoed, code, calls, reached];
