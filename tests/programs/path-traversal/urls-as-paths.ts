// Gives URLs and objects where paths belong.
// expect: value ["EACCES","ERR_INVALID_ARG_TYPE","ERR_INVALID_ARG_TYPE","ERR_INVALID_ARG_TYPE","ERR_INVALID_ARG_TYPE"]
const attempts = [
  () => fs.readFile('file:///etc/passwd'),
  () => fs.readFile(new URL('file:///etc/passwd') as any),
  () => fs.readFile({ toString: () => '/data/../secret.txt' } as any),
  () => fs.readFile(['/data/../secret.txt'] as any),
  () => fs.readFile(3 as any),
];
const ended = await Promise.allSettled(attempts.map((attempt) => attempt()));
return ended.map((end) => (end.status === "fulfilled" ? "done" : end.reason.code ?? end.reason.name));
