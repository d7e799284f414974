/** Places for the labels of points, so that they cover neither each other nor the points. */

/**
 * @typedef {object} Box
 * @property {number} left
 * @property {number} top
 * @property {number} width
 * @property {number} height
 */

/**
 * @typedef {object} Point
 * @property {number} x
 * @property {number} y
 * @property {number} width Its label's.
 */

const HEIGHT = 16;
const RADIUS = 5;
/** Distances from the point, tried one after the other. */
const REACHES = [9, 20, 34, 50, 70];
/** Directions in which a label may stand off its point; right and left come first, as they read best. */
const DIRECTIONS = [[1, 0], [-1, 0], [0, -1], [0, 1], [1, -1], [1, 1], [-1, -1], [-1, 1]];

/**
 * A box for each point's label; earlier points choose first.
 *
 * @param {Point[]} points
 * @param {number} width The frame's.
 * @param {number} height The frame's.
 * @returns {Box[]}
 */
export function placeLabels(points, width, height) {
  const taken = points.map(({ x, y }) => ({ left: x - RADIUS, top: y - RADIUS, width: 2 * RADIUS, height: 2 * RADIUS }));
  return points.map((point) => {
    const choices = REACHES.flatMap((reach) => DIRECTIONS.map((direction) => boxAt(point, direction, reach)))
      .filter((box) => inside(box, width, height));
    /** @type {{ box: Box, covered: number }} */
    let best = { box: boxAt(point, DIRECTIONS[0], REACHES[0]), covered: Infinity };
    for (const box of choices) {
      const covered = taken.reduce((total, other) => total + overlap(box, other), 0);
      if (covered < best.covered) best = { box, covered };
      if (covered === 0) break;
    }
    taken.push(best.box);
    return best.box;
  });
}

/**
 * @param {Point} point
 * @param {number[]} direction
 * @param {number} reach
 * @returns {Box}
 */
function boxAt({ x, y, width }, [right, down], reach) {
  const step = right && down ? reach * Math.SQRT1_2 : reach;
  return {
    left: x + right * step + (width * (right - 1)) / 2,
    top: y + down * step + (HEIGHT * (down - 1)) / 2,
    width,
    height: HEIGHT,
  };
}

/**
 * @param {Box} box
 * @param {number} width
 * @param {number} height
 */
const inside = (box, width, height) =>
  box.left >= 0 && box.top >= 0 && box.left + box.width <= width && box.top + box.height <= height;

/**
 * The area that two boxes share.
 *
 * @param {Box} one
 * @param {Box} other
 */
export function overlap(one, other) {
  const across = Math.min(one.left + one.width, other.left + other.width) - Math.max(one.left, other.left);
  const down = Math.min(one.top + one.height, other.top + other.height) - Math.max(one.top, other.top);
  return across > 0 && down > 0 ? across * down : 0;
}
