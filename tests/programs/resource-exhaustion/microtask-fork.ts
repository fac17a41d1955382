// Lets each microtask make two: memory ends it.
// expect: out_of_memory
// limits: memory_bytes=33554432
const again = () => {
  queueMicrotask(again);
  queueMicrotask(again);
};
again();
