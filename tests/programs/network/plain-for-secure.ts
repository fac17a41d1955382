// Asks in the clear where TLS is granted, and over TLS where nobody proves to be the host.
// expect: value ["denied","denied","failed"]
const plain = input.allowed.replace("https:", "http:");
const asked = [plain + "/json", input.allowed + "/redirect/302/" + plain + "/json", input.unproven + "/json"];
return await Promise.all(asked.map((url) => fetch(url).then(() => "answered", (error) => error.code)));
