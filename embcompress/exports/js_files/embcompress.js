/**
 * Reads a compressed word table (an `.embc` file, not packed) over HTTP, in browsers and in node:
 *
 *     const table = await open("table.embc");
 *     await table.vector("king"); // Float32Array, or null
 *     await table.mostSimilar("king", 10); // [{ word, score }, ...]
 *
 * A look-up fetches the words, the codebook and its row's code, neighbours all codes. A server that knows no ranges
 * sends the whole file, once. Rows of n-grams and inverted files are not used. Words not in UTF-8 are shown by U+FFFD.
 */

const FIRST_BYTES = 1 << 14; // a guess at the header's size that saves a second request
const ESCAPE = 255; // as a word's length: it stands among the long ones
const ORTHONORMAL = 1e-6; // the largest entry by which rows may miss being it
const SAME_SCORES = 1e6; // scores that round to the same millionth are in row order
const KINDS = { U8: Uint8Array, F16: Uint16Array, I32: Int32Array, F32: Float32Array, I64: BigInt64Array };
/** Arrays side by side in whose names this finds the same are fetched together: those that are needed together. */
const GROUP = /^\d+\.(?=(codes|lengths)$)|^\d+\.(A|rows|thresholds)$|^words\.order$|^\w+/;
// Each float16 by its bits, moved to those of a float32, whose exponents start elsewhere; zero if it is not finite.
const MOVED = new Int32Array(1 << 16).map((_, bits) => ((bits >> 15) << 31) | ((bits & 0x7fff) << 13));
const HALVES = new Float32Array(MOVED.buffer).map((number) => (Math.abs(number) < 2 ** -96 ? number * 2 ** 112 : 0));

/** @typedef {string | Float32Array} Item a word or a vector */
/** @typedef {{ dtype: string, shape: number[], start: number, end: number, run: any }} Place */
/** @typedef {Awaited<ReturnType<typeof openFile>>} RemoteFile */

/** The table cannot be fetched, is damaged or of a kind that is not read here; or it has no such word. */
export class TableError extends Error {}

/** @param {ArrayLike<number>} x @param {ArrayLike<number>} y @param {number} start of y in x */
function dot(x, y, start = 0) {
  let sum = 0;
  for (let i = 0; i < y.length; i++) sum += x[start + i] * y[i];
  return sum;
}

/** The same direction, of length one; zero stays zero. */
function unit(/** @type {Float32Array | Float64Array} */ x) {
  const size = Math.sqrt(dot(x, x)) || Infinity;
  return Float64Array.from(x, (number) => number / size);
}

/** A file's metadata, and its arrays, fetched when they are needed. */
async function openFile(/** @type {string} */ url, /** @type {boolean} */ whole) {
  /** @type {Uint8Array | undefined} what a server sent that knows no ranges */ let all;
  /** @type {Map<string, Place>} */ const places = new Map();
  const error = (/** @type {string} */ text) => new TableError(`${url}: ${text}`);
  /** Bytes from `start` to before `end`; those at the file's head are fewer if it is shorter. */
  async function bytes(/** @type {number} */ start, /** @type {number} */ end) {
    let content = all?.subarray(start, end);
    if (!content) {
      const request = fetch(url, whole ? {} : { headers: { Range: `bytes=${start}-${end - 1}` } });
      const response = await request.catch(({ message }) => new Response(null, { status: 599, statusText: message }));
      if (!response.ok) throw error(`cannot be fetched: ${response.status} ${response.statusText}`);
      content = new Uint8Array(await response.arrayBuffer());
      if (response.status !== 206) [all, content] = [content, content.subarray(start, end)];
    }
    if (start && content.length !== end - start) throw error(`bytes ${start} to ${end} are not all there`);
    return content;
  }

  /** Where an array lies that must be there; null in its shape admits any size. @param {(number | null)[]} shape */
  function place(/** @type {string} */ name, /** @type {string} */ dtype, ...shape) {
    const there = places.get(name);
    const found = `${there?.dtype ?? "missing"} (${there?.shape ?? ""})`;
    const expected = `${dtype} (${shape.map((size, i) => size ?? there?.shape[i] ?? "any")})`;
    if (!there || found !== expected) throw error(`array ${name} is ${found}, expected ${expected}`);
    return there;
  }

  /** An array's numbers, if it is there. @param {(number | null)[]} shape @returns {Promise<any>} */
  async function array(/** @type {string} */ name, /** @type {keyof typeof KINDS} */ dtype, ...shape) {
    if (!places.has(name)) return null;
    const { start, end, run } = place(name, dtype, ...shape);
    run.content ??= bytes(run.start, run.end);
    run.content.catch(() => (run.content = null)); // it may be asked for again
    const content = (await run.content).subarray(start - run.start, end - run.start);
    return dtype === "U8" ? content : new KINDS[dtype](content.slice().buffer); // the copy is aligned
  }

  /** A row of an array of bytes, fetched by itself unless all are. @returns {Promise<Uint8Array>} */
  async function row(/** @type {Place} */ { run, start, shape: [, width = 1] }, /** @type {number} */ number) {
    const from = start + number * width;
    return (await run.content)?.subarray(from - run.start, from - run.start + width) ?? bytes(from, from + width);
  }

  let head = await bytes(0, FIRST_BYTES);
  const data = 8 + (head.length < 8 ? NaN : Number(new DataView(head.buffer, head.byteOffset).getBigUint64(0, true)));
  if (!(data < 1 << 22)) throw error("not an .embc file");
  if (data > head.length) head = await bytes(0, data);
  try {
    const { __metadata__: texts, ...entries } = JSON.parse(new TextDecoder().decode(head.subarray(8, data)));
    /** @type {any} */ let run = {};
    for (const [name, { dtype, shape, data_offsets: offsets }] of Object.entries(entries)) {
      const [start, end] = offsets.map((/** @type {number} */ offset) => data + offset);
      const items = shape.reduce((/** @type {number} */ product, /** @type {number} */ size) => product * size, 1);
      const fits = start >= data && end - start === items * Reflect.get(KINDS, dtype).BYTES_PER_ELEMENT;
      if (!fits) throw new Error(`array ${name} does not fit its place`);
      const group = GROUP.exec(name)?.[0];
      run = run.group === group && run.end === start ? Object.assign(run, { end }) : { group, start, end };
      places.set(name, { dtype, shape, start, end, run });
    }
    return { metadata: JSON.parse(texts.embcompress), places, error, place, array, row };
  } catch (cause) {
    throw error(`not an .embc file (${/** @type {Error} */ (cause).message})`);
  }
}

