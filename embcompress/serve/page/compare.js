/** A word's nearest words in two tables side by side: which are kept, which are lost, and which are new. */

import { bar } from "./bars.js";
import { neighbours, similarities } from "./api.js";
import { html, svg } from "./dom.js";
import { score } from "./numbers.js";
import { address } from "./state.js";

/**
 * @typedef {object} Neighbour
 * @property {string} word
 * @property {number} score
 * @property {boolean} kept Whether the other table has it among its own.
 * @property {number | null} elsewhere Its cosine in the other table, where the other has it.
 */

/**
 * @param {import("./state.js").State} state
 * @param {AbortSignal} signal
 */
export async function showComparison({ table, against, word, k }, signal) {
  if (!against) {
    return [html("p", {}, "One table is served. A second file beside it, such as the original, is what to compare with.")];
  }
  const [before, after] = await Promise.all([neighbours(against, word, k, signal), neighbours(table, word, k, signal)]);
  const [left, right] = await Promise.all([
    marked(before, after, table, word, signal),
    marked(after, before, against, word, signal),
  ]);
  const kept = left.filter((each) => each.kept).length;
  return [
    html("h2", {}, "The words nearest to ", html("bdi", {}, word)),
    summary(kept, left.length - kept, right.length - kept),
    html(
      "div",
      { class: "comparison" },
      column(against, left, "lost", "now"),
      lines(left, right),
      column(table, right, "new", "was"),
    ),
  ];
}

/**
 * The neighbours in one table, each with what the other table says of it.
 *
 * @param {import("./api.js").Scored[]} own
 * @param {import("./api.js").Scored[]} others
 * @param {string} other The other table.
 * @param {string} word
 * @param {AbortSignal} signal
 * @returns {Promise<Neighbour[]>}
 */
async function marked(own, others, other, word, signal) {
  const elsewhere = new Map(others.map((each) => [each.word, each.score]));
  const missing = own.map((each) => each.word).filter((each) => !elsewhere.has(each));
  const cosines = await similarities(other, missing.map((each) => [word, each]), signal);
  const found = new Map(missing.map((each, place) => [each, cosines[place]]));
  return own.map((each) => ({
    ...each,
    kept: elsewhere.has(each.word),
    elsewhere: elsewhere.get(each.word) ?? found.get(each.word) ?? null,
  }));
}

/**
 * @param {number} kept
 * @param {number} lost
 * @param {number} fresh
 */
function summary(kept, lost, fresh) {
  return html(
    "p",
    { class: "summary" },
    html("span", { class: "kept" }, `${kept} kept`),
    html("span", { class: "lost" }, `${lost} lost`),
    html("span", { class: "new" }, `${fresh} new`),
  );
}

/**
 * @param {string} name The table's.
 * @param {Neighbour[]} found
 * @param {"lost" | "new"} otherwise What a word is that is not kept.
 * @param {string} when What its cosine in the other table is called.
 */
function column(name, found, otherwise, when) {
  const items = found.map((each) => {
    const kind = each.kept ? "kept" : otherwise;
    const cosine = each.elsewhere === null ? "not in the table" : score(each.elsewhere);
    return html(
      "li",
      { class: kind },
      html("a", { href: address({ word: each.word }), dir: "auto" }, each.word),
      html("span", { class: "score" }, score(each.score)),
      bar(each.score, kind),
      html("span", { class: "mark" }, each.kept ? "kept" : `${otherwise}, ${when} ${cosine}`),
    );
  });
  return html("section", {}, html("h3", {}, name), html("ol", {}, ...items));
}

/**
 * A line from each kept word's place on the left to its place on the right.
 *
 * @param {Neighbour[]} left
 * @param {Neighbour[]} right
 */
function lines(left, right) {
  const drawn = svg("svg", { viewBox: `0 0 1 ${Math.max(left.length, right.length)}`, preserveAspectRatio: "none" });
  left.forEach(({ word }, place) => {
    const end = right.findIndex((each) => each.word === word);
    if (end >= 0) drawn.append(svg("line", { x1: 0, y1: place + 0.5, x2: 1, y2: end + 0.5 }));
  });
  drawn.style.height = `calc(${Math.max(left.length, right.length)} * var(--row))`;
  return html("div", { class: "lines", "aria-hidden": "true" }, drawn);
}
