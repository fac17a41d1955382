// Lets each microtask make the next, so that no timer and no call ever has its turn: time ends it.
// expect: timeout
// limits: wall_time_ms=300
const again = () => queueMicrotask(again);
setTimeout(() => console.log("never"), 1);
again();
await new Promise(() => {});
