// Opens a socket of the host's.
// expect: value ["ENOTSUP","ENOTSUP"]
const attempts = [
  () => fs.readFile('/data/socket'),
  () => fs.writeFile('/data/socket', 'x'),
];
const ended = await Promise.allSettled(attempts.map((attempt) => attempt()));
return ended.map((end) => (end.status === "fulfilled" ? "done" : end.reason.code ?? end.reason.name));
