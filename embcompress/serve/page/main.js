/** The page: reads the address, asks what it says, and shows the answer. */

import { showAnalogy } from "./analogy.js";
import { Refusal, tables } from "./api.js";
import { showCertificate } from "./certificate.js";
import { showComparison } from "./compare.js";
import { byId, html } from "./dom.js";
import { showMap } from "./map.js";
import { showNeighbours } from "./neighbours.js";
import { fillFields, makeFields } from "./question.js";
import { address, current } from "./state.js";
import { offerThemes } from "./theme.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {import("./api.js").Table} Table */

/**
 * @typedef {object} View
 * @property {string} title
 * @property {import("./question.js").Field[]} fields What it asks by.
 * @property {("word" | "a" | "b" | "c")[]} needs Words without which there is nothing to show.
 * @property {string} hint What it says until it has them.
 * @property {(state: State, signal: AbortSignal) => Promise<Node[]>} show
 */

/** @type {Record<string, View>} */
const VIEWS = {
  neighbours: {
    title: "Neighbours",
    fields: ["table", "word", "k"],
    needs: ["word"],
    hint: "Type a word to see the words nearest to it.",
    show: showNeighbours,
  },
  compare: {
    title: "Compare",
    fields: ["against", "table", "word", "k"],
    needs: ["word"],
    hint: "Type a word to see which of its neighbours are kept, which are lost and which are new.",
    show: showComparison,
  },
  map: {
    title: "Map",
    fields: ["table", "word", "k"],
    needs: ["word"],
    hint: "Type a word to see its neighbourhood.",
    show: showMap,
  },
  analogy: {
    title: "Analogy",
    fields: ["table", "a", "b", "c", "k"],
    needs: ["a", "b", "c"],
    hint: "Give three words: man is to king as woman is to\u2026",
    show: showAnalogy,
  },
  certificate: { title: "Certificate", fields: ["table"], needs: [], hint: "", show: showCertificate },
};

const form = /** @type {HTMLFormElement} */ (byId("question"));
const answer = byId("answer");
let showing = new AbortController();
let asked = "";

offerThemes(/** @type {HTMLSelectElement} */ (byId("theme")));
byId("skip").addEventListener("click", (event) => {
  event.preventDefault(); // the address holds the state
  answer.focus();
});
window.addEventListener("hashchange", show);
show();

/** Show what the address says. */
async function show() {
  showing.abort();
  showing = new AbortController();
  const { signal } = showing;
  const name = Object.hasOwn(VIEWS, current().view) ? current().view : "neighbours";
  showLinks(name);
  answer.setAttribute("aria-busy", "true");
  try {
    const served = await tables(signal);
    const state = withTables(current(), served);
    showFields(name, served, state);
    const shown = await answered(VIEWS[name], served, state, signal);
    if (!signal.aborted) place(shown, name, state);
  } catch (error) {
    if (signal.aborted) return;
    place([html("p", { role: "alert" }, error instanceof Refusal ? error.message : "The page failed; reload it.")], name, current());
    if (!(error instanceof Refusal)) throw error;
  }
}

/**
 * @param {View} view
 * @param {Table[]} served
 * @param {State} state
 * @param {AbortSignal} signal
 */
async function answered(view, served, state, signal) {
  if (!served.some((each) => each.name === state.table)) {
    throw new Refusal(`There is no table \u201c${state.table}\u201d here. Choose one that is.`);
  }
  return view.needs.every((word) => state[word]) ? view.show(state, signal) : [html("p", { class: "faint" }, view.hint)];
}

/**
 * The state with tables where it names none: the first one, and against it the largest of the others.
 *
 * @param {State} state
 * @param {Table[]} served
 * @returns {State}
 */
function withTables(state, served) {
  const table = state.table || (served[0]?.name ?? "");
  const others = served.filter((each) => each.name !== table).sort((one, other) => other.bytes - one.bytes);
  return { ...state, table, against: state.against || (others[0]?.name ?? "") };
}

/**
 * The fields of a view, made anew only when others are needed, so that the one in use keeps the focus.
 *
 * @param {string} name
 * @param {Table[]} served
 * @param {State} state
 */
function showFields(name, served, state) {
  const wanted = JSON.stringify([name, served]);
  if (wanted !== asked) makeFields(form, VIEWS[name].fields, served);
  asked = wanted;
  fillFields(form, state);
}

/** @param {string} name The view's. */
function showLinks(name) {
  const links = Object.entries(VIEWS).map(([view, { title }]) =>
    html("a", { href: address({ view }), ...(view === name ? { "aria-current": "page" } : {}) }, title),
  );
  const focused = [...byId("views").children].indexOf(/** @type {Element} */ (document.activeElement));
  byId("views").replaceChildren(...links);
  links[focused]?.focus();
}

/**
 * Put an answer on the page; whoever followed a link in the last one goes on from its beginning.
 *
 * @param {Node[]} shown
 * @param {string} name The view's.
 * @param {State} state
 */
function place(shown, name, state) {
  const followed = answer.contains(document.activeElement);
  answer.replaceChildren(...shown);
  answer.setAttribute("aria-busy", "false");
  if (followed) answer.focus();
  byId("status").textContent = answer.querySelector("h2")?.textContent ?? "";
  const subject = VIEWS[name].needs.map((word) => state[word]).filter(Boolean);
  document.title = [subject.join(" : "), VIEWS[name].title, "embcompress"].filter(Boolean).join(" \u2013 ");
}
