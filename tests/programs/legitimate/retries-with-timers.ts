// Tries again with pauses, and gives up on what takes too long.
// expect: value [3,"TimeoutError"]
// stdout: attempt 3
let attempts = 0;
const flaky = async () => {
  attempts++;
  console.log("attempt", attempts);
  if (attempts < 3) throw new Error("not yet");
  return attempts;
};
const retry = async <T>(work: () => Promise<T>, times: number): Promise<T> => {
  for (let left = times; ; left--) {
    try {
      return await work();
    } catch (error) {
      if (left === 0) throw error;
      await new Promise((done) => setTimeout(done, 2));
    }
  }
};
const late = tools.test.hang({}, { signal: AbortSignal.timeout(5) }).catch((error: any) => error.name);
return [await retry(flaky, 5), await late];
