// The world `words` in JavaScript, for componentize-js.

export const text = {
  countWords(text, most) {
    if (text === "") throw { tag: "empty" };
    if (text.length > 1000) throw { tag: "too-long", val: text.length };
    const times = new Map();
    for (const word of text.split(/\s+/)) times.set(word, (times.get(word) ?? 0) + 1);
    const counted = [...times].map(([word, times]) => ({ word, times }));
    counted.sort((one, other) => other.times - one.times);
    return counted.slice(0, most);
  },
};

export function larger(a, b) {
  return a > b ? a : b;
}

export async function ask(url) {
  try {
    return (await fetch(url)).status;
  } catch (error) {
    throw String(error?.message ?? error);
  }
}
