// @ts-check
// Setting the room up: what is chosen here is tried here, and only what the room offers can be chosen.

/** @param {string} id */
const at = (id) => /** @type {any} */ (document.getElementById(id));

export class SetUp {
  /** @param {(ask: object) => boolean} send */
  constructor(send) {
    this.send = send;
    this.next = 1_000_000;
    /** @type {Map<number, (answer: any) => void>} */
    this.waiting = new Map();
    at("scan").addEventListener("click", () => this.scan());
    at("chord").addEventListener("click", () => this.chord());
    at("chord-stop").addEventListener("click", () => this.ask("stop", {}));
    at("obeys-yes").addEventListener("click", () => this.obeys(true));
    at("obeys-no").addEventListener("click", () => this.obeys(false));
    at("loudness-set").addEventListener("click", () => this.loudness());
    at("begin").addEventListener("click", () => this.begin());
  }

  hello(setup) {
    at("setup").hidden = !setup;
    if (!setup) return;
    const memory = setup.memory;
    this.hearts(setup.strap ? [[`ble:${setup.strap}`, `The strap of last time: ${setup.strap}`]] : []);
    options("out", Object.entries(setup.outs), memory.port ? `midi:${memory.port}` : "synth");
    options("profile", Object.entries(setup.profiles).map(([name, use]) => [name, use ? `${name}: ${use}` : name]), memory.profile ?? "default");
    options("route", setup.routes.map((route) => [route, route === "none" ? "no drug" : route]), memory.route ?? "none");
    options("rehearse", Object.entries(setup.stories).map(([name, use]) => [name, `${name}: ${use}`]), "distress");
    at("level-cc").value = String(memory.level_cc ?? 11);
    at("flags").replaceChildren(...setup.flags.map(flag));
    at("loudness-said").textContent = setup.loudness ?? "Nobody measured this room yet.";
    at("begin-said").textContent = setup.trouble ?? "The music waits there for Start.";
    at("dba").max = String(setup.loudest_dba);
  }

  /** @param {[string, string][]} straps */
  hearts(straps) {
    const fixed = [["sim", "A simulated listener: a rehearsal for staff"], ["none", "No strap: staff only"]];
    const choices = [...straps, ...fixed];
    at("hearts").replaceChildren(...choices.map(([value, text], index) => radio("heart", value, text, index === 0)));
  }

  async scan() {
    at("scan-said").textContent = "Looking and listening, about 10 s …";
    const answer = await this.ask("scan", {});
    if (answer.state !== "done") return said("scan-said", answer);
    said("scan-said", answer, answer.straps.length ? "Choose the strap that the listener wears." : "No strap was heard: moisten it, put it on, and look again.");
    this.hearts(answer.straps.map((strap) => [`ble:${strap.id}`, strapWords(strap)]));
  }

  async chord() {
    at("chord-said").textContent = "It swells for 10 s, grows softer, swells again, and fades.";
    const answer = await this.ask("chord", { out: at("out").value, level_cc: Number(at("level-cc").value) });
    said("chord-said", answer, answer.stopped ? "Stopped." : "Did it grow softer in the middle, and fade at the end?");
  }

  /** @param {boolean} yes */
  async obeys(yes) {
    const number = Number(at("level-cc").value);
    if (!yes) {
      at("level-cc").value = String(number === 11 ? 7 : 11);
      at("chord-said").textContent = `Then try controller ${at("level-cc").value}: play the chord again.`;
      return;
    }
    said("chord-said", await this.ask("obeys", { level_cc: number }), `This synth obeys controller ${number}: kept for this room.`);
  }

  async loudness() {
    const answer = await this.ask("loudness", { dba: at("dba").valueAsNumber });
    said("loudness-said", answer, answer.loudness);
  }

  async begin() {
    const chosen = /** @type {HTMLInputElement | null} */ (document.querySelector("input[name=heart]:checked"));
    const heart = chosen?.value === "sim" ? `sim:${at("rehearse").value}` : chosen?.value ?? "";
    const flags = [...document.querySelectorAll("#flags input:checked")].map((each) => /** @type {any} */ (each).value);
    const choices = { heart, out: at("out").value, profile: at("profile").value, route: at("route").value, flags, shadow: at("shadow").checked };
    said("begin-said", await this.ask("begin", choices), "The room is being opened …");
  }

  /** @param {string} step @param {object} choices @returns {Promise<any>} */
  ask(step, choices) {
    const id = this.next++;
    return new Promise((answered) => {
      if (this.send({ id, setup: step, choices })) this.waiting.set(id, answered);
      else answered({ state: "refused", why: "No connection to the room." });
    });
  }

  answer(answer) {
    this.waiting.get(answer.id)?.(answer);
    this.waiting.delete(answer.id);
  }
}

/** @param {string} id @param {any} answer @param {string} [text] */
function said(id, answer, text) {
  at(id).textContent = answer.state === "done" ? text ?? "Done." : answer.why;
}

/** @param {string} id @param {[string, string][]} choices @param {string} chosen */
function options(id, choices, chosen) {
  at(id).replaceChildren(...choices.map(([value, text]) => new Option(text, value, false, value === chosen)));
}

function radio(name, value, text, checked) {
  return choice("radio", name, value, text, checked);
}

function flag(value) {
  return choice("checkbox", "flag", value, value, false);
}

function choice(type, name, value, text, checked) {
  const label = document.createElement("label");
  const input = Object.assign(document.createElement("input"), { type, name, value, checked });
  label.className = "check";
  label.append(input, ` ${text}`);
  return label;
}

function strapWords(strap) {
  const parts = [strap.name];
  if (strap.heart_rate_bpm) parts.push(`heart ${strap.heart_rate_bpm}`);
  if (strap.battery_percent != null) parts.push(`battery ${strap.battery_percent} %`);
  if (strap.sends_rr === false) parts.push("heart rate alone");
  if (strap.trouble) parts.push(strap.trouble);
  return parts.join(" · ");
}
