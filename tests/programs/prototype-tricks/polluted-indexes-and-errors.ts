// Sets the same traps and fails: the report has its class, text and place.
// expect: error TypeError: told
const hijacked = () => { throw new Error("hijacked"); };
for (let index = 0; index < 16; index++) {
  Object.defineProperty(Array.prototype, index, { get: hijacked, set: hijacked });
}
throw new TypeError("told");
