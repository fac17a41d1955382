// Hangs listeners on one signal without end: each is compared with all before, so that time ends it.
// expect: timeout
// limits: memory_bytes=33554432 wall_time_ms=400
const controller = new AbortController();
for (let i = 0; Date.now() >= 0; i++) controller.signal.addEventListener("abort", () => i);
