// Climbs out of the granted directory by `..`, to read, write, make, move and remove.
// expect: value ["EACCES","EACCES","EACCES","EACCES","EACCES","EACCES","EACCES","EACCES","EACCES","EACCES","EACCES","EACCES","EACCES"]
const attempts = [
  () => fs.readFile('/data/../secret.txt'),
  () => fs.readFile('/data/sub/../../secret.txt'),
  () => fs.readFile('/data/./../secret.txt'),
  () => fs.readFile('/data//..//secret.txt'),
  () => fs.readFile('/data/sub/' + '../'.repeat(100) + 'etc/passwd'),
  () => fs.readdir('/data/..'),
  () => fs.stat('/data/../secret.txt'),
  () => fs.writeFile('/data/../secret.txt', 'x'),
  () => fs.appendFile('/data/../new.txt', 'x'),
  () => fs.mkdir('/data/../new/deep', { recursive: true }),
  () => fs.rm('/data/../secret.txt', { force: true }),
  () => fs.rename('/data/../secret.txt', '/data/x'),
  () => fs.rename('/data/hello.txt', '/data/../x'),
];
const ended = await Promise.allSettled(attempts.map((attempt) => attempt()));
return ended.map((end) => (end.status === "fulfilled" ? "done" : end.reason.code ?? end.reason.name));
