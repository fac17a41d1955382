// Takes over the making of stacks, with calls that return objects, throw and recurse: errors are reported all the same.
// expect: error TypeError: reported
const anyError = Error as any;
anyError.stackTraceLimit = Infinity;
anyError.prepareStackTrace = (error: Error, sites: any[]) => {
  for (const site of sites ?? []) {
    for (const method of ["getThis", "getFunction"]) {
      const reached = site?.[method]?.();
      if (reached !== undefined && reached !== null && Reflect.has(reached, "toolCall")) throw new Error("reached the host");
    }
  }
  return { toString() { throw new Error("fights"); }, length: 1e9, error };
};
const holder: any = {};
anyError.captureStackTrace?.(holder);
await tools.test.fail().catch((error) => `${Object.prototype.toString.call(error.stack)}`);
anyError.prepareStackTrace = () => anyError.prepareStackTrace();
console.error(new Error("printed").message);
anyError.prepareStackTrace = () => { throw new Error("instead"); };
try { new URL("x"); } catch {}
anyError.prepareStackTrace = () => 1;
throw new TypeError("reported");
