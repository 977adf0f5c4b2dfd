/**
 * Chooses the owners of every partition: keeps what may stay, fills what is open, then evens out.
 *
 * Invariants:
 *   1. No two owners of a partition are of one `apart` group, and every `covered` group has one.
 *   2. Each host owns its share, rounded up or down.
 *   3. An owner that stays keeps its slot; a new one takes the slot of the one it replaces.
 */
import {level} from './levelling.js';

export type OwnersInput = {
  readonly partitions: number;
  /** Owners of each partition; there must be that many `apart` groups. */
  readonly copies: number;
  readonly shares: readonly number[];
  readonly apart: readonly number[];
  readonly covered: readonly number[];
  /** For each partition its owners until now, -1 for a host that is gone; null for a new ring. */
  readonly previous: ReadonlyArray<readonly number[]> | null;
};

/** An open slot. */
const NOBODY = -1;

/** Hosts that lag behind their share by less than this are equally good for an open slot. */
const LAG_BAND = 1;

/** For each partition, `copies` owners. */
export function chooseOwners(input: OwnersInput): number[][] {
  const board = new Board(input);
  for (let partition = 0; partition < input.partitions; partition++) {
    board.settle(partition);
  }

  for (let partition = 0; partition < input.partitions; partition++) {
    board.fill(partition);
  }

  board.level();
  return board.slots;
}

class Board {
  /** For each partition, its owner in each slot. */
  readonly slots: number[][];
  readonly counts: number[];
  /** How many partitions each two hosts own together. */
  readonly #together: number[][];
  readonly #coverGroups: ReadonlySet<number>;
  readonly #input: OwnersInput;
  readonly #before: ReadonlyArray<ReadonlySet<number>>;
  #filled = 0;

