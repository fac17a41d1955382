// Gives host functions objects that convert to something else, to what is no primitive, or never the same: each conversion happens once, inside of the sandbox.
// expect: value [1,"TypeError","https://a.example/","TypeError","not_found","failed"]
let conversions = 0;
const once = { [Symbol.toPrimitive]: () => (conversions++, "https://a.example/") };
const href = new URL(once as any).href;
const object = { [Symbol.toPrimitive]: () => ({}) };
const name = (work: () => unknown) => {
  try {
    work();
    return "went through";
  } catch (error) {
    return error.name;
  }
};
const described = await tools.$describe({ [Symbol.toPrimitive]: () => "../../etc/passwd" } as any).then(() => "found", (error) => error.code);
const limited = await tools.$search("", { limit: { valueOf: () => 0 } } as any).then((found: any) => found.length, (error: any) => error.code);
return [conversions, name(() => new URL(object as any)), href, name(() => atob(object as any)), described, limited];
