// Loops over constants that are true, each with a way out: break, return, throw and await.
// expect: value [10,"returned","thrown",3]
let n = 0;
while (true) {
  if (++n === 10) break;
}
const returned = (() => {
  for (;;) {
    if (n > 5) return "returned";
  }
})();
let thrown = "";
try {
  do {
    throw new Error("thrown");
  } while (true);
} catch (error) {
  thrown = error.message;
}
let awaited = 0;
const source = { next: async () => ++awaited };
while (true) {
  const value = await source.next();
  if (value >= 3) break;
}
return [n, returned, thrown, awaited];
