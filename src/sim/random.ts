/**
 * Chance from a seed. Streams are named: each draws numbers of its own, so that a new consumer with
 * a new name leaves what the others draw, and with it old seeds, as they were.
 *
 * Generator: sfc32 (C. Doty-Humphrey, PractRand), its state a SHA-256 of seed and name.
 */
import {createHash} from 'node:crypto';
import type {Random} from '../ports/random.js';

export class SimRandom implements Random {
  readonly #seed: number;
  readonly #path: readonly string[];
  readonly #state: Uint32Array;

  constructor(seed: number, path: readonly string[] = []) {
    this.#seed = seed;
    this.#path = path;
    const hash = createHash('sha256')
      .update(JSON.stringify([seed, ...path]))
      .digest();
    this.#state = Uint32Array.from([0, 4, 8, 12], at => hash.readUInt32LE(at));
  }

  /** The same name gives a stream that starts anew, with the same numbers. */
  stream(name: string): SimRandom {
    return new SimRandom(this.#seed, [...this.#path, name]);
  }

  bytes(count: number): Uint8Array {
    return Uint8Array.from({length: count}, () => this.#next() & 0xff);
  }

  below(limit: number): number {
    return Math.floor(this.#fraction() * limit);
  }

  /** True once in `1 / p` times. */
  chance(p: number): boolean {
    return this.#fraction() < p;
  }

  /** A number, not necessarily whole, from `low` up to but excluding `high`. */
  between(low: number, high: number): number {
    return low + this.#fraction() * (high - low);
  }

  /** Throws RangeError when there is nothing to pick from. */
  pick<T>(items: readonly T[]): T {
    const at = this.below(items.length);
    for (const item of items.slice(at, at + 1)) {
      return item;
    }
    throw new RangeError('nothing to pick from');
  }

  /** A new array in random order. */
  shuffle<T>(items: readonly T[]): T[] {
    return items
      .map(item => ({item, place: this.#fraction()}))
      .toSorted((a, b) => a.place - b.place)
      .map(({item}) => item);
  }

  /** 53 random bits as a fraction: 0 <= fraction < 1. */
  #fraction(): number {
    const high = this.#next() >>> 5;
    const low = this.#next() >>> 6;
    return (high * 2 ** 26 + low) / 2 ** 53;
  }

  #next(): number {
    const state = this.#state;
    const [a = 0, b = 0, c = 0, counter = 0] = state;
    const sum = (a + b + counter) >>> 0;
    state[3] = counter + 1;
    state[0] = b ^ (b >>> 9);
    state[1] = c + (c << 3);
    state[2] = ((c << 21) | (c >>> 11)) + sum;
    return sum;
  }
}
