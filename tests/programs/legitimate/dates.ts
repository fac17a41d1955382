// Computes with dates and prints them.
// expect: value ["2024-02-29T12:00:00.000Z",366,"2024-03-31","Invalid Date"]
const leap = new Date(Date.UTC(2024, 1, 29, 12));
const days = (Date.UTC(2025, 0, 1) - Date.UTC(2024, 0, 1)) / 86_400_000;
const end = new Date(Date.UTC(leap.getUTCFullYear(), 3, 0)).toISOString().slice(0, 10);
return [leap, days, end, String(new Date("no date"))];
