// Writes the address of the inside in decimal, octal, hexadecimal, short and in circled digits.
// expect: value ["denied","denied","denied","denied","denied","denied","denied"]
const forms = ["2130706433", "017700000001", "0x7f000001", "0x7f.1", "0177.0.0.01", "127.1", "①②⑦.⓪.⓪.①"];
const asked = forms.map((form) => fetch(`http://${form}:${input.inside}/`).then(() => "answered", (error) => error.code));
return await Promise.all(asked);
