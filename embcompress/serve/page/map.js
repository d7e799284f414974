/** A word's neighbourhood as a map: directions of the words on their first two principal components. */

import { neighbours, vectors } from "./api.js";
import { html, svg } from "./dom.js";
import { placeLabels } from "./labels.js";
import { percent, score } from "./numbers.js";
import { principalComponents, unit } from "./pca.js";
import { address } from "./state.js";

const MARGIN = 28;
/** Characters that a label has at most. */
const LONGEST = 22;
/** The face of labels, as the style sheet has it; the middle one is bold. */
const FONT = "14px system-ui, sans-serif";

/**
 * @typedef {object} Place
 * @property {string} word
 * @property {number} score Cosine with the word in the middle; its own is 1.
 * @property {number} x On the first component.
 * @property {number} y On the second component.
 */

/**
 * @param {import("./state.js").State} state
 * @param {AbortSignal} signal
 */
export async function showMap({ table, word, k }, signal) {
  const found = [{ word, score: 1 }, ...(await neighbours(table, word, k, signal))];
  const rows = await vectors(table, found.map((each) => each.word), signal);
  const [first, second] = principalComponents(rows.map(unit), 2);
  const places = found.map((each, place) => ({ ...each, x: first.coordinates[place], y: second.coordinates[place] }));
  const frame = html("div", { class: "map" });
  new ResizeObserver(() => draw(frame, places)).observe(frame);
  return [
    html("h2", {}, "Around ", html("bdi", {}, word)),
    html(
      "p",
      { class: "faint" },
      `Directions of the word and its ${found.length - 1} nearest on their first two principal components, which hold ` +
        `${percent(first.share)} and ${percent(second.share)} of their variance. The stronger a dot's colour, the nearer its word.`,
    ),
    frame,
  ];
}

/**
 * @param {HTMLElement} frame
 * @param {Place[]} places
 */
function draw(frame, places) {
  const width = frame.clientWidth;
  const height = Math.round(Math.min(Math.max(width * 0.62, 420), 640));
  const at = scaled(places, width, height);
  const points = places.map(({ word }, place) => ({ ...at[place], width: textWidth(short(word), place === 0) }));
  const boxes = placeLabels(points, width, height);
  const faintest = Math.min(...places.map((each) => each.score));
  const drawn = svg("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "group", "aria-label": "Map" });
  const leaders = svg("g");
  drawn.append(leaders); // below all words
  places.forEach((each, place) => {
    const { x, y } = points[place];
    const { left, top, width: wide, height: high } = boxes[place];
    const middle = { x: left + wide / 2, y: top + high / 2 };
    const far = Math.abs(middle.x - x) > wide / 2 + 12 || Math.abs(middle.y - y) > high / 2 + 12;
    const link = svg("a", { href: address({ word: each.word }), class: place ? "near" : "centre" });
    const dot = svg("circle", { cx: x, cy: y, r: place ? 4 : 6 });
    dot.style.opacity = String(place ? 0.4 + (0.6 * (each.score - faintest)) / Math.max(1 - faintest, 1e-6) : 1);
    if (far) leaders.append(svg("line", { x1: x, y1: y, x2: nearest(x, left, wide), y2: nearest(y, top, high) }));
    link.append(
      svg("title", {}, place ? `${each.word}: cosine ${score(each.score)}` : each.word),
      dot,
      svg("text", { x: left, y: top + high - 4 }, short(each.word)),
    );
    drawn.append(link);
  });
  frame.replaceChildren(drawn);
}

/**
 * Where places are in the frame: one scale for both components, so that distances are true, in the middle.
 *
 * @param {Place[]} places
 * @param {number} width
 * @param {number} height
 */
function scaled(places, width, height) {
  const across = extent(places.map((each) => each.x));
  const down = extent(places.map((each) => each.y));
  const scale = Math.min((width - 2 * MARGIN) / across.length, (height - 2 * MARGIN) / down.length);
  return places.map(({ x, y }) => ({
    x: width / 2 + (x - across.middle) * scale,
    y: height / 2 - (y - down.middle) * scale,
  }));
}

/** @param {number[]} values */
function extent(values) {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  return { middle: (least + most) / 2, length: Math.max(most - least, 1e-6) };
}

/**
 * The point of a stretch that is nearest to a value.
 *
 * @param {number} value
 * @param {number} start
 * @param {number} length
 */
const nearest = (value, start, length) => Math.min(Math.max(value, start), start + length);

/** @param {string} word */
function short(word) {
  const characters = [...word];
  return characters.length > LONGEST ? `${characters.slice(0, LONGEST - 1).join("")}\u2026` : word;
}

const pen = /** @type {CanvasRenderingContext2D} */ (document.createElement("canvas").getContext("2d"));

/**
 * @param {string} text
 * @param {boolean} bold
 */
function textWidth(text, bold) {
  pen.font = bold ? `bold ${FONT}` : FONT;
  return pen.measureText(text).width + 2;
}
