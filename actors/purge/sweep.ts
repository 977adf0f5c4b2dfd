/**
 * Sweep: reads all objects of this host's partitions, slowly and for ever, and tells which of them
 * may be forgotten, and which are crowded: their vectors have more spent entries than the key has
 * owners, so that at least one is of an incarnation that is gone.
 *
 * Invariants:
 *   1. A pass reads each object that is there all the time once.
 *   2. It reads at most `keysPerSecond`, where a large object counts for as many as it has KiB, a
 *      quarter of that while the host is busy; and rests for `everyMs` after each pass.
 *   3. Only what is younger than `ageMs` on no clock but its own is left for later: the age is that
 *      of its hybrid stamps.
 */
import {hlcOfWallMs} from '../../src/causality/hlc.js';
import {isDeleted} from '../../src/causality/siblings.js';
import {spentEntries} from '../../src/causality/spent.js';
import {highestHlc} from '../../src/causality/write.js';
import type {Clock} from '../../src/ports/clock.js';
import type {Entry, Storage} from '../../src/ports/storage.js';
import {holdBytes, type Held} from '../../src/store/held.js';
import {nameOfObjectKey, objectRange} from '../../src/store/layout.js';
import {openRecord} from '../../src/store/record.js';

export type SweepPorts = {
  /** Checked (store/checked-storage.ts): whoever meets damage need only pass on. */
  readonly storage: Storage;
  readonly clock: Clock;
  /** This host's, in any order. */
  readonly partitions: readonly number[];
  readonly isBusy: () => boolean;
  /** How many owners keep a key. */
  readonly copiesOf: (name: string) => number;
};

export type SweepOptions = {
  readonly everyMs: number;
  readonly ageMs: number;
  readonly keysPerSecond: number;
  /** Spent entries for each owner that are left alone. */
  readonly spentPerCopy: number;
};

/** Of one partition. */
export type Swept = {
  readonly partition: number;
  /** Tombstones that are old enough. */
  readonly found: readonly Held[];
  readonly crowded: readonly Held[];
};

const CHUNK = 64;
const KIB = 1_024;
const BUSY_SHARE = 4;

export class Sweep {
  /** Tombstones, old or not, by partition; as of the last pass. */
  readonly seen = new Map<number, number>();
  #place = 0;
  #after: Uint8Array | null = null;
  #count = 0;
  #pauseMs: number;

  constructor(
    private readonly ports: SweepPorts,
    private readonly options: SweepOptions,
  ) {
    this.#pauseMs = options.everyMs;
  }

  /** How long to rest before it reads on. */
  get pauseMs(): number {
    return this.#pauseMs;
  }

  /** Reads on for a little; what cannot be read now is read the next time. */
  next(done: (swept: Swept) => void): void {
    const partition = this.ports.partitions[this.#place];
    if (partition === undefined) {
      this.#place = 0;
      this.#pauseMs = this.options.everyMs;
      this.ports.clock.endOfTurn(() => done({partition: 0, found: [], crowded: []}));
      return;
    }

    const {from, to} = objectRange(partition);
    this.ports.storage.scan({from: this.#after ?? from, to, limit: CHUNK}, (failure, entries) => {
      this.#pace(entries);
      done(this.#pick(partition, failure === null ? entries : null));
    });
  }

  /** Nothing when it could not be read. */
  #pick(partition: number, entries: readonly Entry[] | null): Swept {
    if (entries === null) {
      return {partition, found: [], crowded: []};
    }

    const {clock, copiesOf} = this.ports;
    const {ageMs, spentPerCopy} = this.options;
    const oldest = hlcOfWallMs(clock.wallMs() - ageMs);
    const objects = entries.map(open).filter(held => held !== null);
    const tombstones = objects.filter(({object}) => isDeleted(object));
    const crowded = objects.filter(
      ({name, object}) =>
        !isDeleted(object) && spentEntries(object).length > copiesOf(name) * spentPerCopy,
    );
    const last = entries.at(-1);
    this.#count += tombstones.length;
    if (last === undefined || entries.length < CHUNK) {
      this.seen.set(partition, this.#count);
      this.#count = 0;
      this.#place += 1;
      this.#after = null;
    } else {
      this.#after = Buffer.concat([last.key, Buffer.of(0)]);
    }

    const found = tombstones.filter(({object}) => highestHlc(object, 0) <= oldest);
    return {partition, found, crowded};
  }

  #pace(entries: readonly Entry[]): void {
    const {isBusy} = this.ports;
    const keys = entries.reduce((sum, {value}) => sum + Math.max(1, value.length / KIB), 1);
    const share = isBusy() ? BUSY_SHARE : 1;
    this.#pauseMs = Math.ceil((1_000 * keys * share) / this.options.keysPerSecond);
  }
}

/** null for what is damaged: the store was told of it. */
function open({key, value}: Entry): Held | null {
  const content = openRecord(key, value);
  if (content === null) {
    return null;
  }

  try {
    return holdBytes(nameOfObjectKey(key), content);
  } catch {
    return null;
  }
}
