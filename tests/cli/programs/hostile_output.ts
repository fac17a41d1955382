console.log("\x1b[31mred text\x1b[0m\x1b[2J\x1b[H");
console.error("\x1b]0;a new title\x07" + "before\rafter");
console.log("\u009b31m" + "\u202e" + "\x07");
return "result tab\there \x1b[5m";
