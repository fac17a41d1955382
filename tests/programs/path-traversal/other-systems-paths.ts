// Writes paths as other systems do: backslashes, drives, shares, devices.
// expect: value ["ENOENT","EACCES","EACCES","EACCES","EACCES","ENOENT","EACCES","EACCES"]
const attempts = [
  () => fs.readFile('/data/..\\secret.txt'),
  () => fs.readFile('\\data\\hello.txt'),
  () => fs.readFile('C:\\Windows\\win.ini'),
  () => fs.readFile('C:/data/hello.txt'),
  () => fs.readFile('//server/share'),
  () => fs.readFile('/data/hello.txt::$DATA'),
  () => fs.readFile('~/.ssh/id_rsa'),
  () => fs.readFile('$HOME/x'),
];
const ended = await Promise.allSettled(attempts.map((attempt) => attempt()));
return ended.map((end) => (end.status === "fulfilled" ? "done" : end.reason.code ?? end.reason.name));
