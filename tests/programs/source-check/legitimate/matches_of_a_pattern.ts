// `exec` of a pattern is no command.
// checked: returns ["a=1","b=2"]
const pattern = /(\w)=(\d)/g;
const found: string[] = [];
let match: RegExpExecArray | null;
while ((match = pattern.exec('a=1, b=2')) !== null) found.push(match[0]);
return found;
