/** A text field that completes words as they are typed: a combobox with a list box, after the ARIA authoring practices. */

import { html } from "./dom.js";

/** Milliseconds without a key after which the service is asked. */
const PAUSE = 60;

/** @typedef {(prefix: string, signal: AbortSignal) => Promise<string[]>} Complete Words that begin so. */

/**
 * @param {object} field
 * @param {string} field.id
 * @param {string} field.label
 * @param {Complete} field.complete
 * @param {() => void} field.choose Called when a word was taken from the list.
 */
export function wordField({ id, label, complete, choose }) {
  const listId = `${id}-words`;
  const input = html("input", {
    id,
    type: "text",
    role: "combobox",
    dir: "auto",
    autocapitalize: "none",
    autocomplete: "off",
    "aria-autocomplete": "list",
    "aria-expanded": "false",
    "aria-controls": listId,
  });
  const list = html("ul", { id: listId, role: "listbox", "aria-label": `${label}: completions`, hidden: true });
  /** @type {string[]} */
  let words = [];
  let active = -1;
  let asked = new AbortController();
  let timer = 0;

  function close() {
    clearTimeout(timer);
    asked.abort();
    show([]);
  }

  /** @param {string[]} found */
  function show(found) {
    words = found;
    const options = found.map((word, place) =>
      html("li", { id: `${listId}-${place}`, role: "option", "aria-selected": "false", dir: "auto" }, word),
    );
    list.replaceChildren(...options);
    list.hidden = !found.length;
    input.setAttribute("aria-expanded", String(!list.hidden));
    activate(-1);
  }

  /** @param {number} place */
  function activate(place) {
    list.children[active]?.setAttribute("aria-selected", "false");
    active = place;
    const option = list.children[active];
    option?.setAttribute("aria-selected", "true");
    option?.scrollIntoView({ block: "nearest" });
    if (option) input.setAttribute("aria-activedescendant", option.id);
    else input.removeAttribute("aria-activedescendant");
  }

  /** @param {number} place */
  function take(place) {
    input.value = words[place];
    close();
    choose();
  }

  async function ask() {
    asked.abort();
    asked = new AbortController();
    const { signal } = asked;
    try {
      const found = input.value ? await complete(input.value, signal) : [];
      if (!signal.aborted) show(found);
    } catch {
      if (!signal.aborted) show([]); // the question itself, when it is sent, says what is wrong
    }
  }

  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = window.setTimeout(ask, PAUSE);
  });
  input.addEventListener("keydown", (event) => {
    const count = words.length;
    if (event.key === "ArrowDown" && count) activate((active + 1) % count);
    else if (event.key === "ArrowDown") ask();
    else if (event.key === "ArrowUp" && count) activate(active > 0 ? active - 1 : count - 1);
    else if (event.key === "Enter" && active >= 0) take(active);
    else if (event.key === "Escape" && count) close();
    else {
      if (event.key === "Enter") close(); // the form is sent with what was typed
      return;
    }
    event.preventDefault();
  });
  input.addEventListener("blur", close);
  list.addEventListener("mousedown", (event) => event.preventDefault()); // the field keeps the focus
  list.addEventListener("click", (event) => {
    const option = /** @type {Element} */ (event.target).closest("li");
    if (option) take([...list.children].indexOf(option));
  });
  return html("div", { class: "field word-field" }, html("label", { for: id }, label), input, list);
}
