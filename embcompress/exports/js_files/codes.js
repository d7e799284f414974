/** Codes of rows: what they decode to, and their cosines with a query, summed from a table of what each byte adds. */

import { littleEndian } from "./remote_file.js";

/** @typedef {import("./remote_file.js").RemoteFile} RemoteFile */
/** @typedef {import("./remote_file.js").Bytes} Bytes */

const MOST_COVERED = 1 << 16; // coordinates that columns cover
const ORTHONORMAL = 1e-6; // the largest entry by which rows may miss being it
const CODEBOOK = ["centroids", "lowest", "step", "axes"];
const ROWS = ["codes", "lengths", "rows"];

/** Names of the arrays that hold a segment's rows. */
export function arraysOfRows(/** @type {string} */ i) {
  return ROWS.map((name) => i + name);
}

/** Names of the arrays that a segment's codes are decoded by, the map back to vectors last. */
export function arraysOfCodes(/** @type {RemoteFile} */ file, /** @type {string} */ i) {
  return [...CODEBOOK, file.places.has(`${i}Bt`) ? "Bt" : "A", "b"].map((name) => i + name);
}

/** @param {Float32Array | Float64Array} x @param {Float32Array | Float64Array} y @param {number} start of y in x */
function dot(x, y, start = 0) {
  let sum = 0;
  for (let i = 0; i < y.length; i++) sum += x[start + i] * y[i];
  return sum;
}

/** The same direction, of length one; zero stays zero. */
export function unit(/** @type {Float64Array} */ x) {
  const size = Math.sqrt(dot(x, x)) || Infinity;
  return x.map((number) => number / size);
}

/** Sums of what each code's bytes add. Four sums at a time, as one would wait for itself. */
function scan(/** @type {Bytes} */ codes, /** @type {Float64Array} */ table, /** @type {Float64Array} */ sums) {
  for (let code = 0, at = 0; code < sums.length; code++) {
    let a = 0;
    let b = 0;
    let c = 0;
    let d = 0;
    let start = 0;
    for (; start + 1024 <= table.length; start += 1024, at += 4) {
      a += table[start | codes[at]];
      b += table[(start + 256) | codes[at + 1]];
      c += table[(start + 512) | codes[at + 2]];
      d += table[(start + 768) | codes[at + 3]];
    }
    for (; start < table.length; start += 256) a += table[start | codes[at++]];
    sums[code] = a + b + c + d;
  }
  return sums;
}

/** The number that 16 bits stand for; those that are not finite, which only damage writes, stand for zero. */
function float16(/** @type {number} */ bits) {
  const [exponent, fraction] = [(bits >> 10) & 31, bits & 1023];
  const size = exponent ? (1 + fraction / 1024) * 2 ** (exponent - 15) : fraction * 2 ** -24;
  return exponent === 31 ? 0 : bits >> 15 ? -size : size;
}

/**
 * What each value of each byte of a code stands for, and on which axes; the bytes of float16 stand for nothing alone.
 *
 * @param {RemoteFile} file
 * @param {string} i
 * @param {number} components
 * @param {number | null} radix
 */
async function codebookOf(file, i, components, radix) {
  if (!radix) return { size: 2 * components, run: 0, axes: new Int32Array(), entries: new Float32Array() };
  const [centroids, lowest, step, axes] = await Promise.all(CODEBOOK.map((name) => file.numbers(i + name)));
  const [columns, , width] = step ? [components, radix, 1] : file.shape(`${i}centroids`, "F32", null, radix, null);
  if (step) for (const name of ["lowest", "step"]) file.shape(i + name, "F32", components);
  if (axes) file.shape(`${i}axes`, "I32", columns, width);
  if (!(radix <= 256 && columns * width <= MOST_COVERED)) throw file.error(`array ${i}centroids is too large`);
  const perByte = Math.floor(8 / Math.log2(radix) + 1e-9); // symbols
  const [size, run] = [Math.ceil(columns / perByte), perByte * width]; // bytes of a code, numbers of a byte
  const covered = new Int32Array(size * run).fill(components); // one past the axes: of numbers that are on none
  for (let j = 0; j < columns * width; j++) if (!axes || axes[j] >= 0) covered[j] = axes ? axes[j] : j;
  const entries = new Float32Array(size * 256 * run).map((_, at) => {
    const [byte, place] = [Math.floor(at / run), Math.floor((at % run) / width)];
    const column = (byte >> 8) * perByte + place;
    const symbol = Math.floor(Math.min(byte & 255, radix ** perByte - 1) / radix ** place) % radix;
    if (column >= columns) return 0;
    if (lowest && step) return lowest[column] + symbol * step[column];
    return centroids ? centroids[(column * radix + symbol) * width + (at % width)] : NaN;
  });
  return { size, run, axes: covered, entries };
}

