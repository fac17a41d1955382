// Writes `..` and `/` in encodings that a host may decode too late: percent, full width, lone surrogates.
// expect: value ["ENOENT","ENOENT","ENOENT","ENOENT","ENOENT","ENOENT","ENOENT","ENOENT","ENOENT"]
const attempts = [
  () => fs.readFile('/data/%2e%2e/secret.txt'),
  () => fs.readFile('/data/..%2fsecret.txt'),
  () => fs.readFile('/data/%252e%252e/secret.txt'),
  () => fs.readFile('/data/\u2024\u2024/secret.txt'),
  () => fs.readFile('/data/\uff0e\uff0e/secret.txt'),
  () => fs.readFile('/data/..\ud800/secret.txt'),
  () => fs.readFile('/data/\udcae\udcae/secret.txt'),
  () => fs.readFile('/data/..\u200b/secret.txt'),
  () => fs.readFile('/data/..\u2215secret.txt'),
];
const ended = await Promise.allSettled(attempts.map((attempt) => attempt()));
return ended.map((end) => (end.status === "fulfilled" ? "done" : end.reason.code ?? end.reason.name));
