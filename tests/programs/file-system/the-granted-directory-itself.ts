// Removes, moves and overwrites the granted directory.
// expect: value ["EINVAL","EINVAL","EINVAL","EINVAL","EISDIR"]
const attempts = [
  () => fs.rm('/data', { recursive: true, force: true }),
  () => fs.rm('/data/.', { recursive: true }),
  () => fs.rm('/data/sub/..', { recursive: true }),
  () => fs.rename('/data', '/data/x'),
  () => fs.writeFile('/data', ''),
];
const ended = await Promise.allSettled(attempts.map((attempt) => attempt()));
return ended.map((end) => (end.status === "fulfilled" ? "done" : end.reason.code ?? end.reason.name));
