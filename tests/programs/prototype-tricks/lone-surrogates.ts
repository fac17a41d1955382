// Sends half a character to the host in names, arguments, output and the result: what carries text refuses it or makes it whole.
// expect: value ["invalid_input","failed","�","�","🦊"]
// stdout: � �
const code = (call: Promise<unknown>) => call.then(() => "carried", (error) => error.code);
console.log("\ud800", "\udc00");
const decoded = new TextDecoder().decode(new TextEncoder().encode("\ud800"));
return [
  await code(tools.test.said({ a: "\ud800" })),
  await code(tools.$describe("\udfff")),
  decoded,
  "\ud800",
  await tools.test.echo({ a: "\ud83e\udd8a" }).then((echoed: any) => echoed.a),
];
