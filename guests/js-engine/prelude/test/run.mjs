// All tests of the prelude: `node guests/js-engine/prelude/test/run.mjs`.
import "./realm.mjs";

await import("./inspect.test.mjs");
await import("./inspect-limits.test.mjs");
await import("./console.test.mjs");
await import("./web.test.mjs");
await import("./fetch.test.mjs");
await import("./async.test.mjs");
