// Prints a hundred megabytes on both streams: what is beyond the limit is counted and dropped, and the program goes on.
// expect: value "printed"
// limits: wall_time_ms=20000
// stdout: xxxxxxxxxxxxxxxx
const line = "x".repeat(1 << 20);
for (let i = 0; i < 50; i++) {
  console.log(line);
  console.error(line);
}
return "printed";
