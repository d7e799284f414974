/** A word's nearest words, with their cosines as bars. */

import { bar } from "./bars.js";
import { neighbours } from "./api.js";
import { html } from "./dom.js";
import { score } from "./numbers.js";
import { address } from "./state.js";

/**
 * @param {import("./state.js").State} state
 * @param {AbortSignal} signal
 */
export async function showNeighbours({ table, word, k }, signal) {
  const found = await neighbours(table, word, k, signal);
  return [
    html("h2", {}, `The ${found.length} words nearest to `, html("bdi", {}, word)),
    scoresTable(found, "cosine", (each) => address({ word: each })),
  ];
}

/**
 * Words and their scores, best first.
 *
 * @param {import("./api.js").Scored[]} found
 * @param {string} name What the scores are.
 * @param {(word: string) => string} target Where a click on a word leads.
 */
export function scoresTable(found, name, target) {
  const head = html("tr", {}, html("th", {}, "#"), html("th", {}, "word"), html("th", { colspan: 2 }, name));
  const longest = Math.max(1, ...found.map((each) => each.score)); // 3CosMul's go beyond
  const rows = found.map((each, place) =>
    html(
      "tr",
      {},
      html("td", { class: "faint" }, String(place + 1)),
      html("th", { scope: "row", dir: "auto" }, html("a", { href: target(each.word) }, each.word)),
      html("td", { class: "drawn" }, bar(each.score / longest)),
      html("td", {}, score(each.score)),
    ),
  );
  return html("table", { class: "scores" }, html("thead", {}, head), html("tbody", {}, ...rows));
}
