// Tables that grow while they are read, and the button that holds them still.

import { el } from "./dom.js";

/** A table in a frame that scrolls; `heads` are the words above its columns, each with the class of its column. */
export function table(label, heads, body, kind = "fixed wide") {
  const row = el("tr", {}, heads.map(([text, column]) => el("th", { scope: "col", class: column }, text)));
  return el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": label }, el("table", { class: kind }, el("thead", {}, row), body));
}

/** A button that tells `held` whether the table is to stay as it is. */
export function holder(held) {
  const button = el("button", { type: "button", "aria-pressed": "false" }, "Hold still");
  button.addEventListener("click", () => {
    const holds = button.getAttribute("aria-pressed") === "false";
    button.setAttribute("aria-pressed", String(holds));
    held(holds);
  });
  return button;
}
