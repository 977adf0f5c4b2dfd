/**
 * The machine's own chance.
 *
 * Invariant: no byte of the pool is given out twice, and none stays in it once given out.
 */
import {randomBytes, randomFillSync} from 'node:crypto';
import type {Random} from '../ports/random.js';

// One call into the operating system serves a few hundred identities.
const poolBytes = 8_192;
const pooledBytesMax = 256;

export class SystemRandom implements Random {
  readonly #pool = new Uint8Array(poolBytes);
  #used = poolBytes;

  bytes(count: number): Uint8Array {
    if (count > pooledBytesMax) {
      return new Uint8Array(randomBytes(count));
    }
    if (this.#used + count > poolBytes) {
      randomFillSync(this.#pool);
      this.#used = 0;
    }
    const from = this.#used;
    this.#used += count;
    const given = this.#pool.slice(from, this.#used);
    this.#pool.fill(0, from, this.#used);
    return given;
  }

  /** Throws `RangeError` unless `limit` is a whole number of at least 1. */
  below(limit: number): number {
    if (!Number.isSafeInteger(limit) || limit < 1) {
      throw new RangeError(`there is no whole number from 0 below ${limit}`);
    }
    return Math.floor(Math.random() * limit);
  }
}
