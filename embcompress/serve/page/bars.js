/** A bar of a share of its full length. */

import { html } from "./dom.js";

/**
 * @param {number} share From 0 to 1; what is beyond is cut off.
 * @param {string} [kind] The class that gives its colour.
 */
export function bar(share, kind = "kept") {
  const filled = html("span", { class: "filled" });
  filled.style.width = `${100 * Math.min(Math.max(share, 0), 1)}%`; // through the object model, as the policy demands
  return html("span", { class: `bar ${kind}`, "aria-hidden": "true" }, filled);
}
