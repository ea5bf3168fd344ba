// @ts-check
// The dim theme and the night theme, kept in this browser.

/** @param {string} name @param {string} fallback */
export function recall(name, fallback) {
  try {
    return localStorage.getItem(`calando.${name}`) ?? fallback;
  } catch {
    return fallback;
  }
}

/** @param {string} name @param {string} value */
export function remember(name, value) {
  try {
    localStorage.setItem(`calando.${name}`, value);
  } catch {
    // A browser that keeps nothing shows the dim theme next time.
  }
}

/** @param {() => void} redraw */
export function keepTheme(redraw) {
  const button = /** @type {HTMLButtonElement} */ (document.getElementById("night"));
  /** @param {string} theme */
  function wear(theme) {
    document.documentElement.dataset.theme = theme;
    button.setAttribute("aria-pressed", String(theme === "night"));
    remember("theme", theme);
    redraw();
  }
  button.addEventListener("click", () => wear(document.documentElement.dataset.theme === "night" ? "dim" : "night"));
  wear(recall("theme", "dim"));
}
