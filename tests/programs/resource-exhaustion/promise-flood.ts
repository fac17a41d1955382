// Keeps promises that nothing settles until memory ends.
// expect: out_of_memory
// limits: memory_bytes=33554432
const kept: Promise<unknown>[] = [];
for (let i = 0; Date.now() >= 0; i++) kept.push(new Promise(() => {}).then(() => i));
