// Writes over one small file again and again, to wear the disk: all bytes count, not only those that stay.
// expect: value "EDQUOT"
const block = "x".repeat(64 << 10);
try {
  while (Date.now()) await fs.writeFile("/data/small", block);
} catch (error: any) {
  return error.code;
}
