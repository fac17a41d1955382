// Moves files from one granted directory to another.
// expect: value ["EXDEV","EXDEV","EXDEV"]
const attempts = [
  () => fs.rename('/data/hello.txt', '/other/x'),
  () => fs.rename('/data/sub', '/other/sub'),
  () => fs.rename('/data', '/other/x'),
];
const ended = await Promise.allSettled(attempts.map((attempt) => attempt()));
return ended.map((end) => (end.status === "fulfilled" ? "done" : end.reason.code ?? end.reason.name));
