// @ts-check
// What the room says, put into words and bars. Nothing here is invented: what is not known is said so.

const STALE_S = 5;
const LOST = "Connection lost. The music goes on; this page comes back by itself.";
const ENDED = "The session has ended; its record is kept.";
const PLAYING = {
  playing: "",
  waiting: "Silent: waiting for a person to start.",
  silence: "Silent, until a person plays on.",
  pause: "Paused, until a person plays on.",
  end: "Ending: fading out and saving.",
  crash: "Silent: the output had to stop. Play on when it is ready.",
};

/** @param {string} id */
const at = (id) => /** @type {HTMLElement} */ (document.getElementById(id));
/** @param {HTMLElement} element @param {string} text */
function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
/** @param {string} text */
export const words = (text) => text.replaceAll("_", " ");

/** @param {number} seconds */
export function clock(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

export function showHello(hello) {
  document.body.dataset.view = "room";
  at("main").hidden = at("bottom").hidden = Boolean(hello.setup);
  put(at("room"), hello.room);
  document.title = `calando ${hello.room}`;
  showBanner(hello.setup?.trouble ?? "");
  const route = hello.route === "none" ? "no drug" : hello.route;
  const flags = hello.flags.length ? ` · ${hello.flags.join(", ")}` : "";
  put(at("plan"), `${hello.profile} · ${route}${flags}${hello.role === "view" ? " · looking only" : ""}`);
  const mode = modeOf(hello);
  at("mode").hidden = !mode;
  put(at("mode"), mode);
  showTablets(hello.pairing);
}

function modeOf(hello) {
  if (hello.demo) return `Demo: a simulated listener lives the story “${hello.story}”`;
  const modes = [];
  if (hello.shadow) modes.push("Shadow: shows what it would do, plays the plain profile");
  if (hello.story) modes.push(`Rehearsal: a simulated listener, story “${hello.story}”`);
  if (hello.staff_only) modes.push("Staff only: no heart moves the music");
  return modes.join(" · ");
}

function showTablets(pairing) {
  at("tablets").hidden = !pairing;
  if (!pairing) return;
  put(at("tablet-url"), pairing.url);
  for (const role of ["control", "view"]) {
    put(at(`code-${role}`), pairing.codes[role]);
    at(`qr-${role}`).setAttribute("src", `/qr/${role}.svg`);
  }
}

export function showNow(now, hello) {
  showHeart(now.heart, hello);
  put(at("phase"), words(now.phase ?? "--"));
  put(at("phase-left"), phaseLeft(now));
  put(at("music"), now.music ?? "listening");
  put(at("why"), now.why ?? "");
  put(at("limits"), limitsIn(now.limits ?? []));
  put(at("staff"), staffAsks(now));
  showStanding("strap", now.strap, "");
  showStanding("output", now.output, hello?.sound ?? "");
  showStanding("record", now.record, "");
  const last = now.last;
  put(/** @type {HTMLElement} */ (at("last").querySelector("dd")), last ? `${words(last.act)}, by ${last.by}, ${clock(last.age_s)} ago` : "nothing yet");
  put(at("trouble"), now.trouble ?? "");
  showBanner(PLAYING[now.playing] ?? "");
  showPreflight(now, hello);
}

/** What is on its way there, and what holds it back. @param {string[]} limits */
function limitsIn(limits) {
  const moving = limits.filter((each) => each.endsWith(" slew")).map((each) => each.replace(" slew", ""));
  const others = limits.filter((each) => !each.endsWith(" slew"));
  const parts = [];
  if (others.length) parts.push(`Limited by: ${others.join(", ")}`);
  if (moving.length) parts.push(`Still moving, gradually: ${moving.join(", ")}`);
  return parts.join(". ");
}

function phaseLeft(now) {
  if (now.phase_left_s == null) return "its clock waits for the dose or next phase";
  if (now.phase_left_s === 0) return "over; the last phase stays on";
  return `${clock(now.phase_left_s)} left${now.staying ? ", held" : ""}`;
}

function staffAsks(now) {
  const asks = [`Staff: ${now.staff_offset ? `${Math.round(now.staff_offset * 100)} % calmer` : "nothing asked"}`];
  asks.push(`ceiling ${Math.round((now.ceiling ?? 1) * 100)} %`);
  if (now.staying) asks.push("staying");
  return asks.join(" · ");
}

function showHeart(heart, hello) {
  put(at("hr"), heart.hr_bpm == null ? "--" : String(heart.hr_bpm));
  put(at("hr-expected"), heart.expected_bpm == null ? "" : ` · expected ${heart.expected_bpm}`);
  const known = heart.known === true;
  const staffOnly = hello?.staff_only;
  put(at("arousal-word"), staffOnly ? "staff only" : known || heart.word === "coasting" ? heart.word : "not known yet");
  meter("arousal-bar", known ? heart.arousal : 0);
  meter("confidence-bar", heart.confidence ?? 0);
  put(at("confidence"), String(Math.round((heart.confidence ?? 0) * 100)));
}

/** @param {string} id @param {number} share */
function meter(id, share) {
  const percent = Math.round(share * 100);
  at(id).setAttribute("aria-valuenow", String(percent));
  /** @type {HTMLElement} */ (at(id).firstElementChild).style.width = `${percent}%`;
}

const GOOD = new Set(["streaming(rr)", "streaming(hr-only)", "ready", "kept", "none"]);

function showStanding(name, standing, atStart) {
  if (!standing) return;
  at(name).classList.toggle("attention", !GOOD.has(standing.state));
  put(/** @type {HTMLElement} */ (at(name).querySelector("dd")), [standing.words ?? words(standing.state), standing.why || atStart].filter(Boolean).join(": "));
}

function showPreflight(now, hello) {
  const waits = hello?.waits && now.playing === "waiting";
  at("preflight").hidden = !waits;
  if (!waits) return;
  const age = now.heart.age_s;
  check("strap", hello.staff_only || (age != null && age < STALE_S), hello.staff_only ? "Strap: none, staff only" : age == null ? "Strap: nothing heard yet. Moisten it, put it on." : `Strap: heard ${age.toFixed(0)} s ago`);
  check("synth", now.output.state === "ready", `Synth: ${now.output.state === "ready" ? hello.sound || "ready" : now.output.why}`);
  check("level", Boolean(hello.loudness), hello.loudness || "Loudness: never measured in this room");
  check("disk", now.record.state === "kept" && !hello.disk, hello.disk ? `Record: ${hello.disk}` : `Record: ${now.record.why}`);
}

function check(name, ok, text) {
  at(`check-${name}`).dataset.ok = String(Boolean(ok));
  put(at(`check-${name}`), text);
}

export function showAges(now, sinceS) {
  const age = now?.heart?.age_s;
  const total = age == null ? null : age + sinceS;
  const stale = total == null || total > STALE_S;
  at("heart").classList.toggle("stale", stale);
  at("arousal").classList.toggle("stale", stale);
  at("main").classList.toggle("stale", now != null && sinceS > STALE_S);
  put(at("hr-age"), total == null ? "no heartbeat yet" : stale ? `${clock(total)} old` : `${total.toFixed(0)} s ago`);
}

function showBanner(text) {
  at("banner").hidden = !text;
  put(at("banner"), text);
}

/** @param {boolean} connected @param {boolean} ended */
export function showConnection(connected, ended) {
  document.body.dataset.connected = String(connected);
  if (!connected) showBanner(ended ? ENDED : LOST);
}
