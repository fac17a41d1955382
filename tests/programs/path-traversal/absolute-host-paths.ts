// Names the host's files by their absolute paths.
// expect: value ["EACCES","EACCES","EACCES","EACCES","EACCES","EACCES","EACCES","EACCES","EACCES","EACCES"]
const attempts = [
  () => fs.readFile('/etc/passwd'),
  () => fs.readFile('etc/passwd'),
  () => fs.readFile('//etc/passwd'),
  () => fs.readdir('/'),
  () => fs.readdir('.'),
  () => fs.readdir(''),
  () => fs.writeFile('/x', ''),
  () => fs.stat('/root'),
  () => fs.readFile('/proc/self/environ'),
  () => fs.readdir('/proc/self/fd'),
];
const ended = await Promise.allSettled(attempts.map((attempt) => attempt()));
return ended.map((end) => (end.status === "fulfilled" ? "done" : end.reason.code ?? end.reason.name));
