// Throws an error with a text of thirty megabytes: what is told of it is bounded.
// expect: limit handover_bytes
throw new Error("x".repeat(30 << 20));
