/** The encodings that were tried for a file, size against quality, and the front of those that none beats in both. */

import { html, svg } from "./dom.js";
import { bytes, percent } from "./numbers.js";

const WIDTH = 420;
const HEIGHT = 270;
const EDGE = { left: 58, right: 16, top: 14, bottom: 42 };
/** Steps between ticks, times a power of ten. */
const STEPS = [1, 2, 5, 10];

/**
 * Shares that were kept on some of the rows are larger than on all, so only trials on the most rows are drawn.
 *
 * @param {import("./api.js").Trial[]} every
 * @param {string} chosen the spec of the file
 */
export function front(every, chosen) {
  const rows = Math.max(...every.map((each) => each.rows));
  const trials = every.filter((each) => each.rows === rows);
  const across = scale(trials.map((each) => each.bytes), EDGE.left, WIDTH - EDGE.right);
  const up = scale(trials.map((each) => each.quality), HEIGHT - EDGE.bottom, EDGE.top);
  const best = unbeaten(trials);
  const drawn = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": described(trials, best, chosen) });
  for (const value of across.ticks) {
    drawn.append(
      svg("line", { class: "grid", x1: across.at(value), x2: across.at(value), y1: EDGE.top, y2: HEIGHT - EDGE.bottom }),
      svg("text", { x: across.at(value), y: HEIGHT - EDGE.bottom + 18, "text-anchor": "middle" }, bytes(Math.round(value))),
    );
  }
  for (const value of up.ticks) {
    drawn.append(
      svg("line", { class: "grid", x1: EDGE.left, x2: WIDTH - EDGE.right, y1: up.at(value), y2: up.at(value) }),
      svg("text", { x: EDGE.left - 6, y: up.at(value) + 4, "text-anchor": "end" }, percent(value)),
    );
  }
  drawn.append(
    svg("text", { x: WIDTH - EDGE.right, y: HEIGHT - 4, "text-anchor": "end" }, "size of the file"),
    svg("polyline", { class: "front", points: best.map((each) => `${across.at(each.bytes)},${up.at(each.quality)}`).join(" ") }),
  );
  for (const each of trials) {
    const kind = each.spec === chosen ? "chosen" : best.includes(each) ? "on-front" : "beaten";
    const dot = svg("circle", { class: kind, cx: across.at(each.bytes), cy: up.at(each.quality), r: each.spec === chosen ? 7 : 4 });
    dot.append(svg("title", {}, `${each.spec}: ${bytes(each.bytes)}, ${percent(each.quality)} kept`));
    drawn.append(dot);
  }
  return html(
    "figure",
    { class: "plot" },
    html("figcaption", {}, "What was tried: size and share kept ", html("span", { class: "faint" }, "the large dot was chosen")),
    drawn,
  );
}

/**
 * The trials that no other one beats in both size and quality, by size.
 *
 * @param {import("./api.js").Trial[]} trials
 */
export function unbeaten(trials) {
  const bySize = [...trials].sort((one, other) => one.bytes - other.bytes || other.quality - one.quality);
  let highest = -Infinity;
  return bySize.filter((each) => {
    const better = each.quality > highest;
    highest = Math.max(highest, each.quality);
    return better;
  });
}

/**
 * A linear scale over values and a little beyond, with a few ticks at round numbers.
 *
 * @param {number[]} values
 * @param {number} from Where the least value is drawn.
 * @param {number} to Where the greatest is.
 */
function scale(values, from, to) {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const margin = (most - least || Math.abs(most) || 1) * 0.08;
  const [start, length] = [least - margin, most - least + 2 * margin];
  const power = 10 ** Math.floor(Math.log10(length / 4));
  const step = power * (STEPS.find((each) => each * power >= length / 4) ?? 1);
  const first = Math.ceil(start / step);
  return {
    at: (/** @type {number} */ value) => from + ((value - start) / length) * (to - from),
    ticks: Array.from({ length: Math.floor((start + length) / step) - first + 1 }, (_, place) => (first + place) * step),
  };
}

/**
 * @param {import("./api.js").Trial[]} trials
 * @param {import("./api.js").Trial[]} best
 * @param {string} spec
 */
function described(trials, best, spec) {
  const chosen = trials.find((each) => each.spec === spec);
  const choice = chosen ? ` Chosen: ${chosen.spec}, ${bytes(chosen.bytes)}, ${percent(chosen.quality)} kept.` : "";
  return `${trials.length} encodings by size and share kept, ${best.length} of them on the front.${choice}`;
}
