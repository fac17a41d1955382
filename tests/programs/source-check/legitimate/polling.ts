// A loop that waits.
// checked: returns "ready after 3"
const poll = (n: number) => new Promise<boolean>((resolve) => setTimeout(() => resolve(n >= 3), 1));
for (let n = 1; ; n++) {
  if (await poll(n)) return `ready after ${n}`;
}
