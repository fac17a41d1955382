// Puts slashes and dots after names, where checks look for the last part of a path.
// expect: value ["ENOTDIR","ENOTDIR","EISDIR","EACCES","EROFS","EACCES","EACCES","ENOTDIR"]
const attempts = [
  () => fs.readFile('/data/hello.txt/'),
  () => fs.readFile('/data/hello.txt/.'),
  () => fs.writeFile('/data/new/', ''),
  () => fs.readFile('/data/out/'),
  () => fs.writeFile('/readonly/hello.txt/', ''),
  () => fs.rm('/data/out-directory/', { recursive: true }),
  () => fs.readdir('/data/out-directory/'),
  () => fs.rename('/data/hello.txt', '/data/x/'),
];
const ended = await Promise.allSettled(attempts.map((attempt) => attempt()));
return ended.map((end) => (end.status === "fulfilled" ? "done" : end.reason.code ?? end.reason.name));
