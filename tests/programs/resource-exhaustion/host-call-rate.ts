// Calls tools faster than its rate: refused, with the time to come back.
// expect: value ["rate_limited",true,true]
// limits: host_calls_per_second=10
try {
  while (Date.now() >= 0) await tools.test.echo();
} catch (error) {
  return [error.code, /try again in \d+ ms/.test(error.message), error.retryAfterMs > 0];
}
