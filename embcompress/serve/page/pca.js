/** Principal components of a few vectors, by power iteration. */

const STEPS = 500;
const ENOUGH = 1e-12;

/**
 * @typedef {object} Component
 * @property {number[]} coordinates Of each row.
 * @property {number} share Of the rows' variance, from 0 to 1.
 */

/**
 * The first principal components of rows about their mean.
 *
 * A component's axis is found by multiplying a start by the covariance again and again, each time made orthogonal to
 * the axes before it. Its sign is the one that makes the largest coordinate positive.
 *
 * @param {number[][]} rows
 * @param {number} count
 * @returns {Component[]}
 */
export function principalComponents(rows, count) {
  const mean = rows[0].map((_, axis) => sum(rows.map((row) => row[axis])) / rows.length);
  const centred = rows.map((row) => row.map((value, axis) => value - mean[axis]));
  const variance = sum(centred.map((row) => dot(row, row)));
  /** @type {number[][]} */
  const axes = [];
  return Array.from({ length: count }, () => {
    const axis = nextAxis(centred, axes);
    axes.push(axis);
    const coordinates = centred.map((row) => dot(row, axis));
    const sign = Math.max(...coordinates) >= -Math.min(...coordinates) ? 1 : -1;
    return {
      coordinates: coordinates.map((value) => sign * value),
      share: variance > 0 ? dot(coordinates, coordinates) / variance : 0,
    };
  });
}

/**
 * @param {number[][]} rows Centred.
 * @param {number[][]} axes Those found before, of length one.
 * @returns {number[]} Of length one, or zeros where no variance is left.
 */
function nextAxis(rows, axes) {
  const remaining = rows.map((row) => without(row, axes));
  let axis = unit(remaining.reduce((longest, row) => (dot(row, row) > dot(longest, longest) ? row : longest)));
  for (let step = 0; step < STEPS; step += 1) {
    const onAxis = remaining.map((row) => dot(row, axis));
    const next = unit(without(axis.map((_, place) => sum(remaining.map((row, at) => onAxis[at] * row[place]))), axes));
    const change = 1 - dot(next, axis);
    axis = next;
    if (change < ENOUGH) break;
  }
  return axis;
}

/**
 * @param {number[]} row
 * @param {number[][]} axes
 */
function without(row, axes) {
  return axes.reduce((rest, axis) => {
    const along = dot(rest, axis);
    return rest.map((value, place) => value - along * axis[place]);
  }, row);
}

/**
 * The row at length one; zeros stay zeros.
 *
 * @param {number[]} row
 */
export function unit(row) {
  const length = Math.sqrt(dot(row, row));
  return length > ENOUGH ? row.map((value) => value / length) : row.map(() => 0);
}

/**
 * @param {number[]} one
 * @param {number[]} other
 */
const dot = (one, other) => one.reduce((total, value, place) => total + value * other[place], 0);

/** @param {number[]} values */
const sum = (values) => values.reduce((total, value) => total + value, 0);
