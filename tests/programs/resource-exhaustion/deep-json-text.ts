// Reads JSON that is nested a million deep: the program ends, whether or not it catches that.
// expect: stack_overflow
try {
  JSON.parse("[".repeat(1e6) + "]".repeat(1e6));
} catch (error) {
  if (error instanceof RangeError) throw error;
}
