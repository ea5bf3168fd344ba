// @ts-check
// The controls: sent, then done once the room obeys, then recorded once it is on the disk. Nothing is shown before.
import { words } from "./show.js";

const SHOWN_MS = 6000;
const SAID = { sent: "sent", done: "done", recorded: "done, recorded" };

export class Controls {
  /** @param {Document} page @param {(ask: object) => boolean} send */
  constructor(page, send) {
    this.page = page;
    this.send = send;
    this.next = 1;
    /** @type {Map<number, {button: HTMLElement, name: string}>} */
    this.waiting = new Map();
    this.ceiling = 1;
    this.undoSeq = null;
    this.waits = false;
    this.mustStart = false;
    this.role = "view";
    this.said = /** @type {HTMLElement} */ (page.getElementById("said"));
    this.undo = /** @type {HTMLButtonElement} */ (page.getElementById("undo"));
    this.buttons = /** @type {HTMLButtonElement[]} */ ([...page.querySelectorAll("button[data-act]")]);
    for (const button of [...this.buttons, this.undo]) addAck(page, button);
    for (const button of this.buttons) this.wire(button);
    this.undo.addEventListener("click", () => this.ask(this.undo, "undo", { undo: this.undoSeq }));
    this.wireRehearsal();
    page.getElementById("checked")?.addEventListener("change", () => this.enable());
  }

  /** @param {HTMLButtonElement} button */
  wire(button) {
    const hold = Number(button.dataset.hold ?? 0);
    if (!hold) {
      button.addEventListener("click", () => this.press(button));
      return;
    }
    let timer = 0;
    for (const button of this.buttons) if (button.dataset.act === "play_on" && this.mustStart) button.disabled = true;
    const start = () => {
      if (timer || button.disabled) return;
      button.dataset.holding = "";
      timer = setTimeout(() => {
        stop();
        this.press(button);
      }, hold);
    };
    const stop = () => {
      clearTimeout(timer);
      timer = 0;
      delete button.dataset.holding;
    };
    button.addEventListener("pointerdown", start);
    for (const name of ["pointerup", "pointerleave", "pointercancel", "blur", "holdend"]) button.addEventListener(name, stop);
    button.addEventListener("holdstart", start);
    button.addEventListener("keydown", (event) => [" ", "Enter"].includes(event.key) && !event.repeat && start());
    button.addEventListener("keyup", stop);
  }

  wireRehearsal() {
    const tell = /** @type {HTMLButtonElement} */ (this.page.getElementById("tell"));
    const story = /** @type {HTMLSelectElement} */ (this.page.getElementById("story"));
    tell.addEventListener("click", () => this.ask(tell, `the story ${story.value}`, { tell: story.value }));
  }

  /** @param {HTMLButtonElement} button */
  press(button) {
    const act = button.dataset.act ?? "";
    /** @type {{act: string, value?: number}} */
    const ask = { act };
    if (button.dataset.value) ask.value = Number(button.dataset.value);
    if (button.dataset.step) {
      this.ceiling = Math.min(1, Math.max(0, this.ceiling + Number(button.dataset.step)));
      ask.value = this.ceiling;
    }
    this.ask(button, words(act), ask);
  }

  /** @param {HTMLElement} button @param {string} name @param {object} ask */
  ask(button, name, ask) {
    const id = this.next++;
    if (!this.send({ id, ...ask })) {
      this.say(button, name, "not sent: no connection. The room's computer silences with the key s.");
      return;
    }
    this.waiting.set(id, { button, name });
    this.say(button, name, SAID.sent);
  }

  answer(answer) {
    const waiting = this.waiting.get(answer.id);
    if (!waiting) return;
    if (answer.state !== "done") this.waiting.delete(answer.id);
    this.say(waiting.button, waiting.name, SAID[answer.state] ?? `refused: ${answer.why}`);
  }

  /** @param {HTMLElement} button @param {string} name @param {string} state */
  say(button, name, state) {
    this.said.textContent = `${name[0].toUpperCase()}${name.slice(1)}: ${state}`;
    button.dataset.state = state.split(":")[0];
    const ack = button.querySelector(".ack");
    if (!ack) return;
    ack.textContent = state.split(":")[0];
    clearTimeout(Number(button.dataset.timer));
    button.dataset.timer = String(setTimeout(() => (ack.textContent = ""), SHOWN_MS));
  }

  hello(hello) {
    this.role = hello.role;
    this.waits = hello.waits;
    const can = new Set(hello.acts);
    for (const button of this.buttons) button.hidden = !can.has(button.dataset.act ?? "");
    for (const group of this.page.querySelectorAll(".controls .group[role=group]"))
      /** @type {HTMLElement} */ (group).hidden = ![...group.querySelectorAll("button")].some((each) => !each.hidden);
    this.offerStories(hello.stories);
    this.enable();
  }

  /** @param {Record<string, string>} stories */
  offerStories(stories) {
    const select = /** @type {HTMLSelectElement} */ (this.page.getElementById("story"));
    const names = Object.keys(stories);
    /** @type {HTMLElement} */ (this.page.getElementById("rehearsal")).hidden = !names.length;
    select.replaceChildren(...names.map((name) => new Option(`${name}: ${stories[name]}`, name)));
  }

  now(now) {
    this.ceiling = [...this.waiting.values()].some((each) => each.name === "ceiling") ? this.ceiling : now.ceiling ?? 1;
    for (const button of this.buttons) {
      if (button.dataset.act === "stay") button.setAttribute("aria-pressed", String(Boolean(now.staying)));
    }
    this.mustStart = this.waits && now.playing === "waiting";
    this.undoSeq = now.undo?.seq ?? null;
    const label = /** @type {ChildNode} */ (this.undo.firstChild);
    label.textContent = now.undo ? `Undo ${words(now.undo.act)} (${Math.ceil(now.undo.left_s)} s)` : "Undo";
    this.enable();
  }

  /** @param {boolean} connected */
  connection(connected) {
    if (!connected) {
      for (const { button, name } of this.waiting.values()) this.say(button, name, "no answer: the connection was lost");
      this.waiting.clear();
    }
    this.enable();
  }

  enable() {
    const may = this.role === "control";
    for (const button of this.buttons) button.disabled = !may;
    for (const button of this.buttons) if (button.dataset.act === "play_on" && this.mustStart) button.disabled = true;
    const start = /** @type {HTMLButtonElement} */ (this.page.getElementById("start"));
    start.disabled = !may || !(/** @type {HTMLInputElement} */ (this.page.getElementById("checked")).checked);
    this.undo.disabled = !may || this.undoSeq === null;
  }
}

/** @param {Document} page @param {HTMLElement} button */
function addAck(page, button) {
  const ack = page.createElement("span");
  ack.className = "ack";
  ack.setAttribute("aria-hidden", "true");
  button.append(ack);
}
