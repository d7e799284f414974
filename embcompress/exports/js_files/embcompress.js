/**
 * Reads a compressed word table (an `.embc` file, not packed) over HTTP, in browsers and in node:
 *
 *     const table = await open("table.embc");
 *     await table.vector("king"); // Float32Array, or null
 *     await table.mostSimilar("king", 10); // [{ word, score }, ...]
 *
 * The header is fetched first, then what is asked for: a look-up takes the vocabulary, the codebook and the code of its
 * row, neighbours take all codes. A server that knows no ranges sends the whole file, once. Rows of n-grams and
 * inverted files are not used. In words that are not UTF-8, wrong bytes are shown as U+FFFD.
 */

import { arraysOfCodes, arraysOfRows, segmentOf, unit } from "./codes.js";
import { littleEndian, RemoteFile } from "./remote_file.js";

export { TableError } from "./remote_file.js";

const ESCAPE = 255; // as a word's length: it stands among the long ones
const MOST_DIMS = 1 << 15;
const SAME_SCORES = 1e6; // scores that round to the same millionth are in row order
const WORDS = ["words.text", "words.lengths", "words.order", "words.long_lengths", "words.mapped"];

/**
 * Opens a table; `whole` fetches all of it at once.
 *
 * @param {string | URL} url
 * @param {{ whole?: boolean }} [options]
 */
export async function open(url, { whole = false } = {}) {
  const file = new RemoteFile(String(url), whole);
  const metadata = await file.open();
  if (!/^1\.\d+$/.test(metadata.version)) throw file.error(`its format version is ${metadata.version}, 1.x is read`);
  if (Object.keys(metadata.packed ?? {}).length) throw file.error("it is packed: expand it with embcompress unpack");
  return new Table(file, metadata);
}

/** Words by row and rows by word. @param {RemoteFile} file @param {number} count */
async function vocabulary(file, count) {
  const [long, mapped] = await Promise.all(WORDS.slice(3).map(async (name) => (await file.numbers(name)) ?? []));
  const total = count + mapped.length;
  const width = file.shape("words.order", "U8", total, null)[1];
  file.shape("words.lengths", "U8", total);
  const [text, lengths, order] = await Promise.all(WORDS.slice(0, 3).map((name) => file.get(name)));
  const starts = new Uint32Array(total + 1);
  let taken = 0; // of the long lengths
  lengths.forEach((size, i) => (starts[i + 1] = starts[i] + (size === ESCAPE ? long[taken++] : size)));
  if (starts[total] !== text.length) throw file.error("array words.lengths does not add up to words.text");
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  return {
    word: (/** @type {number} */ row) => decoder.decode(text.subarray(starts[row], starts[row + 1])),
    row(/** @type {string} */ word) {
      const wanted = new TextEncoder().encode(word);
      for (let low = 0, high = total; low < high; ) {
        const middle = (low + high) >> 1;
        const number = littleEndian(order, middle, width);
        const found = text.subarray(starts[number], starts[number + 1]);
        const place = found.findIndex((byte, i) => byte !== wanted[i]); // -1: it is the beginning of what is wanted
        if (place < 0 && found.length === wanted.length) return number < count ? number : mapped[number - count];
        if (place < 0 || found[place] < wanted[place]) low = middle + 1;
        else high = middle;
      }
      return -1;
    },
  };
}

/** Words and their coded vectors; made by `open`. */
class Table {
  /** @type {ReturnType<Table["fetchParts"]> | null} */ loading = null;

  constructor(/** @type {RemoteFile} */ file, /** @type {any} */ { words, dims, segments, spec }) {
    this.file = file;
    this.length = words;
    this.dims = dims;
    this.spec = spec;
    /** @type {any[]} what is said of the segments that hold the words' rows */ this.segments = [];
    for (let rows = 0; rows < words; rows += file.shape(`${this.segments.length - 1}.lengths`, "U8", null)[0]) {
      const facts = segments?.[this.segments.length];
      const isWhole = facts?.components >= 1 && facts.length_scale?.length === 2 && dims >= 1 && dims <= MOST_DIMS;
      if (!isWhole) throw file.error("its metadata do not describe the segments that hold its rows");
      this.segments.push(facts);
    }
  }

  /** The vocabulary and what codes are decoded by. */
  load() {
    this.loading ??= this.fetchParts();
    this.loading.catch(() => (this.loading = null)); // it may be asked for again
    return this.loading;
  }

  async fetchParts() {
    const { file, segments } = this;
    file.prefetch(...WORDS, ...segments.flatMap((_, i) => arraysOfCodes(file, `${i}.`)));
    const parts = Promise.all(segments.map((facts, i) => segmentOf(file, `${i}.`, facts, this.dims)));
    return Promise.all([vocabulary(file, this.length), parts]);
  }

  /** The direction and the length of a word's vector, and the row that it has; null if it is not in the table. */
  async find(/** @type {string} */ word) {
    const [words, parts] = await this.load();
    const row = words.row(word);
    let inside = row;
    for (const part of row < 0 ? [] : parts) {
      if (inside < part.rows) return { row, ...(await part.vector(inside)) };
      inside -= part.rows;
    }
    return null;
  }

  /** A word's vector; null if the word is not in the table. */
  async vector(/** @type {string} */ word) {
    const found = await this.find(word);
    return found && Float32Array.from(found.direction, (number) => number * found.length);
  }

  /**
   * Words nearest to a sum of words, taken with length one, and vectors; those given are left out.
   *
   * @param {string | Float32Array | (string | Float32Array)[]} positive
   * @param {(string | Float32Array)[]} [negative]
   */
  async mostSimilar(positive, topn = 10, negative = []) {
    this.file.prefetch(...this.segments.flatMap((_, i) => arraysOfRows(`${i}.`)));
    const [query, given] = [new Float64Array(this.dims), new Set()];
    const added = Array.isArray(positive) ? positive : [positive];
    for (const [place, item] of [...added, ...negative].entries()) {
      const found = typeof item === "string" ? await this.find(item) : { row: -1, direction: item };
      if (!found) throw this.file.error(`it has no word "${item}"`);
      if (found.direction.length !== this.dims) throw this.file.error(`a vector is not of ${this.dims} numbers`);
      found.direction.forEach((number, j) => (query[j] += place < added.length ? number : -number));
      given.add(found.row);
    }
    const [words, parts] = await this.load();
    /** @type {{ row: number, score: number, rounded: number }[]} */ const best = [];
    let first = 0;
    for (const part of parts) {
      const scores = await part.scores(unit(query));
      for (let i = 0; i < scores.length; i++) {
        const rounded = Math.round(scores[i] * SAME_SCORES);
        if ((best.length < topn || rounded > best[best.length - 1]?.rounded) && !given.has(first + i)) {
          const place = best.findIndex((each) => each.rounded < rounded);
          best.splice(place < 0 ? best.length : place, 0, { row: first + i, score: scores[i], rounded });
          best.length = Math.min(best.length, topn);
        }
      }
      first += part.rows;
    }
    return best.map(({ row, score }) => ({ word: words.word(row), score }));
  }
}
