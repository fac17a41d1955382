// Calls what Node has and could make links, change rights and times, or keep files open.
// expect: value ["TypeError","TypeError","TypeError","TypeError","TypeError","TypeError","TypeError","TypeError","TypeError","TypeError","TypeError","TypeError","TypeError","TypeError","TypeError","TypeError","TypeError","TypeError"]
const attempts = [
  async () => (fs as any).link('/data/hello.txt', '/data/x'),
  async () => (fs as any).symlink('/data/hello.txt', '/data/x'),
  async () => (fs as any).chmod('/data/hello.txt', '/data/x'),
  async () => (fs as any).chown('/data/hello.txt', '/data/x'),
  async () => (fs as any).utimes('/data/hello.txt', '/data/x'),
  async () => (fs as any).lutimes('/data/hello.txt', '/data/x'),
  async () => (fs as any).open('/data/hello.txt', '/data/x'),
  async () => (fs as any).opendir('/data/hello.txt', '/data/x'),
  async () => (fs as any).watch('/data/hello.txt', '/data/x'),
  async () => (fs as any).truncate('/data/hello.txt', '/data/x'),
  async () => (fs as any).readlink('/data/hello.txt', '/data/x'),
  async () => (fs as any).realpath('/data/hello.txt', '/data/x'),
  async () => (fs as any).access('/data/hello.txt', '/data/x'),
  async () => (fs as any).cp('/data/hello.txt', '/data/x'),
  async () => (fs as any).copyFile('/data/hello.txt', '/data/x'),
  async () => (fs as any).mkdtemp('/data/hello.txt', '/data/x'),
  async () => (fs as any).lchown('/data/hello.txt', '/data/x'),
  async () => (fs as any).statfs('/data/hello.txt', '/data/x'),
];
const ended = await Promise.allSettled(attempts.map((attempt) => attempt()));
return ended.map((end) => (end.status === "fulfilled" ? "done" : end.reason.code ?? end.reason.name));
