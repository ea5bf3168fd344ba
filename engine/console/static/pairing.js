// @ts-check
// A tablet gives the code that the room's own screen shows; a code read by camera comes in the address's fragment,
// which browsers send to nobody.

export async function pairIfNeeded() {
  const form = /** @type {HTMLFormElement} */ (document.getElementById("pair-form"));
  const field = /** @type {HTMLInputElement} */ (document.getElementById("code"));
  const section = /** @type {HTMLElement} */ (document.getElementById("pair"));
  const code = location.hash.slice(1);
  if (code) history.replaceState(null, "", "/");
  if (code && (await give(code))) return;
  if (await role()) return;
  section.hidden = false;
  field.focus();
  await new Promise((paired) => {
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (await give(field.value)) paired(null);
    });
  });
  section.hidden = true;
}

async function role() {
  try {
    const answer = await fetch("/role");
    return (await answer.json()).role;
  } catch {
    return "unknown";
  }
}

/** @param {string} code */
async function give(code) {
  const said = /** @type {HTMLElement} */ (document.getElementById("pair-said"));
  try {
    const answer = await fetch("/pair", { method: "POST", body: JSON.stringify({ code }) });
    const found = await answer.json();
    said.textContent = found.why ?? "Paired.";
    return answer.ok;
  } catch {
    said.textContent = "The room does not answer.";
    return false;
  }
}