  constructor(input: OwnersInput) {
    const {partitions, copies, shares, previous} = input;
    this.#input = input;
    this.#coverGroups = new Set(input.covered);
    this.counts = shares.map(() => 0);
    this.#together = shares.map(() => shares.map(() => 0));
    this.slots = Array.from({length: partitions}, () => Array.from({length: copies}, () => NOBODY));
    this.#before = Array.from(
      {length: partitions},
      (_, partition) => new Set(previous?.[partition]),
    );
    for (const owner of previous?.flat() ?? []) {
      if (owner !== NOBODY) {
        this.counts[owner] = this.#count(owner) + 1;
      }
    }
  }

  /**
   * Puts those previous owners into their slots that may stay together; of too many, the fullest
   * host goes.
   */
  settle(partition: number): void {
    const previous = this.#input.previous?.[partition] ?? [];
    let kept = previous.filter(owner => owner !== NOBODY);
    for (let spare = this.#spare(kept); spare.length > 0; spare = this.#spare(kept)) {
      const fullest = spare.reduce((a, b) => (this.#fullness(b) > this.#fullness(a) ? b : a));
      this.counts[fullest] = this.#count(fullest) - 1;
      kept = kept.filter(owner => owner !== fullest);
    }

    const row = this.slots[partition] ?? [];
    const homeless: number[] = [];
    for (const owner of kept) {
      // Counted above, and counted again by `#put`.
      this.counts[owner] = this.#count(owner) - 1;
      const slot = previous.indexOf(owner);
      if (slot < row.length) {
        this.#put(partition, slot, owner);
      } else {
        homeless.push(owner);
      }
    }

    for (const owner of homeless) {
      this.#put(partition, row.indexOf(NOBODY), owner);
    }
  }

  fill(partition: number): void {
    const row = this.slots[partition] ?? [];
    for (let slot = row.indexOf(NOBODY); slot !== NOBODY; slot = row.indexOf(NOBODY)) {
      this.#put(partition, slot, this.#bestFor(row));
    }
  }

  level(): void {
    const {partitions, shares} = this.#input;
    level({
      partitions,
      counts: this.counts,
      // Shares are fractions from a bisection: whole ones may be off by a hair.
      low: shares.map(share => Math.floor(share + 1e-6)),
      high: shares.map(share => Math.ceil(share - 1e-6)),
      holders: partition => this.slots[partition] ?? [],
      canMove: (partition, from, to) => this.#canMove(partition, from, to),
      cost: (partition, from, to) => {
        const before = this.#before[partition];
        return before?.has(from) === true && !before.has(to) ? 1 : 0;
      },
      move: (partition, from, to) => {
        this.#put(partition, this.slots[partition]?.indexOf(from) ?? NOBODY, to);
      },
    });
  }

  /**
   * Owners of which one has to go, because they may not be together or leave no room for others.
   */
  #spare(owners: readonly number[]): number[] {
    const {apart, covered, copies} = this.#input;
    const tooClose = withCompany(owners, apart);
    if (tooClose.length > 0) {
      return tooClose;
    }

    const isCrowded = owners.length + this.#uncovered(owners).size > copies;
    return isCrowded ? withCompany(owners, covered) : [];
  }

  #bestFor(row: readonly number[]): number {
    const {partitions, copies, shares, apart, covered} = this.#input;
    const owners = row.filter(owner => owner !== NOBODY);
    const uncovered = this.#uncovered(owners);
    const mustCover = uncovered.size === copies - owners.length;
    const progress = (this.#filled + 1) / (partitions * copies);
    const lags: Array<{host: number; lag: number}> = [];
    for (const [host, share] of shares.entries()) {
      const isFree = owners.every(owner => apart[owner] !== apart[host]);
      if (isFree && (!mustCover || uncovered.has(covered[host] ?? NOBODY))) {
        lags.push({host, lag: share * progress - this.#count(host)});
      }
    }

    const furthest = Math.max(...lags.map(({lag}) => lag));
    // Among those that wait longest, the one that is least together with the others: if a host is
    // lost, its work should fall on many.
    let best = {host: NOBODY, company: Infinity, lag: -Infinity};
    for (const {host, lag} of lags) {
      const together = owners.reduce((sum, owner) => sum + (this.#together[owner]?.[host] ?? 0), 0);
      const company = together / (shares[host] ?? 1);
      const isBetter = company < best.company || (company === best.company && lag > best.lag);
      if (lag > furthest - LAG_BAND && isBetter) {
        best = {host, company, lag};
      }
    }

    return best.host;
  }

  #canMove(partition: number, from: number, to: number): boolean {
    const {apart, covered} = this.#input;
    let staysCovered = covered[from] === covered[to];
    for (const owner of this.slots[partition] ?? []) {
      if (owner === to || (owner !== from && apart[owner] === apart[to])) {
        return false;
      }

      staysCovered ||= owner !== from && covered[owner] === covered[from];
    }

    return staysCovered;
  }

  #uncovered(owners: readonly number[]): Set<number> {
    const uncovered = new Set(this.#coverGroups);
    for (const owner of owners) {
      uncovered.delete(this.#input.covered[owner] ?? NOBODY);
    }

    return uncovered;
  }

  #put(partition: number, slot: number, host: number): void {
    const row = this.slots[partition] ?? [];
    const old = row[slot] ?? NOBODY;
    if (old === NOBODY) {
      this.#filled++;
    } else {
      this.#tally(row, old, -1);
    }

    row[slot] = host;
    this.#tally(row, host, 1);
  }

  /** Counts `host` as an owner among `row`, or no longer. */
  #tally(row: readonly number[], host: number, by: 1 | -1): void {
    this.counts[host] = this.#count(host) + by;
    for (const owner of row) {
      const [one, other] = [this.#together[owner], this.#together[host]];
      if (owner !== host && one !== undefined && other !== undefined) {
        one[host] = (one[host] ?? 0) + by;
        other[owner] = (other[owner] ?? 0) + by;
      }
    }
  }

  #count(host: number): number {
    return this.counts[host] ?? 0;
  }

  #fullness(host: number): number {
    return this.#count(host) / (this.#input.shares[host] ?? 1);
  }
}

function withCompany(owners: readonly number[], groups: readonly number[]): number[] {
  return owners.filter(owner =>
    owners.some(other => other !== owner && groups[other] === groups[owner]),
  );
}
