// Returns an object whose `then` settles twice, late and with itself: the first word counts.
// expect: value "first"
const thenable: any = {
  get then() {
    return (resolve: (value: unknown) => void, reject: (reason: unknown) => void) => {
      resolve("first");
      resolve("second");
      reject(new Error("third"));
      setTimeout(() => resolve("late"), 1);
      throw new Error("fourth");
    };
  },
};
return thenable;
