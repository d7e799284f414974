/** A table's certificate as a picture: its size, and what it kept of neighbours, similarity and analogies. */

import { info } from "./api.js";
import { bar } from "./bars.js";
import { html } from "./dom.js";
import { front } from "./front.js";
import { bytes, percent, score, whole } from "./numbers.js";

/**
 * @param {import("./state.js").State} state
 * @param {AbortSignal} signal
 */
export async function showCertificate({ table }, signal) {
  const facts = await info(table, signal);
  const { certificate } = facts;
  const head = [
    html("h2", {}, facts.name),
    html("p", {}, `${whole(facts.words)} words of ${whole(facts.dims)} dimensions, encoded as `, html("code", {}, facts.spec), madeFrom(facts)),
  ];
  if (certificate === null) {
    return [...head, html("p", {}, `The file takes ${bytes(facts.bytes)}. It has no certificate: nothing was measured when it was made.`)];
  }
  return [
    ...head,
    size(facts.bytes, certificate.float32_bytes),
    kept(certificate),
    testSets(certificate),
    ...(facts.choice ? [front(facts.choice.front, facts.spec)] : []),
    html("p", { class: "faint" }, measured(certificate)),
  ];
}

/** @param {import("./api.js").Facts} facts */
const madeFrom = ({ source }) => (source?.name ? `, made from ${source.name}.` : ".");

/**
 * @param {number} now
 * @param {number} before
 */
function size(now, before) {
  return picture(`${(before / now).toFixed(1)} times smaller`, [
    { name: "as float32 rows and words", share: 1, kind: "before", figure: bytes(before), note: "" },
    { name: "this file", share: now / before, kind: "kept", figure: bytes(now), note: "" },
  ]);
}

/** @param {import("./api.js").Certificate} certificate */
function kept({ neighbours, spearman, analogies, geometry }) {
  const words = `of ${whole(neighbours.words)} words`;
  return picture("What was kept", [
    share(`nearest ${neighbours.k}, asked for by word`, neighbours.both_coded, `${words}, both sides coded`),
    share(`nearest ${neighbours.k}, asked for by an exact vector`, neighbours.exact_query, words),
    share("similarity", spearman.kept, ofOriginal(spearman, "pairs")),
    share("analogies", analogies.kept, ofOriginal(analogies, "questions")),
    {
      name: "cosine of a row with its original",
      share: geometry.cosine,
      kind: "kept",
      figure: score(geometry.cosine),
      note: `mean of ${whole(geometry.rows)} rows`,
    },
  ]);
}

/**
 * @param {string} name
 * @param {number | null} value
 * @param {string} note
 * @returns {Line}
 */
function share(name, value, note) {
  return { name, share: value ?? 0, kind: "kept", figure: value === null ? "not measured" : percent(value), note };
}

/**
 * @param {import("./api.js").Kept} figures
 * @param {string} items
 */
function ofOriginal({ value, original, items: count, note }, items) {
  if (value === null || original === null) return note;
  return `${score(value)} of ${score(original)}, ${whole(count)} ${items}`;
}

/** @typedef {{ name: string, share: number, kind: string, figure: string, note: string }} Line */

/**
 * Named bars of one scale, with the numbers that they show.
 *
 * @param {string} title
 * @param {Line[]} lines
 */
function picture(title, lines) {
  const items = lines.map(({ name, share: length, kind, figure, note }) =>
    html(
      "li",
      {},
      html("span", {}, name, html("span", { class: "note" }, note)),
      html("span", { class: "figure" }, figure),
      bar(length, kind),
    ),
  );
  return html("section", {}, html("h3", {}, title), html("ul", { class: "picture" }, ...items));
}

/** @param {import("./api.js").Certificate} certificate */
function testSets({ spearman, analogies }) {
  const rows = [...spearman.sets, ...analogies.sets].map(({ name, value, original, items, note }) =>
    html(
      "tr",
      {},
      html("th", { scope: "row" }, name, html("span", { class: "note" }, note || `${whole(items)} items`)),
      html("td", {}, original === null ? "\u2013" : score(original)),
      html("td", {}, value === null ? "\u2013" : score(value)),
    ),
  );
  const head = html("tr", {}, ...["test set", "original", "compressed"].map((name) => html("th", { scope: "col" }, name)));
  const sets = html("table", { class: "sets" }, html("thead", {}, head), html("tbody", {}, ...rows));
  return html("section", {}, html("h3", {}, "Test sets"), sets);
}

/** @param {import("./api.js").Certificate} certificate */
function measured({ seed, versions, samples }) {
  const names = Object.entries(versions).filter(([, version]) => version).map(([name, version]) => `${name} ${version}`);
  return (
    `Neighbours are sought among the first ${whole(samples.first_rows)} words, answers of analogies among the first ` +
    `${whole(samples.analogy_rows)}. Measured with seed ${seed}, ${names.join(", ")}.`
  );
}
