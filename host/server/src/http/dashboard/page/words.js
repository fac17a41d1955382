// Figures in words.

const WHOLE = new Intl.NumberFormat("en");
const SHORT = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
const CLOCK = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });

export const count = (number) => WHOLE.format(number);
export const short = (number) => (number < 10_000 ? WHOLE.format(number) : SHORT.format(number));
export const clock = (ms) => CLOCK.format(new Date(ms));
export const day = (time) => DAY.format(new Date(time));
export const plural = (number, one, more = `${one}s`) => `${count(number)} ${number === 1 ? one : more}`;

/** A time in microseconds, as number and unit. */
export function span(us) {
  if (us === null || us === undefined) return ["–", ""];
  const [value, unit] = us < 1e3 ? [us, "µs"] : us < 1e6 ? [us / 1e3, "ms"] : [us / 1e6, "s"];
  return [unit === "µs" || value >= 100 ? Math.round(value).toString() : value.toFixed(value < 10 ? 2 : 1), unit];
}

export const time = (us) => span(us).join(" ").trim();

export function bytes(number) {
  const units = ["B", "KB", "MB", "GB", "TB"];
  let at = 0;
  while (number >= 1000 && at < units.length - 1) {
    number /= 1000;
    at += 1;
  }
  return `${at === 0 ? number : number.toFixed(number < 10 ? 2 : 1)} ${units[at]}`;
}

export const percent = (share) => `${(share * 100).toFixed(share > 0.995 && share < 1 ? 2 : share === 1 ? 0 : 1)} %`;

const STATUSES = {
  success: ["good", "success"],
  error: ["bad", "error"],
  timeout: ["warn", "timeout"],
  limit_exceeded: ["warn", "limit"],
  security_violation: ["bad", "violation"],
  cancelled: ["", "cancelled"],
  disconnected: ["", "disconnected"],
  interrupted: ["", "interrupted"],
  abandoned: ["", "abandoned"],
  failed: ["bad", "failed"],
  running: ["info", "running"],
};

/** The colour and the word of an outcome. */
export const status = (text) => STATUSES[text] ?? ["", text ?? "unknown"];
