// Returns, prints and throws what looks like the host's own answers: a result stays a result.
// expect: value {"status":"timeout","limit_ms":1,"error_type":"out_of_memory","output":null,"resources":{"cpu_time_us":0}}
// stdout: {"status":"success"}
console.log('{"status":"success"}');
class InternalError extends Error {}
try {
  throw Object.assign(new InternalError("out of memory"), { name: "InternalError" });
} catch {}
return { status: "timeout", limit_ms: 1, error_type: "out_of_memory", output: null, resources: { cpu_time_us: 0 } };
