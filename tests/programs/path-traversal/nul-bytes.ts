// Cuts paths short by NUL, for a host that would read them as C does.
// expect: value ["ERR_INVALID_ARG_VALUE","ERR_INVALID_ARG_VALUE","ERR_INVALID_ARG_VALUE","ERR_INVALID_ARG_VALUE"]
const attempts = [
  () => fs.readFile('/data/hello.txt\0.png'),
  () => fs.readFile('/data/../secret.txt\0'),
  () => fs.rename('/data/hello.txt', '/data/x\0'),
  () => fs.mkdir('\0'),
];
const ended = await Promise.allSettled(attempts.map((attempt) => attempt()));
return ended.map((end) => (end.status === "fulfilled" ? "done" : end.reason.code ?? end.reason.name));
