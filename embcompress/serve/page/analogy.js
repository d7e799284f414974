/** A is to b as c is to what: both ways to ask, side by side. */

import { analogies } from "./api.js";
import { html } from "./dom.js";
import { scoresTable } from "./neighbours.js";
import { address } from "./state.js";

/** @type {{ method: import("./api.js").Method, title: string, how: string }[]} */
const METHODS = [
  { method: "3cosadd", title: "3CosAdd", how: "nearest to b \u2212 a + c" },
  { method: "3cosmul", title: "3CosMul", how: "similarities: b \u00d7 c \u00f7 a" },
];

/**
 * @param {import("./state.js").State} state
 * @param {AbortSignal} signal
 */
export async function showAnalogy({ table, a, b, c, k }, signal) {
  const answers = await Promise.all(METHODS.map(({ method }) => analogies(table, { a, b, c }, method, k, signal)));
  const bold = (/** @type {string} */ word) => html("bdi", {}, word);
  return [
    html("h2", {}, bold(a), " is to ", bold(b), " as ", bold(c), " is to\u2026"),
    html(
      "div",
      { class: "columns" },
      ...METHODS.map(({ title, how }, place) =>
        html(
          "section",
          {},
          html("h3", {}, `${title} `, html("span", { class: "faint" }, how)),
          scoresTable(answers[place], "score", (word) => address({ view: "neighbours", word })),
        ),
      ),
    ),
  ];
}
