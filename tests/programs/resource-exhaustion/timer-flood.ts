// Sets timers without end: beyond 10 000 each is refused with an error that code can catch.
// expect: value [10000,"RangeError","at most 10000 timers may be pending"]
const timers: number[] = [];
try {
  while (Date.now() >= 0) timers.push(setTimeout(() => {}, 1e6));
} catch (error) {
  for (const timer of timers) clearTimeout(timer);
  return [timers.length, error.name, error.message];
}
