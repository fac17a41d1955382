// Asks for buffers of every absurd size: each is refused with an error that code can catch, and a small one still works.
// expect: value ["refused","refused","refused","refused","refused","refused","refused","refused",1024]
// limits: memory_bytes=33554432
const refused = (make: () => unknown) => {
  try {
    make();
    return "made";
  } catch (error) {
    return error instanceof Error ? "refused" : "not an error";
  }
};
return [
  refused(() => new Uint8Array(2 ** 30)),
  refused(() => new Uint8Array(2 ** 31)),
  refused(() => new Float64Array(2 ** 29)),
  refused(() => new ArrayBuffer(2 ** 32)),
  refused(() => new ArrayBuffer(2 ** 53)),
  refused(() => new BigInt64Array(-1)),
  refused(() => new ArrayBuffer(16, { maxByteLength: 2 ** 40 } as any)),
  refused(() => new SharedArrayBuffer(2 ** 31)),
  new Uint8Array(1024).length,
];
