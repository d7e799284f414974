/** Light or dark: as the system says, until the reader says otherwise. Runs before anything is drawn. */

const KEY = "theme";

apply(localStorage.getItem(KEY) ?? "system");

/**
 * Let a select switch the theme.
 *
 * @param {HTMLSelectElement} select
 */
export function offerThemes(select) {
  select.value = document.documentElement.dataset.theme ?? "system";
  select.addEventListener("change", () => {
    localStorage.setItem(KEY, select.value);
    apply(select.value);
  });
}

/** @param {string} theme */
function apply(theme) {
  document.documentElement.dataset.theme = theme;
}