/** Rows coded the same way. @param {RemoteFile} file @param {string} i @param {any} facts @param {number} dims */
export async function segmentOf(file, i, { components, radix, length_scale: [lowest, step] }, dims) {
  const [rows] = file.shape(`${i}lengths`, "U8", null);
  const pointerSize = file.places.has(`${i}rows`) ? file.shape(`${i}rows`, "U8", rows, null)[1] : 0;
  const { size: codeSize, run, axes, entries } = await codebookOf(file, i, components, radix);
  const [stored] = file.shape(`${i}codes`, "U8", pointerSize ? null : rows, codeSize);
  const map = arraysOfCodes(file, i).slice(-2);
  const [back, b] = await Promise.all(map.map((name) => file.numbers(name)));
  const isDense = back instanceof Float32Array;
  if (back) file.shape(map[0], isDense ? "F32" : "I32", components, ...(isDense ? [dims] : []));
  if (b) file.shape(map[1], "F32", dims);
  const shift = b ? Float64Array.from(b) : new Float64Array(dims);
  const halves = new Float32Array(radix ? 0 : 1 << 16).map((_, bits) => float16(bits));

  /** A code's vector, of about length one. @param {Bytes} codes @param {number} code */
  function decoded(codes, code) {
    const [x, y, start] = [shift.slice(), new Float64Array(components + 1), code * codeSize];
    for (let j = 0; j < axes.length; j++) {
      const byte = Math.floor(j / run);
      y[axes[j]] = entries[((byte << 8) | codes[start + byte]) * run + (j % run)];
    }
    for (let j = 0; j < components; j++) {
      if (!radix) y[j] = halves[codes[start + 2 * j] | (codes[start + 2 * j + 1] << 8)];
      if (!isDense) x[back ? back[j] : j] += y[j];
      else for (let k = 0; k < dims; k++) x[k] += y[j] * back[j * dims + k];
    }
    return x;
  }

  /** What to multiply a code's numbers by, to have their part of the dot product with a vector. */
  function pulled(/** @type {Float32Array | Float64Array} */ x) {
    const y = new Float64Array(components + 1);
    for (let j = 0; j < components; j++) y[j] = isDense ? dot(back, x, j * dims) : x[back ? back[j] : j];
    return y;
  }

  /** For every code, the sum of its numbers times `linear` and, if asked for, of their squares. */
  function sums(/** @type {Bytes} */ codes, /** @type {Float64Array} */ linear, /** @type {0 | 1} */ squares) {
    const found = new Float64Array(stored);
    const table = new Float64Array(codeSize * 256); // what each value of each byte adds
    for (let at = 0, byte = 0; at < entries.length; byte++) {
      const end = at + run;
      for (let j = (byte >> 8) * run; at < end; j++, at++) {
        table[byte] += entries[at] * (linear[axes[j]] + squares * entries[at]);
      }
    }
    if (radix) return scan(codes, table, found);
    return found.map((_, code) => {
      let sum = 0;
      for (let j = 0, at = code * codeSize; j < components; j++, at += 2) {
        const y = halves[codes[at] | (codes[at + 1] << 8)];
        sum += y * (linear[j] + squares * y);
      }
      return sum;
    });
  }

  /** One over the lengths of what codes decode to; of zero, zero. */
  function inverseSizes(/** @type {Bytes} */ codes) {
    let isometric = true; // the way back: lengths are then sums over code space
    for (let j = 0; isDense && isometric && j < components; j++) {
      const products = pulled(back.subarray(j * dims, (j + 1) * dims)).subarray(0, components);
      isometric = products.every((product, k) => Math.abs(product - Number(j === k)) <= ORTHONORMAL);
    }
    const inside = isometric ? sums(codes, pulled(shift).map((number) => 2 * number), 1) : new Float64Array(stored);
    return inside.map((sum, code) => {
      const x = isometric ? shift : decoded(codes, code);
      return 1 / (Math.sqrt(Math.max(0, sum + dot(x, x))) || Infinity);
    });
  }

  /** @type {Float64Array | null} */ let inverse = null;
  return {
    rows,
    /** The direction of a row's vector, and its length. */
    async vector(/** @type {number} */ row) {
      const pointer = pointerSize ? await file.row(`${i}rows`, row, pointerSize) : null;
      const place = pointer ? littleEndian(pointer, 0, pointerSize) : row;
      const [code, [byte]] = await Promise.all([
        file.row(`${i}codes`, place, codeSize),
        file.row(`${i}lengths`, row, 1), // 0: a zero row
      ]);
      const x = decoded(code, 0);
      return { direction: byte ? unit(x) : x.fill(0), length: Math.exp(lowest + step * (byte - 1)) };
    },
    /** Cosines of a direction with all rows. */
    async scores(/** @type {Float64Array} */ query) {
      const [codes, lengths, pointers] = await Promise.all(arraysOfRows(i).map((name) => file.get(name)));
      inverse ??= inverseSizes(codes);
      const [dots, added] = [sums(codes, pulled(query), 0), dot(query, shift)];
      const scores = new Float32Array(rows);
      for (let row = 0; row < rows; row++) {
        const code = pointerSize ? littleEndian(pointers, row, pointerSize) : row;
        scores[row] = lengths[row] && (dots[code] + added) * inverse[code];
      }
      return scores;
    },
  };
}
