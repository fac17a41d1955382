// Squares a BigInt without end: a limit of the engine, time or memory ends it.
// expect: value "ended by an error"
// limits: memory_bytes=33554432 wall_time_ms=60000
let n = 3n;
try {
  for (let i = 0; Date.now() >= 0; i++) n = n << 4096n * BigInt(i + 1);
} catch (error) {
  return error instanceof Error ? "ended by an error" : "not an error";
}
