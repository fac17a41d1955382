// Runs `exec` in a loop, which is not the `exec` of a subprocess.
// expect: value [["2024","06"],["2025","12"]]
const pattern = /(?<year>\d{4})-(?<month>\d{2})/g;
const found: string[][] = [];
let match: RegExpExecArray | null;
while ((match = pattern.exec("from 2024-06 to 2025-12")) !== null) {
  found.push([match.groups!.year, match.groups!.month]);
}
return found;
