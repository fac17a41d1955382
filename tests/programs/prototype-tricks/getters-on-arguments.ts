// Gives host functions arguments whose getters answer differently each time: what was checked is what is used.
// expect: value ["{\"a\":1}",1,"[\"echo\"]","invalid_input","utf-8"]
let reads = 0;
const shifting = { get a() { return ++reads; } };
const said = await tools.test.said(shifting);
let limits = 0;
const found = await tools.$search("", { get limit() { return ++limits; } });
let signals = 0;
const signal = await tools.test.echo({}, {
  get signal() { return ++signals === 1 ? ({ aborted: false } as any) : undefined; },
}).then(() => "sent", (error) => error.code);
let encodings = 0;
const decoder = new TextDecoder({ toString: () => ++encodings === 1 ? "utf8" : "no encoding" } as any);
return [said, limits, JSON.stringify(found.map((tool: any) => tool.name.slice(5))), signal, decoder.encoding];
