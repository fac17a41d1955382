// Registers symbols without end; the registry is the sandbox's own and ends with its memory.
// expect: out_of_memory
// limits: memory_bytes=33554432
const kept: symbol[] = [];
for (let i = 0; Date.now() >= 0; i++) kept.push(Symbol.for(`flood ${i}`));
