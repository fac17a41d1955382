// Writes, makes, moves and removes where only reading is granted.
// expect: value ["EROFS","EROFS","EROFS","EROFS","EROFS","EROFS","EROFS","EROFS","EROFS"]
const attempts = [
  () => fs.writeFile('/readonly/hello.txt', 'x'),
  () => fs.writeFile('/readonly/new', 'x'),
  () => fs.appendFile('/readonly/hello.txt', 'x'),
  () => fs.mkdir('/readonly/new'),
  () => fs.rm('/readonly/hello.txt'),
  () => fs.rm('/readonly/sub', { recursive: true }),
  () => fs.rename('/readonly/hello.txt', '/readonly/x'),
  () => fs.rename('/data/hello.txt', '/readonly/x'),
  () => fs.rename('/readonly/hello.txt', '/data/x'),
];
const ended = await Promise.allSettled(attempts.map((attempt) => attempt()));
return ended.map((end) => (end.status === "fulfilled" ? "done" : end.reason.code ?? end.reason.name));
