/** Numbers as they are read. */

const WHOLE = new Intl.NumberFormat("en");
const UNITS = ["bytes", "kB", "MB", "GB", "TB"];

/** @param {number} value A cosine or a score. */
export const score = (value) => value.toFixed(3).replace("-0.000", "0.000");

/** @param {number} value */
export const whole = (value) => WHOLE.format(value);

/** @param {number} share 1 is 100 %. */
export const percent = (share) => `${(100 * share).toFixed(1)} %`;

/**
 * Bytes in decimal units, three digits of them.
 *
 * @param {number} count
 */
export function bytes(count) {
  const power = count < 1000 ? 0 : Math.min(Math.floor(Math.log10(count) / 3), UNITS.length - 1);
  return power === 0 ? `${count} bytes` : `${(count / 1000 ** power).toPrecision(3)} ${UNITS[power]}`;
}
