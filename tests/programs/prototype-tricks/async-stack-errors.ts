// Lets an error that was thrown after an await fight its own report with getters: the report holds, and names the program's own class and text.
// expect: error Hostile: told once
class Hostile extends Error {}
Object.defineProperty(Hostile.prototype, "name", { get: () => "Hostile" });
const error = new Hostile("told once");
Object.defineProperty(error, "stack", { get() { throw new Error("no stack"); } });
Object.defineProperty(error, "cause", { get() { throw new Error("no cause"); } });
Object.defineProperty(error, "toString", { get() { throw new Error("no text"); } });
const deep = async (depth: number): Promise<never> => {
  await null;
  if (depth === 0) throw error;
  return deep(depth - 1);
};
await tools.test.echo({});
await deep(50);
