/**
 * Graves: keys whose objects were marked by all of their owners, as far as this host has found
 * them, and since when; and keys of whose vectors entries are to be retired. In memory alone:
 * whatever is lost is found again by the next sweep.
 *
 * Invariants:
 *   1. At most `GRAVES_MAX` are known; further ones wait for a later sweep.
 *   2. One is due when its marks have stood for `ageMs` since all had confirmed them; three times
 *      that where another owner leads, who is then gone, or knows nothing of it.
 *   3. Entries wait as long, but nothing depends on it: so that many share one barrier.
 */
import type {VersionVector} from '../../src/causality/version-vector.js';
import type {Hash64} from '../../src/merkle/object-hash.js';

export type Grave = {
  readonly partition: number;
  readonly name: string;
  readonly hash: Hash64;
  /** What is to be retired of the key's vector; empty where the object itself is to go. */
  readonly entries: VersionVector;
  /** This host is the first of the key's owners. */
  readonly isLed: boolean;
};

const GRAVES_MAX = 16_384;
const DUE_AT_ONCE = 512;
const PATIENCE = 3;

export class Graves {
  readonly #dueMs = new Map<string, {readonly grave: Grave; readonly dueMs: number}>();

  constructor(private readonly ageMs: number) {}

  get size(): number {
    return this.#dueMs.size;
  }

  has(grave: Grave): boolean {
    const known = this.#dueMs.get(keyOf(grave))?.grave.hash;
    return known?.hi === grave.hash.hi && known.lo === grave.hash.lo;
  }

  /** All owners have confirmed their marks. */
  add(grave: Grave, nowMs: number): void {
    const key = keyOf(grave);
    if (this.#dueMs.has(key) || this.#dueMs.size < GRAVES_MAX) {
      const dueMs = nowMs + this.ageMs * (grave.isLed ? 1 : PATIENCE);
      this.#dueMs.set(key, {grave, dueMs});
    }
  }

  remove(grave: Grave): void {
    this.#dueMs.delete(keyOf(grave));
  }

  isDue(nowMs: number): boolean {
    return this.due(nowMs).length > 0;
  }

  /** Those that have stood for long enough, not too many at once. */
  due(nowMs: number): Grave[] {
    const due: Grave[] = [];
    for (const {grave, dueMs} of this.#dueMs.values()) {
      if (dueMs <= nowMs) {
        due.push(grave);
      }

      if (due.length >= DUE_AT_ONCE) {
        break;
      }
    }

    return due;
  }

  /** How many tombstones of each partition. */
  counts(): Map<number, number> {
    const counts = new Map<number, number>();
    for (const {grave} of this.#dueMs.values()) {
      if (!isRetiring(grave)) {
        counts.set(grave.partition, (counts.get(grave.partition) ?? 0) + 1);
      }
    }

    return counts;
  }
}

/** Whether entries are to go, and the object stays. */
export function isRetiring({entries}: Grave): boolean {
  return entries.length > 0;
}

function keyOf({partition, name}: Grave): string {
  return `${partition} ${name}`;
}
