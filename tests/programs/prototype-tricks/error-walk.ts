// Makes every host function throw, and looks for a foreign class behind each error: all are of this realm.
// expect: value "contained"
const attempts: (() => unknown)[] = [
  () => new URL("no url"),
  () => new URL({ toString() { throw new URIError("own"); } } as any),
  () => atob("*"),
  () => btoa("\u{100}"),
  () => structuredClone(() => {}),
  () => new TextDecoder("no encoding"),
  () => new TextDecoder("utf-8", { fatal: true }).decode(new Uint8Array([0xff])),
  () => new TextDecoder().decode({} as any),
  () => crypto.getRandomValues(new Uint8Array(70_000)),
  () => setTimeout(1 as any),
  () => queueMicrotask(1 as any),
  () => new AbortController().signal.throwIfAborted.call({}),
  () => AbortSignal.abort().throwIfAborted(),
  () => tools.test.echo(1 as any),
  () => tools.test.echo({ toJSON: () => 1 } as any),
  () => tools.test.fail(),
  () => tools.test.nothing(),
  () => tools.$describe("nothing"),
  () => tools.$search(Symbol() as any),
  () => { (tools as any).test = 1; },
  () => { (tools.test as any).echo = 1; },
  () => new (tools.test.echo as any)(),
  () => new EventTarget().dispatchEvent({} as any),
  () => JSON.parse("{"),
  () => decodeURIComponent("%"),
  () => new Array(-1),
  () => "x".repeat(-1),
  () => new RegExp("("),
  () => (Symbol() as any) + "",
  () => BigInt(0.5),
  () => { null!.x; },
];
const classes: any[] = [Error, DOMException, ToolError];
for (const [index, attempt] of attempts.entries()) {
  try {
    await attempt();
  } catch (error: any) {
    if (!classes.some((type) => error instanceof type)) return ["foreign", index, typeof error];
    for (let level = error; level !== null; level = Object.getPrototypeOf(level)) {
      const maker = Object.hasOwn(level, "constructor") ? level.constructor : Error;
      if (maker.constructor !== Function || !(maker instanceof Object)) return ["foreign constructor", index];
    }
    if (/\/(home|root|usr|tmp|work|src|build|prelude)\/|\.rs|\.js:/.test(`${error.stack}${error.message}`)) return ["shows the host", error.stack];
  }
}
return "contained";
