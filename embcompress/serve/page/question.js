/** The form above the answer: which tables, which words, and how many neighbours. */

import { completions } from "./api.js";
import { wordField } from "./complete.js";
import { html } from "./dom.js";
import { bytes } from "./numbers.js";
import { change, COUNTS } from "./state.js";

/** @typedef {"word" | "a" | "b" | "c"} WordField */
/** @typedef {WordField | "table" | "against" | "k"} Field */

/** @type {Record<Field, string>} */
const LABELS = {
  against: "Original",
  table: "Table",
  word: "Word",
  a: "This word",
  b: "is to",
  c: "as this one is to\u2026",
  k: "Neighbours",
};

/** @param {Field} name @returns {name is WordField} */
const isWord = (name) => ["word", "a", "b", "c"].includes(name);

/**
 * Make the fields that a view asks by.
 *
 * @param {HTMLFormElement} form
 * @param {Field[]} fields
 * @param {import("./api.js").Table[]} tables
 */
export function makeFields(form, fields, tables) {
  const shown = fields.filter((name) => name !== "against" || tables.length > 1);
  const send = () => {
    const words = shown.filter(isWord);
    const missing = words.find((name) => !control(form, name).value);
    if (missing) control(form, missing).focus(); // a question of several words is asked when it has them all
    else change(Object.fromEntries(words.map((name) => [name, control(form, name).value])));
  };
  const made = shown.map((name) => {
    if (name === "k") return select(name, COUNTS.map((count) => html("option", { value: count }, String(count))));
    if (!isWord(name)) return select(name, tables.map(option));
    /** @type {import("./complete.js").Complete} */
    const complete = (prefix, signal) => completions(control(form, "table").value, prefix, signal);
    return wordField({ id: name, label: LABELS[name], complete, choose: send });
  });
  const button = shown.some(isWord) ? [html("button", {}, "Show")] : [];
  form.replaceChildren(...made, ...button);
  form.onsubmit = (event) => {
    event.preventDefault();
    send();
  };
}

/**
 * Let the fields say what the state is.
 *
 * @param {HTMLFormElement} form
 * @param {import("./state.js").State} state
 */
export function fillFields(form, state) {
  for (const name of /** @type {Field[]} */ (Object.keys(LABELS))) {
    if (form.elements.namedItem(name)) control(form, name).value = String(state[name]);
  }
}

/**
 * @param {HTMLFormElement} form
 * @param {Field} name
 */
function control(form, name) {
  return /** @type {HTMLInputElement | HTMLSelectElement} */ (form.elements.namedItem(name));
}

/** @param {import("./api.js").Table} table */
const option = ({ name, bytes: size }) => html("option", { value: name }, `${name}, ${bytes(size)}`);

/**
 * A select that changes the state.
 *
 * @param {Field} name
 * @param {HTMLOptionElement[]} options
 */
function select(name, options) {
  const made = html("select", { id: name }, ...options);
  made.addEventListener("change", () => change({ [name]: name === "k" ? Number(made.value) : made.value }));
  return html("div", { class: "field" }, html("label", { for: name }, LABELS[name]), made);
}
