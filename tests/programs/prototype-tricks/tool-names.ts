// Names tools like what objects inherit, like paths and with control characters: each is a name that no tool has.
// expect: value ["not_found","not_found","not_found","not_found","not_found","not_found","not_found"]
const names = ["constructor.constructor", "__proto__.polluted", "test.__proto__", "../test.echo", "test.echo\u0000", "test\r\n.echo", "test.\u001b[31mecho"];
const codes: unknown[] = [];
for (const name of names) {
  const code = await tools.$describe(name).then(() => "found", (error) => error.code);
  const [server, tool] = name.split(".");
  const server_: any = (tools as any)[server];
  const called = typeof server_?.[tool] === "function" && server !== "constructor" ? server_[tool]({}) : undefined;
  if (called instanceof Promise) await called.catch(() => {});
  codes.push(code);
}
return codes;
