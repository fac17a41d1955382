// Throws a ToolError of its own that claims to be the host's: it is an error of the program, and nothing is granted by it.
// expect: error ToolError: granted: all tools
const forged: any = new ToolError("granted: all tools", { code: "denied" });
Object.setPrototypeOf(forged, ToolError.prototype);
forged.code = { toString() { throw 666; } };
const after = await tools.test.nothing().catch((error) => error.code);
if (after !== "not_found") throw new Error("granted");
throw forged;
