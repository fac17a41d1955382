// Starts calls that never end, and fails: beyond 256 each is refused, and all end with the program.
// expect: error Error: 256 wait, 1744 are refused: limit_exceeded
let refused = 0;
let code = "";
const calls = Array.from({ length: 2000 }, () => tools.test.hang());
for (const call of calls) call.catch((error) => { refused++; code = error.code; });
for (let i = 0; i < 10; i++) await null;
throw new Error(`${calls.length - refused} wait, ${refused} are refused: ${code}`);
