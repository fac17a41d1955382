// Writes a value that is nested a million deep as JSON: an error that code can catch.
// expect: value "RangeError"
let deep: unknown = [];
for (let i = 0; i < 1e6; i++) deep = [deep];
try {
  JSON.stringify(deep);
} catch (error) {
  return error.name;
}
