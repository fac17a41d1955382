// A getter of the result reads itself while the result is written: an error of the program, not of the host.
// expect: stack_overflow
const result = {
  get value(): unknown {
    return [this.value];
  },
};
return result;
