// Computes in short pieces with waits between: CPU time counts them together.
// expect: limit cpu_time
// limits: cpu_time_ms=60
for (let i = 0; Date.now() >= 0; i++) {
  for (const end = performance.now() + 5; performance.now() < end;);
  await new Promise((done) => setTimeout(done, 1));
}
