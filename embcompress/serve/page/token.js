/** The token that a guarded service wants, kept for as long as the tab is open. */

import { byId } from "./dom.js";

const KEY = "token";

/** @type {Promise<boolean> | null} */
let asking = null;

/** @returns {string | null} */
export const token = () => sessionStorage.getItem(KEY);

/**
 * Ask the reader for a token, once however many requests want one.
 *
 * @param {string | null} refused The one that was shown and not taken.
 * @returns {Promise<boolean>} Whether there is another one to show.
 */
export async function askForToken(refused) {
  if (token() !== refused) return true;
  asking ??= dialog(refused).finally(() => {
    asking = null;
  });
  return asking;
}

/**
 * @param {string | null} refused
 * @returns {Promise<boolean>}
 */
function dialog(refused) {
  const box = /** @type {HTMLDialogElement} */ (byId("token"));
  const field = /** @type {HTMLInputElement} */ (byId("token-value"));
  byId("token-reason").textContent = refused === null ? "" : "The token that was given is not the right one.";
  box.returnValue = "";
  field.value = "";
  box.showModal();
  return new Promise((resolve) => {
    box.addEventListener(
      "close",
      () => {
        const given = box.returnValue === "send";
        if (given) sessionStorage.setItem(KEY, field.value.trim());
        field.value = "";
        resolve(given);
      },
      { once: true },
    );
  });
}
