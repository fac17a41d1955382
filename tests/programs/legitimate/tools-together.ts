// Calls many tools at once, and copes with the one that fails.
// expect: value {"sum":45,"failed":["failed"]}
const calls = Array.from({ length: 10 }, (_, n) => tools.test.echo({ n }));
const answers = await Promise.all(calls);
const settled = await Promise.allSettled([tools.test.echo(), tools.test.fail()]);
return {
  sum: answers.reduce((sum: number, answer: any) => sum + answer.n, 0),
  failed: settled.flatMap((one) => one.status === "rejected" ? [one.reason.code] : []),
};