/** Words by row and rows by word. @param {RemoteFile} file @param {number} count */
async function vocabulary(file, count) {
  const bytes = ["words.lengths", "words.text"].map((name) => file.array(name, "U8", null));
  const wide = ["words.long_lengths", "words.mapped"].map((name) => file.array(name, "I64", null));
  const [lengths, text, long, mapped] = await Promise.all([...bytes, ...wide]);
  const [total] = file.place("words.lengths", "U8", count + (mapped?.length ?? 0)).shape;
  const starts = new Uint32Array(total + 1);
  for (let i = 0, taken = 0; i < total; i++) {
    starts[i + 1] = starts[i] + (lengths[i] === ESCAPE ? Number(long?.[taken++]) : lengths[i]);
  }
  if (starts[total] !== text?.length) throw file.error("array words.lengths does not add up to words.text");
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  return {
    word: (/** @type {number} */ row) => decoder.decode(text.subarray(starts[row], starts[row + 1])),
    row(/** @type {string} */ word) {
      const wanted = new TextEncoder().encode(word);
      for (let i = 0, same = 0; i < total; i++, same = 0) {
        if (starts[i + 1] - starts[i] !== wanted.length) continue;
        while (same < wanted.length && text[starts[i] + same] === wanted[same]) same++;
        if (same === wanted.length) return i < count ? i : Number(mapped[i - count]);
      }
      return -1;
    },
  };
}

/** What the bytes of a code stand for. @param {RemoteFile} file @param {string} i @param {any} facts of a segment */
async function codebookOf(file, i, { components, radix }) {
  if (!radix) return { levels: HALVES, bytes: new Uint16Array(), size: 2 * components };
  const [lowest, step] = await Promise.all(["lowest", "step"].map((name) => file.array(i + name, "F32", components)));
  const shape = step ? [components, radix, 1] : file.place(`${i}centroids`, "F32", null, radix, null).shape;
  const [[columns, , width], centroids] = [shape, await file.array(`${i}centroids`, "F32", ...shape)];
  const axes = await file.array(`${i}axes`, "I32", columns, width);
  const perByte = Math.floor(8 / Math.log2(radix) + 1e-9); // symbols
  const levels = new Float32Array(components * 256); // on each axis, by the value of the axis's byte
  const bytes = new Uint16Array(components); // of a code: the one of each axis
  for (let j = 0; j < columns * width; j++) {
    const [axis, column] = [axes ? axes[j] : j, Math.floor(j / width)];
    bytes[axis] = Math.floor(column / perByte);
    for (let value = 0; axis >= 0 && value < 256; value++) {
      const symbol = Math.floor(Math.min(value, radix ** perByte - 1) / radix ** (column % perByte)) % radix;
      const point = (column * radix + symbol) * width + (j % width);
      levels[axis * 256 + value] = step ? lowest[column] + symbol * step[column] : centroids[point];
    }
  }
  return { levels, bytes, size: Math.ceil(columns / perByte) };
}

