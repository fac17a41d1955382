// Replaces every method of every class by one that throws, and then fails: the error is reported with its class, text and place.
// expect: error TypeError: reported
// stdout: { before: true }
const { ownKeys, defineProperty, getOwnPropertyDescriptor } = Reflect;
console.log({ before: true });
const error = new TypeError("reported");
const hijacked = () => { throw 666; };
const holders: any[] = [];
const names = ownKeys(globalThis);
for (let i = 0; i < names.length; i++) {
  const value: any = getOwnPropertyDescriptor(globalThis, names[i])!.value;
  if (typeof value === "function" && value.prototype) holders[holders.length] = value.prototype;
  if (value !== globalThis && (typeof value === "function" || typeof value === "object") && value) holders[holders.length] = value;
}
for (let i = 0; i < holders.length; i++) {
  const keys = ownKeys(holders[i]);
  for (let k = 0; k < keys.length; k++) {
    const property: any = getOwnPropertyDescriptor(holders[i], keys[k]);
    if (!property.configurable) continue;
    if (typeof property.value === "function" || property.get) {
      defineProperty(holders[i], keys[k], { value: hijacked, writable: true, configurable: true });
    }
  }
}
throw error;
