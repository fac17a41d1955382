// Gives arrays, promises and buffers species and constructors that lie: the result is the data that they hold.
// expect: value [[1,2,3],[2,4,6],[1],"called"]
class Lying extends Array<number> {
  static get [Symbol.species](): any {
    return function () {
      return new Proxy({}, { set: () => true, defineProperty: () => true, get: () => 666 });
    };
  }
}
const list = new Lying();
list.push(1, 2, 3);
class Promised extends Promise<unknown> {
  static get [Symbol.species](): any {
    return class {
      constructor(run: any) {
        run(() => {}, () => {});
      }
    };
  }
}
const called = await new Promise((resolve) => {
  Object.defineProperty(Promise, Symbol.species, { get: () => Promised });
  tools.test.echo({ a: 1 }).then(() => {});
  setTimeout(() => resolve("called"), 5);
});
return [list, Array.from(list, (n) => n * 2), new Uint8Array([1]).map((n) => n), called].map((value) => value);
