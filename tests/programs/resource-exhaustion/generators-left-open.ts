// Leaves generators suspended in their `try`, so that each keeps its frame.
// expect: out_of_memory
// limits: memory_bytes=33554432
function* open() {
  const frame = new Array(100).fill(0);
  try {
    yield frame;
  } finally {
    frame.length = 0;
  }
}
const kept: Generator[] = [];
while (Date.now() >= 0) {
  const generator = open();
  generator.next();
  kept.push(generator);
}
