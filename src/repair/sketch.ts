/**
 * Sketch: an invertible Bloom lookup table over the elements of a set. Of two sketches of one size
 * the difference of their sets can be read, as long as it is small; what both sets share cancels
 * out. (Goodrich and Mitzenmacher, "Invertible Bloom Lookup Tables", 2011; Eppstein, Goodrich,
 * Uyeda and Varghese, "What's the Difference? Efficient Set Reconciliation without Prior Context",
 * 2011.)
 *
 * An element is a key's name hash and its object's hash: 16 bytes. It lies in one cell of each
 * third of the table. A cell holds a count, the XOR of its elements, and the XOR of their
 * checksums.
 *
 * Invariants:
 *   1. What is decoded is right, but for a chance of 2^-32 a cell: a cell is read only when its
 *      checksum is that of the element in it. A table that cannot be read in full gives nothing.
 *   2. The order of insertion does not show.
 *   3. What comes from a peer is refused unless it is a table of the size that was asked for.
 */
import type {Hash64} from '../merkle/object-hash.js';

export type Element = {readonly name: Hash64; readonly object: Hash64};

export type Difference = {readonly ours: readonly Element[]; readonly theirs: readonly Element[]};

const THIRDS = 3;
/** Count, four words of the element, checksum. */
const CELL_WORDS = 6;
export const CELL_BYTES = 4 * CELL_WORDS;
/** Below this the thirds are so small that elements meet in all of them too often. */
const CELLS_MIN = 24;

/** How many cells read a difference of so many elements nearly always. */
export function cellsFor(elements: number): number {
  return Math.max(CELLS_MIN, THIRDS * Math.ceil((elements * 2 + 15) / THIRDS));
}

export class Sketch {
  readonly #words: Int32Array;
  readonly #third: number;

  /** `cells` is a multiple of three. */
  constructor(cells: number) {
    this.#third = Math.floor(cells / THIRDS);
    this.#words = new Int32Array(this.#third * THIRDS * CELL_WORDS);
  }

  get cells(): number {
    return this.#third * THIRDS;
  }

  insert({name, object}: Element): void {
    this.#add(name.hi, name.lo, object.hi, object.lo, 1);
  }

  /** null when the bytes are no table of so many cells. */
  static decode(bytes: Uint8Array, cells: number): Sketch | null {
    const sketch = new Sketch(cells);
    if (bytes.length !== sketch.cells * CELL_BYTES) {
      return null;
    }

    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    for (let word = 0; word < sketch.#words.length; word += 1) {
      sketch.#words[word] = view.getInt32(4 * word);
    }

    return sketch;
  }

  encode(): Uint8Array {
    const bytes = Buffer.allocUnsafe(this.#words.length * 4);
    for (const [word, value] of this.#words.entries()) {
      bytes.writeInt32BE(value, 4 * word);
    }

    return bytes;
  }

  /**
   * What this set has and `other`, of the same size, has not, and the reverse; null when there is
   * too much to be read. Uses both up.
   */
  difference(other: Sketch): Difference | null {
    this.#subtract(other);
    const ours: Element[] = [];
    const theirs: Element[] = [];
    const pure = Array.from({length: this.cells}, (_, cell) => cell);
    for (let cell = pure.pop(); cell !== undefined; cell = pure.pop()) {
      const sign = this.#signOf(cell);
      if (sign === 0) {
        continue;
      }

      const at = cell * CELL_WORDS;
      const [nameHi, nameLo, objectHi, objectLo] = this.#words.subarray(at + 1, at + 5);
      const element = elementOf(nameHi!, nameLo!, objectHi!, objectLo!);
      (sign > 0 ? ours : theirs).push(element);
      if (ours.length + theirs.length > this.cells) {
        return null;
      }

      this.#add(nameHi!, nameLo!, objectHi!, objectLo!, -sign);
      pure.push(...this.#cellsOf(nameHi!, nameLo!, objectHi!, objectLo!));
    }

    return this.#words.every(word => word === 0) ? {ours, theirs} : null;
  }

  #subtract(other: Sketch): void {
    for (let at = 0; at < this.#words.length; at += CELL_WORDS) {
      this.#words[at]! -= other.#words[at]!;
      for (let word = at + 1; word < at + CELL_WORDS; word += 1) {
        this.#words[word]! ^= other.#words[word]!;
      }
    }
  }

  /** 1 or -1 when exactly one element of that side is left in the cell, else 0. */
  #signOf(cell: number): number {
    const at = cell * CELL_WORDS;
    const count = this.#words[at]!;
    if (count !== 1 && count !== -1) {
      return 0;
    }

    const [nameHi, nameLo, objectHi, objectLo, check] = this.#words.subarray(at + 1, at + 6);
    return check === mix(nameHi!, nameLo!, objectHi!, objectLo!, CHECK_SEED) ? count : 0;
  }

  #add(nameHi: number, nameLo: number, objectHi: number, objectLo: number, by: number): void {
    const check = mix(nameHi, nameLo, objectHi, objectLo, CHECK_SEED);
    for (const cell of this.#cellsOf(nameHi, nameLo, objectHi, objectLo)) {
      const at = cell * CELL_WORDS;
      this.#words[at]! += by;
      this.#words[at + 1]! ^= nameHi;
      this.#words[at + 2]! ^= nameLo;
      this.#words[at + 3]! ^= objectHi;
      this.#words[at + 4]! ^= objectLo;
      this.#words[at + 5]! ^= check;
    }
  }

  #cellsOf(nameHi: number, nameLo: number, objectHi: number, objectLo: number): number[] {
    // The size is part of the seed: elements that meet in all their cells of one table must not do
    // so again in a larger one.
    return CELL_SEEDS.map((seed, third) => {
      const hash = mix(nameHi, nameLo, objectHi, objectLo, seed ^ this.#third);
      return third * this.#third + ((hash >>> 0) % this.#third);
    });
  }
}

const CELL_SEEDS = [0x3c6ef372, 0x1b873593, 0x510e527f];
const CHECK_SEED = 0x2545f491;

/** MurmurHash3's rounds over four words that are hashes already (Appleby, 2011). */
function mix(a: number, b: number, c: number, d: number, seed: number): number {
  let h = round(round(round(round(seed, a), b), c), d);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

function round(lane: number, word: number): number {
  let k = Math.imul(word, 0xcc9e2d51);
  k = Math.imul((k << 15) | (k >>> 17), 0x1b873593) ^ lane;
  return (Math.imul((k << 13) | (k >>> 19), 5) + 0xe6546b64) | 0;
}

function elementOf(nameHi: number, nameLo: number, objectHi: number, objectLo: number): Element {
  return {
    name: {hi: nameHi >>> 0, lo: nameLo >>> 0},
    object: {hi: objectHi >>> 0, lo: objectLo >>> 0},
  };
}
