// Reads a file of 1 GB that takes no place on disk, as text and as bytes, into a memory of 32 MB.
// expect: value ["ENOMEM","ENOMEM"]
// limits: memory_bytes=33554432
const ended = [];
for (const encoding of [undefined, "utf8"] as const) {
  try {
    await fs.readFile("/readonly/sparse", encoding);
    ended.push("done");
  } catch (error: any) {
    ended.push(error.code ?? error.name);
  }
}
return ended;
