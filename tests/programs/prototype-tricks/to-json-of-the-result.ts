// Hangs `toJSON` on all objects and strings, and returns text that ends scripts and names prototypes: the host reads what the sandbox wrote, and nothing of it is code.
// expect: value {"a":"</script>\"","__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}
let asked = 0;
for (const type of [String, Number, Boolean]) {
  Object.defineProperty(type.prototype, "toJSON", { value: () => { asked++; return "hijacked"; } });
}
const result = JSON.parse('{"a":"</script>\\"","__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}');
return asked === 0 ? result : "asked";
