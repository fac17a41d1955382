// Names directories that begin like a granted one, or look like it.
// expect: value ["EACCES","EACCES","EACCES","EACCES","ERR_INVALID_ARG_VALUE","EACCES"]
const attempts = [
  () => fs.readFile('/database/x'),
  () => fs.readFile('/data-base/x'),
  () => fs.readFile('/dat'),
  () => fs.readFile('/DATA/hello.txt'),
  () => fs.readFile('/data\u0000base/x'),
  () => fs.readFile('/d\u0430ta/hello.txt'),
];
const ended = await Promise.allSettled(attempts.map((attempt) => attempt()));
return ended.map((end) => (end.status === "fulfilled" ? "done" : end.reason.code ?? end.reason.name));
