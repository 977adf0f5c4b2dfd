/**
 * Hybrid logical clock (Kulkarni et al., "Logical Physical Clocks", 2014) as one safe
 * integer: `wallMs * 2048 + logical`. 53 bits last until the year 2109; past 2,048 stamps a
 * millisecond the next one is used.
 *
 * Invariants:
 *   1. A stamp is greater than the one it was asked to follow.
 *   2. Stamps grow strictly, whatever the wall clock does.
 *   3. A stamp from too far ahead never moves this clock, or one host's broken clock would become
 *      everyone's. A write that must follow such a stamp still does; it alone is outside invariant
 *      2.
 */

const STAMPS_PER_MS = 2048;

/**
 * Wall clocks past this (the year 2100) are read as this, which leaves 600 million million stamps.
 */
const WALL_MS_MAX = 4_102_444_800_000;

/** The first stamp of a wall clock's millisecond. */
export function hlcOfWallMs(wallMs: number): number {
  return Math.min(Math.max(Math.floor(wallMs), 0), WALL_MS_MAX) * STAMPS_PER_MS;
}

export function hlcToWallMs(hlc: number): number {
  return Math.floor(hlc / STAMPS_PER_MS);
}

export class HybridClock {
  /** How many stamps from too far ahead were met: somebody's wall clock is wrong. */
  farAhead = 0;
  readonly #maxAheadMs: number;
  #last = 0;

  constructor({maxAheadMs = 60_000}: {readonly maxAheadMs?: number} = {}) {
    this.#maxAheadMs = maxAheadMs;
  }

  /**
   * A stamp greater than `atLeast` and all before. Throws RangeError when there is no greater safe
   * integer.
   */
  next(wallMs: number, atLeast = 0): number {
    if (this.#isFarAhead(atLeast, wallMs)) {
      if (atLeast >= Number.MAX_SAFE_INTEGER) {
        throw new RangeError('no stamp is left after the greatest one');
      }

      return atLeast + 1;
    }

    this.#last = Math.max(this.#last + 1, atLeast + 1, hlcOfWallMs(wallMs));
    return this.#last;
  }

  /** Learns of a stamp that another host gave. */
  observe(hlc: number, wallMs: number): void {
    if (!this.#isFarAhead(hlc, wallMs)) {
      this.#last = Math.max(this.#last, hlc);
    }
  }

  #isFarAhead(hlc: number, wallMs: number): boolean {
    // What this clock has given itself is not ahead, however far back the wall clock was set since.
    const isAhead = hlc > this.#last && hlc > hlcOfWallMs(wallMs + this.#maxAheadMs);
    this.farAhead += isAhead ? 1 : 0;
    return isAhead;
  }
}
