// Has the granted host send more than fits, announced, in chunks, and many at once.
// expect: value [["limit_exceeded","limit_exceeded","limit_exceeded"],["limit_exceeded"]]
const code = (path: string) => fetch(input.allowed + path).then(() => "answered", (error) => error.code);
const one = [await code("/announced/1000000000000"), await code("/chunked/20000000"), await code("/headers/300000")];
const many = await Promise.all(Array.from({ length: 20 }, () => code("/chunked/20000000")));
return [one, [...new Set(many)]];
