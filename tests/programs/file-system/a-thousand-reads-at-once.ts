// Starts a thousand reads and as many writes at once: the host's descriptors and threads are not the guest's.
// expect: value {"done":2000}
const calls = Array.from({ length: 1000 }, (_, i) => [
  fs.readFile("/data/hello.txt", "utf8"),
  fs.appendFile("/data/log", `${i % 10}`),
]).flat();
const seen: Record<string, number> = {};
for (const end of await Promise.allSettled(calls)) {
  const what = end.status === "fulfilled" ? "done" : end.reason.code;
  seen[what] = (seen[what] ?? 0) + 1;
}
return seen;
