// Notes for a release out of a git log with conventional commits: what is new, what is mended, what breaks, and by whom.
//
//     git log --format='%h%x09%an%x09%s' v1.0..v1.1 | vesicle run examples/release-notes.ts --input-text @-
//     vesicle run examples/release-notes.ts --input-text @examples/git-log.txt

interface Commit {
  hash: string;
  author: string;
  kind: string;
  area?: string;
  breaks: boolean;
  subject: string;
}

const SECTIONS: [kind: string, title: string][] = [
  ["feat", "New"],
  ["fix", "Mended"],
  ["perf", "Faster"],
];

function commit(line: string): Commit {
  const [hash = "", author = "", subject = ""] = line.split("\t");
  const parts = /^(\w+)(?:\(([^)]+)\))?(!)?: (.+)$/.exec(subject);
  if (!parts) return { hash, author, kind: "other", breaks: false, subject };
  const [, kind, area, mark, rest] = parts;
  return { hash, author, kind, area, breaks: mark === "!", subject: rest };
}

const commits = (input as string).split("\n").filter((line) => line.includes("\t")).map(commit);
if (commits.length === 0) throw new Error("no line has a hash, an author and a subject, with tabs between them");

const bullet = ({ area, subject, hash }: Commit) => `- ${area ? `**${area}**: ` : ""}${subject} (${hash})`;
const section = (title: string, chosen: Commit[]) =>
  chosen.length === 0 ? [] : [`## ${title}`, "", ...chosen.map(bullet), ""];

const lines = section("Breaking", commits.filter((one) => one.breaks));
for (const [kind, title] of SECTIONS) {
  lines.push(...section(title, commits.filter((one) => one.kind === kind && !one.breaks)));
}
const told = commits.filter((one) => one.breaks || SECTIONS.some(([kind]) => kind === one.kind));
const authors = [...new Set(commits.map((one) => one.author))].toSorted();
lines.push(`${commits.length} commits, ${commits.length - told.length} of them not told here; by ${authors.join(", ")}.`);
return lines.join("\n");