/** Rows that are coded alike. @param {RemoteFile} file @param {string} i @param {any} facts @param {number} dims */
async function segmentOf(file, i, facts, dims) {
  const { components, radix, length_scale: scale } = facts;
  const { levels, bytes, size } = await codebookOf(file, i, facts);
  const lengths = file.place(`${i}lengths`, "U8", null);
  const [rows] = lengths.shape;
  /** @type {Uint8Array | null} of each row, its code's number in a few bytes */
  const shared = await file.array(`${i}rows`, "U8", rows, null);
  const width = shared ? shared.length / rows : 0;
  const codeOf = new Uint32Array(rows).map((_, row) =>
    shared ? shared.subarray(row * width, row * width + width).reduceRight((high, byte) => 256 * high + byte) : row,
  );
  const codes = file.place(`${i}codes`, "U8", shared ? null : rows, size);
  const map = i + (file.places.has(`${i}Bt`) ? "Bt" : "A");
  const isDense = file.places.get(map)?.dtype === "F32";
  const back = isDense ? await file.array(map, "F32", components, dims) : await file.array(map, "I32", components);
  const shift = (await file.array(`${i}b`, "F32", dims)) ?? new Float32Array(dims);

  /** A code's vector, of about length one. */
  function decoded(/** @type {Uint8Array} */ content, /** @type {number} */ code) {
    const x = Float64Array.from(shift);
    for (let j = 0, at = code * size; j < components; j++) {
      const y = levels[radix ? j * 256 + content[at + bytes[j]] : content[at + 2 * j] | (content[at + 2 * j + 1] << 8)];
      if (!isDense) x[back ? back[j] : j] += y;
      else for (let k = 0; k < dims; k++) x[k] += y * back[j * dims + k];
    }
    return x;
  }

  /** What to multiply a code's numbers by, to have their part of the dot product with a vector. */
  const pulled = (/** @type {ArrayLike<number>} */ x) =>
    Float64Array.from({ length: components }, (_, j) => (isDense ? dot(back, x, j * dims) : x[back ? back[j] : j]));

  /** For every code, the sum of its numbers times `linear` and of their squares times `squares`. */
  function sums(/** @type {Uint8Array} */ content, /** @type {Float64Array} */ linear, squares = 0) {
    const found = new Float64Array(codes.shape[0]);
    const table = new Float64Array(radix ? size * 256 : 0); // what each value of each byte adds
    for (let at = 0; radix && at < levels.length; at++) {
      table[bytes[at >> 8] * 256 + (at & 255)] += levels[at] * (linear[at >> 8] + squares * levels[at]);
    }
    for (let code = 0, at = 0; code < found.length; code++) {
      let sum = 0;
      let start = 0;
      for (; start + 1024 <= table.length; start += 1024, at += 4) {
        const two = table[start | content[at]] + table[(start + 256) | content[at + 1]]; // the other two do not wait
        sum += two + (table[(start + 512) | content[at + 2]] + table[(start + 768) | content[at + 3]]);
      }
      for (; start < table.length; start += 256) sum += table[start | content[at++]];
      for (let j = 0; !radix && j < components; j++, at += 2) {
        const y = levels[content[at] | (content[at + 1] << 8)];
        sum += y * (linear[j] + squares * y);
      }
      found[code] = sum;
    }
    return found;
  }

  /** One over the lengths of what codes decode to; of zero, zero. */
  function inverseSizes(/** @type {Uint8Array} */ content) {
    const basis = Array.from({ length: isDense ? components : 0 }, (_, j) => back.subarray(j * dims, (j + 1) * dims));
    const isometric = basis.every((x, j) =>
      pulled(x).every((product, k) => Math.abs(product - Number(j === k)) <= ORTHONORMAL),
    ); // the way back: lengths are then sums over code space
    const inside = isometric ? sums(content, pulled(shift), 0.5) : new Float64Array(codes.shape[0]);
    return inside.map((sum, code) => {
      const x = isometric ? shift : decoded(content, code);
      return 1 / (Math.sqrt(Math.max(0, 2 * sum + dot(x, x))) || Infinity);
    });
  }
  /** @type {any} */ let inverse;
  return {
    /** A row's vector; zero if its length's byte is. */
    async vector(/** @type {number} */ row) {
      const [code, [byte]] = await Promise.all([file.row(codes, codeOf[row]), file.row(lengths, row)]);
      return Float32Array.from(unit(decoded(code, 0)), (x) => byte && x * Math.exp(scale[0] + scale[1] * (byte - 1)));
    },
    /** Cosines of a direction with all rows. */
    async scores(/** @type {Float64Array} */ query) {
      const content = await file.array(`${i}codes`, "U8", null, size);
      const zeros = await file.array(`${i}lengths`, "U8", rows);
      inverse ??= inverseSizes(content);
      const [dots, base] = [sums(content, pulled(query)), dot(query, shift)];
      const found = new Float32Array(rows);
      for (let row = 0; row < rows; row++) found[row] = zeros[row] && (dots[codeOf[row]] + base) * inverse[codeOf[row]];
      return found;
    },
  };
}

