// Asks for writing by flags where only reading is granted, and by flags that do not exist.
// expect: value ["EROFS","EROFS","ERR_INVALID_ARG_VALUE","ERR_INVALID_ARG_VALUE","EEXIST"]
const attempts = [
  () => fs.writeFile('/readonly/hello.txt', '', { flag: 'a' }),
  () => fs.writeFile('/readonly/new', '', { flag: 'wx' }),
  () => fs.writeFile('/data/hello.txt', '', { flag: 'r+' } as any),
  () => fs.writeFile('/data/hello.txt', '', { flag: '__proto__' } as any),
  () => fs.writeFile('/data/hello.txt', '', { flag: 'wx' }),
];
const ended = await Promise.allSettled(attempts.map((attempt) => attempt()));
return ended.map((end) => (end.status === "fulfilled" ? "done" : end.reason.code ?? end.reason.name));
