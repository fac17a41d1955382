// Asks for the metadata of a cloud by its address, in the forms that it has.
// expect: value ["denied","denied","denied","denied","denied","denied"]
const places = ["169.254.169.254", "[fd00:ec2::254]", "[::ffff:169.254.169.254]", "[64:ff9b::a9fe:a9fe]", "168.63.129.16", "100.100.100.200"];
const asked = places.map((place) => fetch(`http://${place}/latest/meta-data/`).then(() => "answered", (error) => error.code));
return await Promise.all(asked);
