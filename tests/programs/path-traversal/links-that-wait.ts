// Writes through links whose targets are not there yet.
// expect: value ["EACCES","EACCES","ENOENT","ELOOP","ELOOP"]
const attempts = [
  () => fs.writeFile('/data/dangling-out', 'x'),
  () => fs.writeFile('/data/dangling-out', 'x', { flag: 'wx' }),
  () => fs.writeFile('/data/dangling-in', 'x'),
  () => fs.readFile('/data/loop'),
  () => fs.writeFile('/data/loop', 'x'),
];
const ended = await Promise.allSettled(attempts.map((attempt) => attempt()));
return ended.map((end) => (end.status === "fulfilled" ? "done" : end.reason.code ?? end.reason.name));
