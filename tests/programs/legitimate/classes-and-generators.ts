// Classes with private fields, statics, accessors, generators and inheritance.
// expect: value {"list":[1,2,3,5,8],"size":5,"text":"Fibonacci(5)"}
abstract class Sequence<T> {
  static readonly kind: string = "sequence";
  #cache: T[] = [];
  constructor(protected readonly length: number) {}
  abstract values(): Generator<T>;
  *[Symbol.iterator](): Generator<T> {
    for (const value of this.values()) {
      this.#cache.push(value);
      yield value;
      if (this.#cache.length >= this.length) return;
    }
  }
  get size() {
    return this.#cache.length;
  }
  toString() {
    return `${(this.constructor as typeof Sequence).kind}(${this.length})`;
  }
}
class Fibonacci extends Sequence<number> {
  static override readonly kind = "Fibonacci";
  *values() {
    let [a, b] = [1, 2];
    while (true) {
      yield a;
      [a, b] = [b, a + b];
    }
  }
}
const sequence = new Fibonacci(5);
return { list: [...sequence], size: sequence.size, text: `${sequence}` };
