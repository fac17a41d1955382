// Follows links that lead out: relative, absolute, by way of others, to a directory, to `/proc`.
// expect: value ["EACCES","EACCES","EACCES","EACCES","EACCES","EACCES","EACCES","EACCES","EACCES","EACCES","EACCES","EACCES"]
const attempts = [
  () => fs.readFile('/data/out'),
  () => fs.stat('/data/out'),
  () => fs.writeFile('/data/out', 'x'),
  () => fs.appendFile('/data/out', 'x'),
  () => fs.readFile('/data/absolute'),
  () => fs.readdir('/data/out-directory'),
  () => fs.readFile('/data/out-directory/secret.txt'),
  () => fs.mkdir('/data/out-directory/new'),
  () => fs.rm('/data/out-directory/secret.txt'),
  () => fs.rename('/data/hello.txt', '/data/out-directory/x'),
  () => fs.readFile('/data/chain'),
  () => fs.readFile('/data/environment'),
];
const ended = await Promise.allSettled(attempts.map((attempt) => attempt()));
return ended.map((end) => (end.status === "fulfilled" ? "done" : end.reason.code ?? end.reason.name));
