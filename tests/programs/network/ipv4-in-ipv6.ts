// Writes the address of the inside as every kind of IPv6 address that holds it.
// expect: value ["denied","denied","denied","denied","denied","denied"]
const forms = ["::ffff:127.0.0.1", "::127.0.0.1", "::ffff:7f00:1", "64:ff9b::127.0.0.1", "2002:7f00:1::", "::1"];
const asked = forms.map((form) => fetch(`http://[${form}]:${input.inside}/`).then(() => "answered", (error) => error.code));
return await Promise.all(asked);
