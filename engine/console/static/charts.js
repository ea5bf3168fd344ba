// @ts-check
// Two charts of the same lines: the last ten minutes and the whole session, with marks and phases. Each has its words.
import { clock } from "./show.js";

const RECENT_S = 600;
/** @type {any} */
const uPlotOf = () => /** @type {any} */ (globalThis).uPlot;

export class Charts {
  constructor() {
    /** @type {any[]} */
    this.points = [];
    /** @type {{marks: [number, string][], phases: [number, string][]}} */
    this.labels = { marks: [], phases: [] };
    /** @type {any[]} */
    this.plots = [];
    this.isDue = false;
  }

  begin(history) {
    this.points = history.points;
    this.labels = { marks: history.marks, phases: history.phases };
    this.redraw();
  }

  lines(lines) {
    this.labels = lines;
    this.draw();
  }

  point(point) {
    const last = this.points[this.points.length - 1];
    if (!point || (last && point[0] <= last[0])) return;
    this.points.push(point);
    this.draw();
  }

  redraw() {
    for (const plot of this.plots) plot.destroy();
    this.plots = [];
    if (this.points.length) this.draw();
  }

  draw() {
    if (this.isDue || !uPlotOf()) return;
    this.isDue = true;
    requestAnimationFrame(() => {
      this.isDue = false;
      if (!this.plots.length) this.plots = [this.make("recent"), this.make("session")];
      const from = (this.points[this.points.length - 1]?.[0] ?? 0) - RECENT_S;
      const recent = this.points.filter((point) => point[0] >= from);
      this.plots[0].setData(columns(recent));
      this.plots[1].setData(columns(this.points));
      this.tell("recent-text", recent);
      this.tell("session-text", this.points);
    });
  }

  /** @param {string} id */
  make(id) {
    const place = /** @type {HTMLElement} */ (document.getElementById(id));
    const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
    const axis = { stroke: colour("quiet"), grid: { stroke: colour("line"), width: 0.5 }, ticks: { stroke: colour("line") }, font: "13px system-ui" };
    const options = {
      width: Math.max(200, place.clientWidth),
      height: 190,
      cursor: { show: false },
      legend: { show: false },
      scales: { x: { time: false, range: (_, low, high) => [low ?? 0, Math.max((low ?? 0) + 60, high ?? 0)] }, bpm: { range: (_, low, high) => [Math.floor((low ?? 60) - 4), Math.ceil((high ?? 80) + 4)] }, share: { range: [0, 1] } },
      axes: [
        { ...axis, values: (_, all) => all.map(clock), incrs: [10, 30, 60, 120, 300, 600, 1200, 1800, 3600], space: 60, size: 30 },
        { ...axis, scale: "bpm", size: 40 },
        { ...axis, scale: "share", side: 1, size: 36, splits: () => [0, 0.5, 1], grid: { show: false } },
      ],
      series: [
        {},
        { label: "Heart rate", scale: "bpm", stroke: colour("accent"), width: 2.5, spanGaps: false, points: { show: false } },
        { label: "Expected", scale: "bpm", stroke: colour("quiet"), width: 1.5, dash: [6, 5], points: { show: false } },
        { label: "Arousal", scale: "share", stroke: colour("second"), width: 1.5, points: { show: false } },
        { label: "Calmer by", scale: "share", stroke: colour("text"), width: 1, dash: [2, 3], points: { show: false } },
      ],
      hooks: { draw: [(plot) => this.drawLabels(plot, colour)] },
    };
    const plot = new (uPlotOf())(options, columns(this.points), place);
    new ResizeObserver(() => plot.setSize({ width: Math.max(200, place.clientWidth), height: 190 })).observe(place);
    return plot;
  }

  drawLabels(plot, colour) {
    const { ctx, bbox } = plot;
    ctx.save();
    ctx.font = `${12 * devicePixelRatio}px system-ui`;
    for (const [kind, labels] of /** @type {const} */ ([["line", this.labels.phases], ["second", this.labels.marks]])) {
      ctx.strokeStyle = colour(kind);
      ctx.fillStyle = colour(kind === "line" ? "quiet" : kind);
      for (const [index, [at, text]] of labels.entries()) {
        const x = plot.valToPos(at, "x", true);
        if (x < bbox.left || x > bbox.left + bbox.width) continue;
        ctx.beginPath();
        ctx.moveTo(x, bbox.top);
        ctx.lineTo(x, bbox.top + bbox.height);
        ctx.stroke();
        const row = kind === "line" ? 1 : 2 + (index % 4);
        ctx.fillText(text, x + 3, bbox.top + row * 13 * devicePixelRatio);
      }
    }
    ctx.restore();
  }

  /** @param {string} id @param {any[]} points */
  tell(id, points) {
    const rates = points.map((point) => point[1]).filter((rate) => rate != null);
    const first = points[0]?.[0] ?? 0;
    const marks = this.labels.marks.filter(([at]) => at >= first).slice(-3);
    const rate = rates.length ? `Heart rate ${Math.round(Math.min(...rates))} to ${Math.round(Math.max(...rates))}` : "No heart rate";
    const told = marks.map(([at, text]) => `${text} at ${clock(at)}`).join(", ");
    const element = /** @type {HTMLElement} */ (document.getElementById(id));
    element.textContent = `${rate}${told ? `; ${told}` : ""}. Line: heart rate, dashes: expected; right: arousal, dots: calmer by.`;
  }
}

/** @param {any[]} points */
function columns(points) {
  return [0, 1, 2, 3, 4].map((column) => points.map((point) => point[column]));
}
