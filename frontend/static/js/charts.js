// Pictures of a case, drawn by uPlot from the page's data. Each has a table or a list behind it.
import uPlot from "../vendor/uplot.js";
import { byId, findAll } from "./shared/elements.js";

/**
 * @typedef {object} Data the numbers of each picture, as arena/moderation/evidence/charts.py gives them
 * @property {{ numbers: number[], lines: Array<Array<number | null>>, threshold: number }} process
 * @property {{ cast: number[], seconds: number[], votes: number[] }} timing
 * @property {number[]} hours
 */

/** @typedef {{ x?: string, y?: string, limit?: string }} Words beside the axes and lines */

/** @typedef {Omit<uPlot.Options, "width" | "height" | "legend"> & { data: uPlot.AlignedData }} Drawing */

const HEIGHT = 200;
/** @type {Data} */
const data = JSON.parse(byId("charts").textContent);
/** @param {number} seconds */
const utc = (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC");

/**
 * A colour of the theme in force, as a canvas knows it.
 *
 * @param {string} name
 */
function colour(name) {
  const probe = document.body.appendChild(document.createElement("span"));
  probe.style.color = `var(${name})`;
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

/**
 * @param {string} [label]
 * @param {uPlot.Axis} [more]
 * @returns {uPlot.Axis}
 */
function axis(label, more) {
  return {
    label,
    labelSize: 18,
    size: 34,
    stroke: colour("--ink-soft"),
    grid: { stroke: colour("--line"), width: 1 },
    ticks: { show: false },
    ...more,
  };
}

/**
 * Marks of a time axis, as fine as their distance in seconds asks for.
 *
 * @type {(plot: uPlot, marks: number[], axis: number, space: number, step: number) => string[]}
 */
const clock = (_, marks, _axis, _space, step) =>
  marks.map((seconds) => {
    const iso = new Date(seconds * 1000).toISOString();
    if (step >= 86_400) return iso.slice(5, 10);
    return step >= 60 ? iso.slice(11, 16) : iso.slice(11, 19);
  });

/** @param {number | null} value */
const power = (value) => (value === null ? "" : `10^${value.toFixed(value % 1 ? 1 : 0)}`);
/** @type {(plot: uPlot, value: number | null) => string} */
const powerOf = (_, value) => power(value);
/** @param {number} value */
const whole = (value) => (value % 1 ? "" : String(value));

/** What uPlot draws of each picture: its options, and the data in columns. */
const charts = {
  /**
   * @param {Data["process"]} data
   * @param {Words} words
   * @returns {Drawing}
   */
  process({ numbers, lines, threshold }, { x, y, limit }) {
    /** @type {uPlot.Series} */
    const line = { stroke: colour("--side-b"), width: 2, spanGaps: true, points: { show: false } };
    const held = { label: limit, stroke: colour("--bad"), width: 1.5, dash: [6, 5], points: { show: false } };
    return {
      scales: { x: { time: false } },
      axes: [axis(x), axis("", { size: 60, values: (_, marks) => marks.map(power) })],
      series: [
        { label: x },
        ...lines.map(() => ({ ...line, label: y, value: powerOf })),
        { ...held, value: powerOf },
      ],
      data: [numbers, ...lines, numbers.map(() => threshold)],
    };
  },
  /**
   * @param {Data["timing"]} data
   * @param {Words} words
   * @returns {Drawing}
   */
  timing({ cast, seconds }, { x, y }) {
    const points = { show: true, size: 7, width: 0, fill: colour("--side-b") };
    return {
      tzDate: utc,
      scales: { y: { distr: 3 } },
      axes: [axis(x, { values: clock }), axis("", { size: 60 })],
      series: [
        { label: x, value: "{YYYY}-{MM}-{DD} {HH}:{mm}" },
        { label: y, stroke: colour("--side-b"), paths: () => null, points },
      ],
      // A logarithmic axis has no zero.
      data: [cast, seconds.map((taken) => Math.max(taken, 0.01))],
    };
  },
  /**
   * @param {Data["hours"]} votes
   * @param {Words} words
   * @returns {Drawing}
   */
  hours(votes, { x, y }) {
    return {
      scales: { x: { time: false, range: [-0.7, 23.7] } },
      axes: [axis(x, { incrs: [1, 3, 6] }), axis("", { size: 60, values: (_, marks) => marks.map(whole) })],
      series: [
        { label: x },
        { label: y, fill: colour("--side-b"), paths: uPlot.paths.bars?.({ size: [0.8] }), points: { show: false } },
      ],
      data: [votes.map((_, hour) => hour), votes],
    };
  },
};

/**
 * @param {string | undefined} name
 * @param {Words} words
 * @returns {Drawing}
 */
function drawingOf(name, words) {
  if (name === "process") return charts.process(data.process, words);
  if (name === "timing") return charts.timing(data.timing, words);
  return charts.hours(data.hours, words);
}

/** @param {HTMLElement} place */
function draw(place) {
  const { chart } = place.dataset;
  const { data: columns, ...options } = drawingOf(chart, place.dataset);
  const width = place.clientWidth - 8;
  const plot = new uPlot({ width, height: HEIGHT, legend: { live: true }, ...options }, columns);
  place.replaceChildren(plot.root);
  if (chart === "timing") {
    plot.over.addEventListener("click", () => {
      const { idx: index } = plot.cursor;
      const vote = typeof index === "number" ? data.timing.votes[index] : undefined;
      if (vote !== undefined) location.assign(`votes/${vote}/`);
    });
  }
}

const places = findAll(document, "[data-chart]");
const drawAll = () => places.forEach(draw);

drawAll();
let width = innerWidth;
addEventListener("resize", () => {
  if (innerWidth === width) return; // a phone's bars that come and go
  width = innerWidth;
  drawAll();
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
new MutationObserver(drawAll).observe(document.documentElement, { attributeFilter: ["data-theme"] });
