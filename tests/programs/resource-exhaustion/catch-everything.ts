// Catches all that can be caught, in `finally` and in handlers, to outlive its time: it cannot.
// expect: timeout
// limits: wall_time_ms=300
const outlive = () => {
  try {
    for (let i = 0; Date.now() >= 0; i++);
  } catch {
    outlive();
  } finally {
    outlive();
  }
};
setInterval(outlive, 1);
outlive();
