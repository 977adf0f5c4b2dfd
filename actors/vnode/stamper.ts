/**
 * Stamper: who a shard is when it writes, and which dots it has left to give.
 *
 * Invariants:
 *   1. No dot is given twice, and none above the lease that is durable.
 *   2. Once somebody shows it a dot of its own that it has not given, it gives none any more: it
 *      has forgotten something, and the next dot might be one that another write already has (T2).
 *   3. A stamp's time is greater than that of everything the write supersedes.
 */
import type {HybridClock} from '../../src/causality/hlc.js';
import type {StoredObject} from '../../src/causality/object.js';
import {counterOf, type VersionVector} from '../../src/causality/version-vector.js';
import {highestHlc, type Stamp} from '../../src/causality/write.js';
import type {Clock} from '../../src/ports/clock.js';
import {LEASE_LOW_DOTS, type Identity} from '../../src/store/identity.js';

export class Stamper {
  #identity: Identity | null = null;
  #counter = 0;

  constructor(
    private readonly clock: Clock,
    private readonly hybrid: HybridClock,
    /** The lease runs low: a higher one should be made durable. */
    private readonly leaseLow: (identity: Identity) => void,
  ) {}

  /** null while it gives no dots. */
  get identity(): Identity | null {
    return this.#identity;
  }

  /** Gives dots as `identity` from now on, above `counter`, under the lease that is durable. */
  assume(identity: Identity, counter: number): void {
    this.#identity = identity;
    this.#counter = counter;
  }

  /** False when the lease is for another incarnation than the one that stamps now. */
  renew(identity: Identity): boolean {
    const isOurs = identity.incarnation === this.#identity?.incarnation;
    this.#identity = isOurs ? identity : this.#identity;
    return isOurs;
  }

  rest(): void {
    this.#identity = null;
  }

  /** Whether the vector shows a dot of ours that we do not know. From then on it rests. */
  hasForgotten(vector: VersionVector): boolean {
    if (counterOf(vector, this.#identity?.incarnation ?? '') <= this.#counter) {
      return false;
    }

    this.rest();
    return true;
  }

  /** null while no dot is left under the lease. */
  stamp(object: StoredObject | undefined, coverHlc: number): Stamp | null {
    const identity = this.#identity;
    if (identity === null || this.#counter >= identity.leasedUpTo) {
      return null;
    }

    this.#counter += 1;
    if (identity.leasedUpTo - this.#counter === LEASE_LOW_DOTS) {
      this.leaseLow(identity);
    }

    return {
      dot: {incarnation: identity.incarnation, counter: this.#counter},
      hlc: this.hybrid.next(this.clock.wallMs(), highestHlc(object, coverHlc)),
    };
  }
}
