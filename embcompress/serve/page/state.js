/** What is shown, kept in the address after the `#`, so that a view can be bookmarked and passed on. */

/**
 * @typedef {object} State
 * @property {string} view
 * @property {string} table
 * @property {string} against The table on the left of a comparison.
 * @property {string} word
 * @property {number} k How many neighbours.
 * @property {string} a
 * @property {string} b
 * @property {string} c
 */

/** @type {Readonly<State>} */
const INITIAL = Object.freeze({ view: "neighbours", table: "", against: "", word: "", k: 10, a: "", b: "", c: "" });

/** How many neighbours can be asked for. */
export const COUNTS = [10, 20, 30, 50];

/** @returns {State} The state that the address holds. */
export function current() {
  const given = new URLSearchParams(location.hash.slice(1));
  /** @param {"view" | "table" | "against" | "word" | "a" | "b" | "c"} name */
  const text = (name) => unescaped(given.get(name) ?? INITIAL[name]);
  const count = Number(given.get("k"));
  return {
    view: text("view"),
    table: text("table"),
    against: text("against"),
    word: text("word"),
    k: COUNTS.includes(count) ? count : INITIAL.k,
    a: text("a"),
    b: text("b"),
    c: text("c"),
  };
}

/**
 * The address of the present state with some of it changed.
 *
 * @param {Partial<State>} changes
 */
export function address(changes) {
  const state = { ...current(), ...changes };
  const given = new URLSearchParams();
  for (const [name, value] of Object.entries(state)) {
    if (value !== INITIAL[/** @type {keyof State} */ (name)]) given.set(name, escaped(String(value)));
  }
  return `#${given}`;
}

/**
 * Go where some of the state is changed; where nothing is, ask again.
 *
 * @param {Partial<State>} changes
 */
export function change(changes) {
  const target = address(changes);
  if (target === location.hash) window.dispatchEvent(new Event("hashchange"));
  else location.hash = target;
}

/**
 * Half a surrogate pair, which stands for a byte that is no UTF-8, cannot be in an address; its JSON escape can.
 *
 * @param {string} text
 */
const escaped = (text) => JSON.stringify(text).slice(1, -1);

/** @param {string} text */
function unescaped(text) {
  try {
    return String(JSON.parse(`"${text}"`));
  } catch {
    return text; // typed by hand
  }
}
