// Sets traps on the indexes of all arrays: tools' arguments and the result do not step on them, and the console does not fail.
// expect: value ["{\"list\":[1,2]}",[1,2]]
// stdout: text
const hijacked = () => { throw new Error("hijacked"); };
for (let index = 0; index < 16; index++) {
  Object.defineProperty(Array.prototype, index, { get: hijacked, set: hijacked });
}
const said = await tools.test.said({ list: [1, 2] });
console.log([1, 2], "text");
return [said, [1, 2]];
