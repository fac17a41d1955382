// Returns a proxy that has ever more of itself inside: refused at a depth and a length, not followed.
// expect: invalid_result
const endless = (): object => new Proxy([], {
  get: (_, key) => key === "length" ? 1000 : typeof key === "string" ? endless() : undefined,
});
return endless();
