// Sorts, joins and searches arrays of four thousand million holes: stopped by time or refused, never the host's time.
// expect: timeout
// limits: wall_time_ms=400
const sparse: number[] = [];
sparse[4294967294] = 1;
for (let i = 0; Date.now() >= 0; i++) {
  for (const work of [() => sparse.sort(), () => sparse.indexOf(i), () => sparse.join(""), () => sparse.reverse()]) {
    try {
      work();
    } catch {}
  }
}