/** Opens a table; `whole` fetches all of it at once. @param {string | URL} url @param {{ whole?: boolean }} options */
export async function open(url, { whole = false } = {}) {
  const file = await openFile(String(url), whole);
  const { version, packed, words: length, dims, segments, spec } = file.metadata;
  if (!/^1\.\d+$/.test(version)) throw file.error(`its format version is ${version}, 1.x is read`);
  if (Object.keys(packed ?? {}).length) throw file.error("it is packed: expand it with embcompress unpack");
  /** @type {number[]} the first row of each segment that holds the words' rows */ const firsts = [];
  for (let rows = 0; rows < length; rows += file.place(`${firsts.length - 1}.lengths`, "U8", null).shape[0]) {
    const { components, length_scale: scale } = segments?.[firsts.length] ?? {};
    const isWhole = components >= 1 && components <= dims && dims <= 32768 && scale?.length === 2;
    if (!isWhole) throw file.error("its metadata do not describe the segments that hold its rows");
    firsts.push(rows);
  }
  const fetchSegments = () => Promise.all(firsts.map((_, i) => segmentOf(file, `${i}.`, segments[i], dims)));
  const fetchParts = () => Promise.all([vocabulary(file, length), fetchSegments()]);
  /** @type {Awaited<ReturnType<typeof fetchParts>> | undefined} */ let parts;
  const load = async () => (parts ??= await fetchParts());
  /** The row of a word, and its vector; null if it is not in the table. */
  async function find(/** @type {string} */ word) {
    const [words, parts] = await load();
    const row = words.row(word);
    const i = row < length ? firsts.findLastIndex((first) => first <= row) : -1;
    return i < 0 ? null : { row, vector: await parts[i].vector(row - firsts[i]) };
  }
  /** A word's vector; null if the word is not in the table. */
  const vector = async (/** @type {string} */ word) => (await find(word))?.vector ?? null;

  /** Words nearest to a sum of words, taken with length one, and vectors; those given are left out. */
  async function mostSimilar(/** @type {Item | Item[]} */ positive, topn = 10, /** @type {Item[]} */ negative = []) {
    const codes = firsts.map((_, i) => file.array(`${i}.codes`, "U8", null, null));
    const [[words, parts]] = await Promise.all([load(), ...codes]);
    const [query, given, added] = [new Float64Array(dims), new Set(), [positive].flat()];
    for (const [place, item] of [...added, ...negative].entries()) {
      const found = typeof item === "string" ? await find(item) : { row: -1, vector: item };
      if (!found) throw file.error(`it has no word "${item}"`);
      if (found.vector.length !== dims) throw file.error(`a vector is not of ${dims} numbers`);
      const x = typeof item === "string" ? unit(found.vector) : item;
      x.forEach((number, j) => (query[j] += place < added.length ? number : -number));
      given.add(found.row);
    }
    const scores = new Float32Array(length);
    for (const [i, part] of parts.entries()) scores.set(await part.scores(unit(query)), firsts[i]);
    const rank = (/** @type {number} */ row) => Math.round(scores[row] * SAME_SCORES);
    /** @type {number[]} rows */ const best = [];
    let least = -Infinity; // what a score must reach
    for (let row = 0; row < length; row++) {
      if (!(scores[row] * SAME_SCORES >= least) || given.has(row)) continue;
      best.splice(best.findLastIndex((each) => rank(each) >= rank(row)) + 1, 0, row);
      if (!(best.length <= topn)) best.pop();
      if (best.length === topn) least = rank(best[topn - 1]) + 0.5;
    }
    return best.map((row) => ({ word: words.word(row), score: scores[row] }));
  }
  return { length, dims, spec, vector, mostSimilar };
}
