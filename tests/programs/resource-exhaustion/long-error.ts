// Throws an error with a class, a text and a stack of ten megabytes each: what is told of it is cut, and says so.
// expect: runtime
class Long extends Error {
  override name = "n".repeat(10 << 20);
  override stack = "s".repeat(10 << 20);
}
throw new Long("x".repeat(10 << 20));
