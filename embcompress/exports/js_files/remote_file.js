/** The arrays of an `.embc` file, fetched when they are needed. */

const FIRST_BYTES = 1 << 14; // a guess at the header's size that saves a second request
const LONGEST_HEADER = 4 << 20;
/** @type {Record<string, any>} */
const KINDS = { U8: Uint8Array, F16: Uint16Array, I32: Int32Array, F32: Float32Array, I64: BigInt64Array };

/** @typedef {Uint8Array<ArrayBuffer>} Bytes */
/** @typedef {{ name: string, dtype: string, shape: number[], start: number, end: number }} Place */

/** The table cannot be fetched, is damaged or of a kind that is not read here; or it has no such word. */
export class TableError extends Error {}

/** A file of arrays; each is fetched when it is first needed. */
export class RemoteFile {
  /** @type {Bytes | null} */ all = null;
  /** @type {Map<string, Place>} */ places = new Map();
  /** @type {Map<string, Promise<Bytes>>} */ fetched = new Map();

  constructor(/** @type {string} */ url, /** @type {boolean} */ whole) {
    this.url = url;
    this.whole = whole;
  }

  error(/** @type {string} */ text) {
    return new TableError(`${this.url}: ${text}`);
  }

  /** Reads the header; gives the metadata. @returns {Promise<any>} */
  async open() {
    let head = await this.bytes(0, FIRST_BYTES);
    const size = head.length < 8 ? NaN : Number(new DataView(head.buffer, head.byteOffset).getBigUint64(0, true));
    if (!(size <= LONGEST_HEADER)) throw this.error("not an .embc file");
    if (head.length < 8 + size) head = await this.bytes(0, 8 + size);
    try {
      const { __metadata__: texts, ...entries } = JSON.parse(new TextDecoder().decode(head.subarray(8, 8 + size)));
      for (const [name, { dtype, shape, data_offsets: offsets }] of Object.entries(entries)) {
        const [start, end] = offsets.map((/** @type {number} */ offset) => 8 + size + offset);
        const items = shape.reduce((/** @type {number} */ product, /** @type {number} */ each) => product * each, 1);
        const fits = start >= 8 + size && end - start === items * KINDS[dtype].BYTES_PER_ELEMENT;
        if (!fits) throw new Error(`array ${name} does not fit its place`);
        this.places.set(name, { name, dtype, shape, start, end });
      }
      return JSON.parse(texts.embcompress);
    } catch (error) {
      throw this.error(`not an .embc file (${/** @type {Error} */ (error).message})`);
    }
  }

  /** Bytes from `start` to before `end`; those at the file's head are fewer if it is shorter. */
  async bytes(/** @type {number} */ start, /** @type {number} */ end) {
    let content = this.all?.subarray(start, end) ?? new Uint8Array();
    if (!this.all && start < end) {
      const request = fetch(this.url, this.whole ? {} : { headers: { Range: `bytes=${start}-${end - 1}` } });
      const response = await request.catch((error) => new Response(null, { status: 599, statusText: error.message }));
      if (!response.ok) throw this.error(`cannot be fetched: ${response.status} ${response.statusText}`);
      content = new Uint8Array(await response.arrayBuffer());
      if (response.status !== 206) [this.all, content] = [content, content.subarray(start, end)];
    }
    if (start && content.length !== end - start) throw this.error(`bytes ${start} to ${end} are not all there`);
    return content;
  }

  /** The shape of an array that must be there; null admits any size. @param {(number | null)[]} wanted */
  shape(/** @type {string} */ name, /** @type {string} */ dtype, ...wanted) {
    const { dtype: found, shape } = this.places.get(name) ?? { dtype: "missing", shape: [] };
    const fits = shape.length === wanted.length && shape.every((size, i) => size === (wanted[i] ?? size));
    if (found === dtype && fits) return shape;
    const expected = `${dtype} (${wanted.map((size) => size ?? "any")})`;
    throw this.error(`array ${name} is ${found} (${shape}), expected ${expected}`);
  }

  /** Starts to fetch arrays, in one request where they lie side by side. */
  prefetch(/** @type {string[]} */ ...names) {
    const wanted = [...this.places.values()].filter(({ name }) => names.includes(name) && !this.fetched.has(name));
    /** @type {Place[][]} */ const runs = [];
    for (const place of wanted.sort((a, b) => a.start - b.start || a.end - b.end)) {
      if (runs.at(-1)?.at(-1)?.end === place.start) runs.at(-1)?.push(place);
      else runs.push([place]);
    }
    for (const run of runs) {
      const content = this.bytes(run[0].start, run[run.length - 1].end);
      for (const { name, start, end } of run) {
        const part = content.then((bytes) => bytes.subarray(start - run[0].start, end - run[0].start));
        part.catch(() => this.fetched.delete(name)); // it may be asked for again
        this.fetched.set(name, part);
      }
    }
  }

  async get(/** @type {string} */ name) {
    this.prefetch(name);
    return /** @type {Bytes} */ (await this.fetched.get(name));
  }

  /** Numbers of an array that need not be there. @returns {Promise<Float32Array | Int32Array | null>} */
  async numbers(/** @type {string} */ name) {
    const place = this.places.get(name);
    const numbers = place ? new KINDS[place.dtype]((await this.get(name)).slice().buffer) : null; // the copy is aligned
    return place?.dtype === "I64" ? Int32Array.from(numbers, Number) : numbers;
  }

  /** A row of `width` bytes, fetched by itself unless all rows are. */
  async row(/** @type {string} */ name, /** @type {number} */ row, /** @type {number} */ width) {
    if (this.fetched.has(name)) return (await this.get(name)).subarray(row * width, (row + 1) * width);
    const start = (this.places.get(name)?.start ?? 0) + row * width;
    return this.bytes(start, start + width);
  }
}

/** The number at a place among numbers of `width` bytes. */
export function littleEndian(/** @type {Bytes} */ bytes, /** @type {number} */ place, /** @type {number} */ width) {
  let number = 0;
  for (let i = width; i--; ) number = number * 256 + bytes[place * width + i];
  return number;
}
