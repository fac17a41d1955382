// Asks for paths longer than any system has.
// expect: value ["ENAMETOOLONG","ENAMETOOLONG","ENAMETOOLONG","ENAMETOOLONG","EACCES"]
const attempts = [
  () => fs.readFile('/data/' + 'a'.repeat(256)),
  () => fs.readFile('/data/' + 'a/'.repeat(2048)),
  () => fs.readFile('/data/' + 'a'.repeat(1_000_000)),
  () => fs.mkdir('/data/' + 'a'.repeat(5_000), { recursive: true }),
  () => fs.readFile('/data/' + 'sub/../'.repeat(500) + '../secret.txt'),
];
const ended = await Promise.allSettled(attempts.map((attempt) => attempt()));
return ended.map((end) => (end.status === "fulfilled" ? "done" : end.reason.code ?? end.reason.name));
