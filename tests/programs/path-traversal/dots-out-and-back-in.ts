// Climbs out by `..` and comes back in, or into another granted directory.
// expect: value ["EACCES","EACCES","EACCES","EACCES","EACCES"]
const attempts = [
  () => fs.readFile('/data/../data/hello.txt'),
  () => fs.writeFile('/data/../other/x', ''),
  () => fs.readFile('/../data/hello.txt'),
  () => fs.readFile('../data/hello.txt'),
  () => fs.readdir('/data/../../data'),
];
const ended = await Promise.allSettled(attempts.map((attempt) => attempt()));
return ended.map((end) => (end.status === "fulfilled" ? "done" : end.reason.code ?? end.reason.name));
