// @ts-check
// A key for everything: each control names its own in data-key. They can be switched off (WCAG 2.1.4).
import { recall, remember } from "./theme.js";

/** @type {Record<string, string>} */
const NAMES = { " ": "space" };

/** @param {Document} page */
export function listenToKeys(page) {
  const help = /** @type {HTMLButtonElement} */ (page.getElementById("help"));
  const panel = /** @type {HTMLElement} */ (page.getElementById("keys"));
  const on = /** @type {HTMLInputElement} */ (page.getElementById("keys-on"));
  on.checked = recall("keys", "on") === "on";
  on.addEventListener("change", () => remember("keys", on.checked ? "on" : "off"));
  help.addEventListener("click", () => {
    panel.hidden = !panel.hidden;
    help.setAttribute("aria-expanded", String(!panel.hidden));
  });
  for (const button of page.querySelectorAll("button.do[data-key]")) {
    const key = page.createElement("kbd");
    const name = /** @type {HTMLElement} */ (button).dataset.key ?? "";
    key.textContent = NAMES[name] ?? name;
    key.setAttribute("aria-hidden", "true");
    button.append(key);
    button.setAttribute("aria-keyshortcuts", NAMES[name] ? "Space" : name);
  }
  page.addEventListener("keydown", (event) => press(event, "keydown"));
  page.addEventListener("keyup", (event) => press(event, "keyup"));

  /** @param {KeyboardEvent} event @param {string} kind */
  function press(event, kind) {
    const target = /** @type {HTMLElement} */ (event.target);
    if (!on.checked || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    if (target.closest("input:not([type=checkbox]), select, textarea")) return;
    if (event.key === " " && target.closest("button, input, summary, a")) return;
    const button = find(event.key.toLowerCase());
    if (!button || button.disabled) return;
    event.preventDefault();
    if (button.dataset.hold) button.dispatchEvent(new CustomEvent(kind === "keydown" ? "holdstart" : "holdend"));
    else if (kind === "keydown") button.click();
  }

  /** @param {string} key @returns {HTMLButtonElement | undefined} */
  function find(key) {
    const buttons = /** @type {NodeListOf<HTMLButtonElement>} */ (page.querySelectorAll("button[data-key]"));
    return [...buttons].find((each) => each.dataset.key === key && each.offsetParent !== null);
  }
}
