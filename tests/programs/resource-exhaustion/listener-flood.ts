// Hangs listeners on one signal until memory ends.
// expect: out_of_memory
// limits: memory_bytes=33554432
const controller = new AbortController();
for (let i = 0; ; i++) controller.signal.addEventListener("abort", () => i);
