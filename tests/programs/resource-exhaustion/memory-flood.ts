// Keeps small objects until memory ends: the program ends, and nothing else does.
// expect: out_of_memory
// limits: memory_bytes=33554432
const kept: object[] = [];
for (let i = 0; Date.now() >= 0; i++) kept.push({ i, next: { i } });
