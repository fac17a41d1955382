// Wraps text at words, counting characters as people do.
// expect: value ["The quick","brown fox","jumps 🦊","über den","Zaun."]
const wrap = (text: string, width: number) => {
  const lines: string[] = [];
  for (const word of text.split(/\s+/)) {
    const line = lines.at(-1);
    if (line !== undefined && [...line].length + 1 + [...word].length <= width) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines;
};
return wrap("The quick brown fox jumps 🦊 über den Zaun.", 9);
