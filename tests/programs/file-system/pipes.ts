// Opens a pipe, which would wait for the other end and keep a thread of the host.
// expect: value ["ENOTSUP","ENOTSUP","ENOTSUP","ENOTSUP"]
const attempts = [
  () => fs.readFile('/data/pipe'),
  () => fs.readFile('/data/to-pipe'),
  () => fs.writeFile('/data/pipe', 'x'),
  () => fs.appendFile('/data/pipe', 'x'),
];
const ended = await Promise.allSettled(attempts.map((attempt) => attempt()));
return ended.map((end) => (end.status === "fulfilled" ? "done" : end.reason.code ?? end.reason.name));
