// @ts-check
// The page: connects to its room, shows what it is told, and passes on what staff ask.
import { connect } from "./link.js";
import { Controls } from "./controls.js";
import { Charts } from "./charts.js";
import { showHello, showNow, showAges, showConnection } from "./show.js";
import { pairIfNeeded } from "./pairing.js";
import { SetUp } from "./setup.js";
import { keepTheme } from "./theme.js";
import { listenToKeys } from "./keys.js";

const charts = new Charts();
/** @type {Controls} */
let controls;
/** @type {SetUp} */
let setUp;
const last = { now: null, at: 0, hello: null, ended: false };

function hear(message) {
  if (message.hello) {
    last.hello = message.hello;
    last.ended = false;
    showHello(message.hello);
    controls.hello(message.hello);
    setUp.hello(message.hello.setup);
    performance.mark("usable");
  }
  if (message.history) charts.begin(message.history);
  if (message.lines) charts.lines(message.lines);
  if (message.answer) {
    controls.answer(message.answer);
    setUp.answer(message.answer);
  }
  if (message.ended) last.ended = true;
  if (message.now) {
    last.now = message.now;
    last.at = performance.now();
    showNow(message.now, last.hello);
    controls.now(message.now);
    charts.point(message.now.point);
  }
}

function age() {
  showAges(last.now, (performance.now() - last.at) / 1000);
}

async function begin() {
  keepTheme(() => charts.redraw());
  const link = connect(hear, (connected) => {
    showConnection(connected, last.ended);
    controls.connection(connected);
  });
  controls = new Controls(document, (ask) => link.send(ask));
  setUp = new SetUp((ask) => link.send(ask));
  listenToKeys(document);
  setInterval(age, 500);
  await pairIfNeeded();
  link.start();
}

begin();
